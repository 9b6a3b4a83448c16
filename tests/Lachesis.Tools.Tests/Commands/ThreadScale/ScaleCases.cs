using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Tools.Commands.ThreadScale;
using Lachesis.Tools.Host;
using Lachesis.Tools.Reports;

namespace Lachesis.Tools.Tests.Commands.ThreadScale;

/// <summary>Figures of thread-scale, of the guest and of the host.</summary>
internal static class ScaleCases
{
    public const ulong Checksum = 0xfedcba9876543210;

    /// <summary>One run of a shape; what its workers were withheld, if given, all together.</summary>
    public static ReportCase Case(
        Shape shape, long run, long workNs, long totalNs, long? withheldNs = null, ulong checksum = Checksum)
    {
        ReportCase result = new(run) { Verified = true };
        result.Parameters.AddRange([new("workers", shape.Workers), new("cpus", shape.Cpus)]);
        result.Metrics.AddRange([new("workNs", workNs), new("totalNs", totalNs), new("checksum", (long)checksum)]);
        if (withheldNs is { } withheld)
        {
            result.Metrics.Add(new("withheldNs", withheld));
        }

        return result;
    }

    /// <summary>Two CPUs that nobody else used, and how many times as fast as one thread two were, turn by turn.</summary>
    public static HostConditions QuietHost(params double[] speedups) => new(
        2,
        new HostContention(2, 0, 0, 0),
        [
            new HostRow(1, [.. speedups.Select(static _ => 1_000_000L)]),
            new HostRow(2, [.. speedups.Select(static speedup => (long)Math.Round(1_000_000 / speedup))]),
        ],
        true);

    /// <summary>Rows as they are judged: (1,1) and others, each by its times in milliseconds, turn by turn.</summary>
    public static List<ReportCase> Turns(params (Shape Shape, double[] Milliseconds)[] rows) =>
    [
        .. rows.SelectMany(static row => row.Milliseconds.Select(
            (time, run) => Case(row.Shape, run, (long)(time * 1e6), (long)(time * 1e6)))),
    ];
}
