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

    /// <summary>The value below which the part <paramref name="part"/> of the others lies, between two values in proportion: 0 is the
    /// least, 0.5 the median, 1 the greatest.</summary>
    public static double Quantile(IEnumerable<double> values, double part)
    {
        double[] sorted = [.. values.Order()];
        if (sorted.Length == 0)
        {
            throw new ArgumentException("no values", nameof(values));
        }

        double place = part * (sorted.Length - 1);
        int below = (int)place;
        int above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((sorted[above] - sorted[below]) * (place - below));
    }

    /// <summary>Largest less smallest, as a part of the median; 0 when the median is 0.</summary>
    public static double Spread(IReadOnlyCollection<long> values)
    {
        double median = Median(values);
        return median == 0 ? 0 : ((double)values.Max() - values.Min()) / median;
    }
}
