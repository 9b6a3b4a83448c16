using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Accounts;

/// <summary>Readings of ledgers and counters, and work that takes a known time.</summary>
internal static unsafe class Meter
{
    /// <summary>The ledger of a thread.</summary>
    internal static LedgerReading Of(ulong thread)
    {
        Ledgers.OfThread(thread, out LedgerReading reading);
        return reading;
    }

    /// <summary>What a process's threads have used and done.</summary>
    internal static LedgerSum OfProcess(ulong process)
    {
        Ledgers.OfProcess(process, out LedgerReading reading);
        return reading.Sum;
    }

    /// <summary>Runtime, idle and kernel time of a CPU: all that it knows of, up to now if it is the caller's, else up to
    /// its last entry.</summary>
    internal static long Accounted(uint cpu)
    {
        ulong* values = stackalloc ulong[(int)Counter.Count];
        Sys.CountersRead(cpu, values, (ulong)Counter.Count);
        return (long)(values[(int)Counter.RuntimeNs] + values[(int)Counter.IdleNs] + values[(int)Counter.KernelNs]);
    }

    /// <summary>What interrupts and the like have taken of all CPUs.</summary>
    internal static long KernelNs() => (long)Counters.Sum(Counter.KernelNs);

    /// <summary>The counters of one CPU, or of all together, that stand in ledgers too.</summary>
    internal static LedgerSum Counted(uint first, uint count)
    {
        LedgerSum sum = default;
        ulong* values = stackalloc ulong[(int)Counter.Count];
        for (uint cpu = first; cpu < first + count; cpu++)
        {
            Sys.CountersRead(cpu, values, (ulong)Counter.Count);
            sum.RuntimeNs += values[(int)Counter.RuntimeNs];
            sum.Switches += values[(int)Counter.ContextSwitches];
            sum.Preemptions += values[(int)Counter.Preemptions];
            sum.VoluntaryBlocks += values[(int)Counter.VoluntaryBlocks];
            sum.Yields += values[(int)Counter.Yields];
            sum.Migrations += values[(int)Counter.MigrationsIn];
        }

        return sum;
    }

    /// <summary>Computes for so long, as the clock tells; gives how long it was in fact.</summary>
    internal static long Spin(long nanoseconds)
    {
        long began = Clock.Now();
        long now;
        do
        {
            now = Clock.Now();
        }
        while (now < began + nanoseconds);

        return now - began;
    }
}
