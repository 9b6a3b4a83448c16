using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Reports;

namespace Lachesis.Tools.Commands;

/// <summary>Judges what thread-scale measured: first whether it is true, then whether it is fast enough.</summary>
public sealed class ThreadScaleResult
{
    /// <summary>The least work speedup from (1,1) to (2,2).</summary>
    public const double WorkBound = 1.90;

    /// <summary>The least total speedup from (1,1) to (2,2).</summary>
    public const double TotalBound = 1.85;

    /// <summary>More than this of a host core taken by others while the guest ran, and a missed bound says
    /// nothing.</summary>
    public const double LoadBound = 0.25;

    /// <summary>If two threads of the host itself get less done than this times what one does, a missed bound says nothing.</summary>
    public const double HostBound = 1.95;

    /// <summary>If the runs of one worker on one CPU, where nothing can come between, differ by more than this part, the host
    /// is not steady, and a missed bound says nothing. Nor does it if those of two on two do, the fastest reach the bound, and
    /// the kernel let the workers run all the time (<see cref="WithheldBound"/>).</summary>
    public const double SpreadBound = 0.15;

    /// <summary>What the workers may have been kept from running, as a part of the work's time: too little to miss a bound
    /// by.</summary>
    public const double WithheldBound = 0.02;

    private const string ChecksumMetric = "checksum";

    private static readonly Shape s_base = new(1, 1);
    private static readonly Shape s_gated = new(2, 2);

    private ThreadScaleResult(Verdict verdict, string reason, IReadOnlyList<ThreadScaleRow> rows)
    {
        Verdict = verdict;
        Reason = reason;
        Rows = rows;
    }

    /// <summary>What it comes to.</summary>
    public Verdict Verdict { get; }

    /// <summary>Why, in words.</summary>
    public string Reason { get; }

    /// <summary>The rows; empty unless every run was verified.</summary>
    public IReadOnlyList<ThreadScaleRow> Rows { get; }

    /// <summary>Judges the cases of one boot that the guest itself passed.</summary>
    /// <param name="cases">What the guest reported.</param>
    /// <param name="shapes">What it was asked for.</param>
    /// <param name="runs">How often each.</param>
    /// <param name="checksum">The root checksum as the host computed it.</param>
    /// <param name="timed">Whether times mean anything of parallel speedup (not under -icount).</param>
    /// <param name="hostCpus">CPUs of the host.</param>
    /// <param name="otherLoad">Host cores that others kept busy meanwhile.</param>
    /// <param name="hostSpeedup">Measures what two threads of the host get done (<see cref="Qemu.HostSpeedup"/>); asked only if a
    /// bound was missed.</param>
    public static ThreadScaleResult Of(
        IReadOnlyList<ReportCase> cases,
        IReadOnlyList<Shape> shapes,
        int runs,
        ulong checksum,
        bool timed,
        int hostCpus,
        double otherLoad,
        Func<double> hostSpeedup)
    {
        if (FindFalse(cases, shapes, runs, checksum) is { } problem)
        {
            return new ThreadScaleResult(Verdict.Fail, problem, []);
        }

        Dictionary<Shape, EvidenceRow> byShape =
            EvidenceRow.Gather(cases, run => IsVerified(run, checksum)).ToDictionary(ShapeOf);
        List<ThreadScaleRow> rows =
            [.. shapes.Select(shape => new ThreadScaleRow(shape, byShape[shape], byShape[s_base]))];
        string verified = $"all {cases.Count} runs gave the root checksum 0x{checksum:x16} that the host computed by itself";
        ThreadScaleRow? gated = rows.Find(static row => row.Shape == s_gated);
        if (!timed || gated is null)
        {
            string why = timed ? "no (2,2) row was asked for" : "instruction counts say nothing of parallel speedup";
            return new ThreadScaleResult(Verdict.Pass, $"{verified}; no speedup gate: {why}", rows);
        }

        (Verdict verdict, string reason) = JudgeSpeedup(gated, hostCpus, otherLoad, hostSpeedup);
        return new ThreadScaleResult(verdict, $"{verified}; {reason}", rows);
    }

