using System.Collections.Generic;
using System.Linq;

namespace Lachesis.Tools.QueueTimes;

/// <summary>The host's times of one case: a value a round, the kernel's and the yardstick's one right after the
/// other.</summary>
/// <param name="Name">The case, such as "fair/pick/1000".</param>
/// <param name="KernelNs">Nanoseconds an operation of the kernel's queue.</param>
/// <param name="YardstickNs">Nanoseconds an operation of the yardstick.</param>
public sealed record CaseTimes(string Name, IReadOnlyList<double> KernelNs, IReadOnlyList<double> YardstickNs)
{
    /// <summary>Figures whose rounds differ by more than this part of their median say nothing.</summary>
    public const double NoiseBound = 0.25;

    /// <summary>The kernel's time as a part of the yardstick's, in the middle one of the rounds.</summary>
    public double Ratio => Middle(Ratios);

    /// <summary>The least ratio of all rounds.</summary>
    public double Least => Ratios.Min();

    /// <summary>The greatest.</summary>
    public double Most => Ratios.Max();

    /// <summary>How far the rounds lie apart, as a part of the middle one.</summary>
    public double Spread => (Most - Least) / Ratio;

    /// <summary>Whether the rounds lie so far apart that they say nothing, or there is one only.</summary>
    public bool IsNoise => KernelNs.Count < 2 || Spread > NoiseBound;

    /// <summary>The kernel's time in the middle one of the rounds.</summary>
    public double Kernel => Middle(KernelNs);

    /// <summary>The yardstick's.</summary>
    public double Yardstick => Middle(YardstickNs);

    /// <summary>Whether every round has both values.</summary>
    public bool IsComplete => KernelNs.Count > 0 && KernelNs.Count == YardstickNs.Count;

    private IEnumerable<double> Ratios => KernelNs.Zip(YardstickNs, static (kernel, yardstick) => kernel / yardstick);

    private static double Middle(IEnumerable<double> values)
    {
        double[] sorted = [.. values.Order()];
        return sorted[sorted.Length / 2];
    }
}
