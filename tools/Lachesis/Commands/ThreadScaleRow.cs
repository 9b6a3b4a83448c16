using System;
using System.Linq;
using Lachesis.Tools.Evidence;

namespace Lachesis.Tools.Commands;

/// <summary>One shape of thread-scale, all of its runs, beside the base shape (1,1).</summary>
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

    /// <summary>How many times faster than one worker on one CPU, the work alone.</summary>
    public double SpeedupWork => Median(Base, Work) / WorkNs;

    /// <summary>How many times faster than one worker on one CPU, everything counted.</summary>
    public double SpeedupTotal => Median(Base, Total) / TotalNs;

    /// <summary>The speedup of the work from the fastest run of the base to the fastest of this one. A host that is not steady
    /// only ever slows runs down.</summary>
    public double FastestSpeedup => Base.Values(Work).Min() / (double)Evidence.Values(Work).Min();

    /// <summary>The part of the work's time in which a worker did not run, because another one did, or the kernel, or had not been
    /// let run yet; 1 if the guest does not say.</summary>
    public double Withheld => MedianOf("withheldNs") is double nanoseconds ? nanoseconds / (WorkNs * Shape.Workers) : 1;

    /// <summary>Spread of the whole run of one worker on one CPU.</summary>
    public double BaseSpread => Statistics.Spread([.. Base.Values(Total)]);

    /// <summary>Work speedup as a part of what so many CPUs, or so many workers if they are fewer, can give at
    /// best.</summary>
    public double Efficiency => SpeedupWork / Math.Min(Shape.Workers, Shape.Cpus);

    /// <summary>Spread of the whole run.</summary>
    public double Spread => Statistics.Spread([.. Evidence.Values(Total)]);

    /// <summary>Median of any other metric, or null if the guest did not send it.</summary>
    public double? MedianOf(string metric) => Evidence.Values(metric).Any() ? Median(Evidence, metric) : null;

    private static double Median(EvidenceRow row, string metric) => Statistics.Median(row.Values(metric));
}
