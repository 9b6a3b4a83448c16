using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>The kernel's counters, for programs that hold the machine.</summary>
public static unsafe class Counters
{
    /// <summary>One counter of one CPU, which exists.</summary>
    public static ulong Of(uint cpu, Counter counter)
    {
        ulong* values = stackalloc ulong[(int)Counter.Count];
        Sys.CountersRead(cpu, values, (ulong)Counter.Count);
        return values[(int)counter];
    }

    /// <summary>The sum of one counter over all CPUs.</summary>
    public static ulong Sum(Counter counter)
    {
        ulong sum = 0;
        for (uint cpu = 0; cpu < Program.Cpus; cpu++)
        {
            sum += Of(cpu, counter);
        }

        return sum;
    }
}