    /// <summary>Speedups by name, for the evidence.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Metrics()
    {
        List<KeyValuePair<string, double>> metrics = [];
        foreach (ThreadScaleRow row in Rows.Where(static row => row.Shape != s_base))
        {
            string suffix = row.Shape == s_gated ? "1to2" : $"{row.Shape.Workers}on{row.Shape.Cpus}";
            metrics.Add(new($"speedupWork{suffix}", Math.Round(row.SpeedupWork, 4)));
            metrics.Add(new($"speedupTotal{suffix}", Math.Round(row.SpeedupTotal, 4)));
        }

        return metrics;
    }

    /// <summary>The shape of a case; (0,0) for one that does not say.</summary>
    public static Shape ShapeOf(ReportCase run) => new((int)(run.Parameter("workers") ?? 0), (int)(run.Parameter("cpus") ?? 0));

    /// <summary>Whether a run's root checksum is the one that the host computed.</summary>
    public static bool IsVerified(ReportCase run, ulong checksum) =>
        run.Verified && run.Metric(ChecksumMetric) is long reported && (ulong)reported == checksum;

    private static Shape ShapeOf(EvidenceRow row) => new(
        (int)row.Case.First(static pair => pair.Key == "workers").Value,
        (int)row.Case.First(static pair => pair.Key == "cpus").Value);

    private static (Verdict Verdict, string Reason) JudgeSpeedup(
        ThreadScaleRow row, int hostCpus, double otherLoad, Func<double> hostSpeedup)
    {
        string reason = string.Create(
            CultureInfo.InvariantCulture,
            $"(1,1) to (2,2): work {row.SpeedupWork:F2} (bound {WorkBound:F2}), "
            + $"total {row.SpeedupTotal:F2} (bound {TotalBound:F2})");
        if (row.SpeedupWork >= WorkBound && row.SpeedupTotal >= TotalBound)
        {
            return (Verdict.Pass, reason);
        }

        if (hostCpus < 2)
        {
            return (Verdict.Inconclusive, $"{reason}; the host has {hostCpus} CPU, and the bound needs two free ones");
        }

        if (otherLoad > LoadBound)
        {
            return (Verdict.Inconclusive, string.Create(
                CultureInfo.InvariantCulture,
                $"{reason}; others kept {otherLoad:F1} of {hostCpus} host CPUs busy, and the bound needs two free ones"));
        }

        if (row.BaseSpread > SpreadBound || IsSlowedDown(row))
        {
            return (Verdict.Inconclusive, string.Create(
                CultureInfo.InvariantCulture,
                $"{reason}; the host is not steady: runs of one worker on one CPU differ by {row.BaseSpread:P0}, of two on two by "
                + $"{row.Spread:P0}, between the fastest of each the speedup is {row.FastestSpeedup:F2}, and workers did not run for "
                + $"{row.Withheld:P1} of their time"));
        }

        double host = hostSpeedup();
        return (host < HostBound ? Verdict.Inconclusive : Verdict.Fail, string.Create(
            CultureInfo.InvariantCulture, $"{reason}; two threads of the host itself get {host:F2} times done what one does"));
    }

    // By the host: the kernel gave the workers their CPUs, and these did less at some times than at others.
    private static bool IsSlowedDown(ThreadScaleRow row) =>
        row.Spread > SpreadBound && row.FastestSpeedup >= WorkBound && row.Withheld <= WithheldBound;

    private static string? FindFalse(
        IReadOnlyList<ReportCase> cases, IReadOnlyList<Shape> shapes, int runs, ulong checksum)
    {
        foreach (Shape shape in shapes)
        {
            int found = cases.Count(run => ShapeOf(run) == shape);
            if (found != runs)
            {
                return $"{shape}: {found} runs reported of {runs}";
            }
        }

        foreach (ReportCase run in cases)
        {
            Shape shape = ShapeOf(run);
            if (!shapes.Contains(shape))
            {
                return $"{shape} was reported but not asked for";
            }

            if (!IsVerified(run, checksum))
            {
                string got = run.Metric(ChecksumMetric) is long value ? $"0x{value:x16}" : "none";
                return $"{shape} run {run.Run}: root checksum {got}, and the host computed 0x{checksum:x16}";
            }

            if (run.Metric(ThreadScaleRow.Work) is not > 0 || run.Metric(ThreadScaleRow.Total) is not > 0)
            {
                return $"{shape} run {run.Run}: {ThreadScaleRow.Work} or {ThreadScaleRow.Total} is missing or not positive";
            }
        }

        return null;
    }
}
