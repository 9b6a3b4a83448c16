using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Tools.Evidence;

namespace Lachesis.Tools.Commands.ThreadScale;

/// <summary>
/// One shape of thread-scale, all of its runs, beside the base shape (1,1). Rows take turns, so the k-th run of a row is compared with
/// the k-th of the base: a neighbour that comes or goes between turns changes both.
/// </summary>
/// <param name="Shape">Workers and CPUs.</param>
/// <param name="Evidence">What was measured.</param>
/// <param name="Base">The same of one worker on one CPU.</param>
public sealed record ThreadScaleRow(Shape Shape, EvidenceRow Evidence, EvidenceRow Base)
{
    /// <summary>Metric of the window in which the workers compute.</summary>
    public const string Work = "workNs";

    /// <summary>Metric of the whole run: spawn, work, join, shutdown.</summary>
    public const string Total = "totalNs";

    /// <summary>Median of the work window in nanoseconds.</summary>
    public double WorkNs => Median(Evidence, Work);

    /// <summary>Median of the whole run in nanoseconds.</summary>
    public double TotalNs => Median(Evidence, Total);

    /// <summary>How many times faster than one worker on one CPU, the work alone, turn by turn.</summary>
    public IReadOnlyList<double> WorkSpeedups => Speedups(Work);

    /// <summary>The same, everything counted.</summary>
    public IReadOnlyList<double> TotalSpeedups => Speedups(Total);

    /// <summary>The median of <see cref="WorkSpeedups"/>.</summary>
    public double SpeedupWork => Statistics.Quantile(WorkSpeedups, 0.5);

    /// <summary>The median of <see cref="TotalSpeedups"/>.</summary>
    public double SpeedupTotal => Statistics.Quantile(TotalSpeedups, 0.5);

    /// <summary>The most that may run at a time: CPUs, or workers if they are fewer.</summary>
    public int Parallel => Math.Min(Shape.Workers, Shape.Cpus);

    /// <summary>Work speedup as a part of <see cref="Parallel"/>.</summary>
    public double Efficiency => SpeedupWork / Parallel;

    /// <summary>The part of the work's time in which a worker did not run, because another one did, or the kernel, or had not been
    /// let run yet; on average over the runs. 1 if the guest does not say.</summary>
    public double Withheld => Evidence.Values("withheldNs") is { Count: > 0 } nanoseconds
        ? nanoseconds.Average() / (Evidence.Values(Work).Average() * Shape.Workers)
        : 1;

    /// <summary>Spread of the whole run.</summary>
    public double Spread => Statistics.Spread([.. Evidence.Values(Total)]);

    /// <summary>Median of any other metric, or null if the guest did not send it.</summary>
    public double? MedianOf(string metric) => Evidence.Values(metric).Any() ? Median(Evidence, metric) : null;

    private static double Median(EvidenceRow row, string metric) => Statistics.Median(row.Values(metric));

    private double[] Speedups(string metric) =>
        [.. Base.Values(metric).Zip(Evidence.Values(metric), static (alone, shared) => (double)alone / shared)];
}
