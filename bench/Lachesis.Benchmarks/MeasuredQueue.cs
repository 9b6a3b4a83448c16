using System.Collections.Generic;

namespace Lachesis.Benchmarks;

/// <summary>The figures of one case.</summary>
/// <param name="Name">Its name.</param>
public sealed record MeasuredQueue(string Name)
{
    /// <summary>Nanoseconds an operation on the kernel's queue, the median of each round.</summary>
    public List<double> KernelNs { get; } = [];

    /// <summary>The same on the yardstick.</summary>
    public List<double> YardstickNs { get; } = [];
}
