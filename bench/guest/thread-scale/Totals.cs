using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.ThreadScale;

/// <summary>Counters over all CPUs.</summary>
internal unsafe struct Totals
{
    internal ulong ContextSwitches;
    internal ulong Migrations;
    internal ulong ReschedulesSent;

    /// <summary>As they stand now.</summary>
    internal static Totals Read()
    {
        Totals totals = default;
        ulong* values = stackalloc ulong[(int)Counter.Count];
        for (uint cpu = 0; cpu < Program.Cpus; cpu++)
        {
            Sys.CountersRead(cpu, values, (ulong)Counter.Count);
            totals.ContextSwitches += values[(int)Counter.ContextSwitches];
            totals.Migrations += values[(int)Counter.MigrationsIn];
            totals.ReschedulesSent += values[(int)Counter.ReschedulesSent];
        }

        return totals;
    }

    /// <summary>What was added since.</summary>
    internal readonly Totals Since(Totals before)
    {
        Totals totals = default;
        totals.ContextSwitches = ContextSwitches - before.ContextSwitches;
        totals.Migrations = Migrations - before.Migrations;
        totals.ReschedulesSent = ReschedulesSent - before.ReschedulesSent;
        return totals;
    }
}
