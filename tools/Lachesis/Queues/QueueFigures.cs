using System;
using System.Collections.Generic;
using System.Linq;

namespace Lachesis.Tools.Queues;

/// <summary>What was measured of one case: a value a round, the kernel's and the yardstick's one right after the
/// other.</summary>
/// <param name="Name">The case.</param>
/// <param name="KernelNs">Nanoseconds an operation of the kernel's queue.</param>
/// <param name="YardstickNs">Nanoseconds an operation of the yardstick.</param>
/// <param name="KernelBytes">Bytes allocated meanwhile by the process, by whichever thread.</param>
public sealed record QueueFigures(
    string Name, IReadOnlyList<double> KernelNs, IReadOnlyList<double> YardstickNs, IReadOnlyList<long> KernelBytes)
{
    /// <summary>The kernel's time as a part of the yardstick's: the median of the rounds' ratios.</summary>
    public double Ratio => Median(KernelNs.Zip(YardstickNs, static (kernel, yardstick) => kernel / yardstick));

    /// <summary>Bytes allocated. A queue that allocates does so in every round; what only some rounds saw was another
    /// thread's.</summary>
    public long Bytes => KernelBytes.Min();

    /// <summary>The median of the kernel's times.</summary>
    public double Kernel => Median(KernelNs);

    /// <summary>The median of the yardstick's times.</summary>
    public double Yardstick => Median(YardstickNs);

    /// <summary>Whether every round has all its values.</summary>
    public bool IsComplete =>
        KernelNs.Count > 0 && KernelNs.Count == YardstickNs.Count && KernelNs.Count == KernelBytes.Count;

    private static double Median(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }
}
