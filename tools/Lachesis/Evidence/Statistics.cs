using System;
using System.Collections.Generic;
using System.Linq;

namespace Lachesis.Tools.Evidence;

/// <summary>The two figures that describe repeats: the median, and the spread.</summary>
public static class Statistics
{
    /// <summary>The middle value; the mean of the two middle ones when their number is even.</summary>
    public static double Median(IEnumerable<long> values)
    {
        long[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
        {
            throw new ArgumentException("no values", nameof(values));
        }

        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : ((double)sorted[middle - 1] + sorted[middle]) / 2;
    }

    /// <summary>Largest less smallest, as a part of the median; 0 when the median is 0.</summary>
    public static double Spread(IReadOnlyCollection<long> values)
    {
        double median = Median(values);
        return median == 0 ? 0 : ((double)values.Max() - values.Min()) / median;
    }
}
