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
    /// <summary>The kernel's time as a part of the yardstick's.</summary>
    public double Ratio => Kernel / Yardstick;

    /// <summary>How much the rounds differ: the middle half of their ratios lies within this part of their median, to either
    /// side on average. For information: it says how far a single round is to be believed.</summary>
    public double Spread
    {
        get
        {
            double[] ratios = [.. KernelNs.Zip(YardstickNs, static (kernel, yardstick) => kernel / yardstick).Order()];
            return (ratios[ratios.Length * 3 / 4] - ratios[ratios.Length / 4]) / (2 * ratios[ratios.Length / 2]);
        }
    }

    /// <summary>Bytes allocated. A queue that allocates does so in every round; what only some rounds saw was another
    /// thread's.</summary>
    public long Bytes => KernelBytes.Min();

    /// <summary>The least of the kernel's times. Whatever else the host does only ever adds to a time, and by no means the same
    /// to both; so the least of many rounds is what comes out again.</summary>
    public double Kernel => KernelNs.Min();

    /// <summary>The least of the yardstick's times.</summary>
    public double Yardstick => YardstickNs.Min();

    /// <summary>Whether every round has all its values.</summary>
    public bool IsComplete =>
        KernelNs.Count > 0 && KernelNs.Count == YardstickNs.Count && KernelNs.Count == KernelBytes.Count;
}
