using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fair;

/// <summary>How long each of a number of wakes took.</summary>
internal unsafe struct Latencies
{
    private const uint Capacity = (uint)(CallLimits.MaxMapBytes / sizeof(long));

    private long* _values;

    /// <summary>How many.</summary>
    internal uint Count;

    /// <summary>Room for so many, or as many as there can be.</summary>
    internal static Latencies Reserve(uint count)
    {
        Latencies latencies = default;
        latencies.Count = count < Capacity ? count : Capacity;
        latencies._values = (long*)Memory.Map(latencies.Count * sizeof(long));
        return latencies;
    }

    internal readonly void Set(uint index, long nanoseconds) => _values[index] = nanoseconds;

    /// <summary>Reports the median, the 99th percentile and the most.</summary>
    internal readonly void ReportAs(string name)
    {
        Shares.Metric(name, "P50Ns", Percentile(50));
        Shares.Metric(name, "P99Ns", Percentile(99));
        Shares.Metric(name, "MostNs", Percentile(100));
    }

    // By bisection of the value: the least that so many of a hundred do not exceed.
    private readonly long Percentile(uint percent)
    {
        long low = 0;
        long high = long.MaxValue;
        while (low < high)
        {
            long middle = low + ((high - low) / 2);
            ulong within = 0;
            for (uint i = 0; i < Count; i++)
            {
                within += _values[i] <= middle ? 1u : 0;
            }

            if (within * 100 >= (ulong)Count * percent)
            {
                high = middle;
            }
            else
            {
                low = middle + 1;
            }
        }

        return low;
    }
}
