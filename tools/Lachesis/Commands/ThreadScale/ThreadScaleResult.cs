using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Reports;

namespace Lachesis.Tools.Commands.ThreadScale;

/// <summary>Judges what thread-scale measured: first whether it is true, then whether it is fast enough.</summary>
internal sealed class ThreadScaleResult
{
    private const string ChecksumMetric = "checksum";

    private static readonly Shape s_base = new(1, 1);
    private static readonly Shape s_gated = new(2, 2);

    private ThreadScaleResult(
        Verdict verdict, string reason, IReadOnlyList<ThreadScaleRow> rows, HostConditions? host)
    {
        Host = host;
        Verdict = verdict;
        Reason = reason;
        Rows = rows;
    }

    /// <summary>What it comes to.</summary>
    public Verdict Verdict { get; }

    /// <summary>Why, in words.</summary>
    public string Reason { get; }

    /// <summary>What was measured of the host; null under -icount.</summary>
    public HostConditions? Host { get; }

    /// <summary>The rows; empty unless every run was verified.</summary>
    public IReadOnlyList<ThreadScaleRow> Rows { get; }

    /// <summary>Judges the cases of one boot that the guest itself passed.</summary>
    /// <param name="cases">What the guest reported.</param>
    /// <param name="shapes">What it was asked for, (1,1) first.</param>
    /// <param name="runs">How often each.</param>
    /// <param name="checksum">The root checksum as the host computed it.</param>
    /// <param name="host">What was measured of the host, or null if times mean nothing of parallel speedup (under
    /// -icount).</param>
    public static ThreadScaleResult Of(
        IReadOnlyList<ReportCase> cases, IReadOnlyList<Shape> shapes, int runs, ulong checksum, HostConditions? host)
    {
        if (FindFalse(cases, shapes, runs, checksum) is { } problem)
        {
            return new ThreadScaleResult(Verdict.Fail, problem, [], host);
        }

        Dictionary<Shape, EvidenceRow> byShape =
            EvidenceRow.Gather(cases, run => IsVerified(run, checksum)).ToDictionary(ShapeOf);
        List<ThreadScaleRow> rows =
            [.. shapes.Select(shape => new ThreadScaleRow(shape, byShape[shape], byShape[s_base]))];
        (Verdict verdict, string reason) = host is null
            ? (Verdict.Pass, "no speedup gate: instruction counts say nothing of parallel speedup")
            : SpeedupJudge.Judge(rows, rows.Find(static row => row.Shape == s_gated), host);
        string verified = $"all {cases.Count} runs gave the root checksum 0x{checksum:x16} that the host computed by itself";
        return new ThreadScaleResult(verdict, $"{verified}; {reason}", rows, host);
    }

    /// <summary>The row's speedup as a part of what as many of the host's own threads gain, or null if that was not
    /// measured.</summary>
    public double? EfficiencyOfHost(ThreadScaleRow row) => row.SpeedupWork / Host?.Speedup(row.Parallel);

    /// <summary>Speedups and what was found of the host by name, for the evidence; empty where times mean nothing.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> Metrics()
    {
        if (Rows.Count == 0 || Host is null)
        {
            return [];
        }

        List<KeyValuePair<string, double>> metrics = [];
        void Add(string name, double value) => metrics.Add(new(name, Math.Round(value, 4)));
        foreach (ThreadScaleRow row in Rows.Where(static row => row.Shape != s_base))
        {
            string suffix = row.Shape == s_gated ? "1to2" : $"{row.Shape.Workers}on{row.Shape.Cpus}";
            Add($"speedupWork{suffix}", row.SpeedupWork);
            Add($"speedupTotal{suffix}", row.SpeedupTotal);
            if (EfficiencyOfHost(row) is { } part)
            {
                Add($"efficiencyOfHost{suffix}", part);
            }
        }

        foreach (HostRow row in Host.Rows.Where(static row => row.Threads > 1 && row.WorkNs.Count > 0))
        {
            Add($"hostSpeedup1to{row.Threads}", Host.Speedup(row.Threads)!.Value);
        }

        Add("hostOthersCores", Host.Contention.Others);
        Add("hostStolenCores", Host.Contention.Stolen);
        Add("hostQemuWaitedCores", Host.Contention.Waited);
        return metrics;
    }

    /// <summary>The guest's rows, and the host's own, a value a turn.</summary>
    public static IReadOnlyList<EvidenceRow> Evidence(IReadOnlyList<ReportCase> cases, ulong checksum, HostConditions? host) =>
    [
        .. EvidenceRow.Gather(cases, run => IsVerified(run, checksum)),
        .. (host?.Rows ?? []).Where(static row => row.WorkNs.Count > 0).Select(static row => new EvidenceRow
        {
            Case = [new("hostThreads", row.Threads)],
            Runs = row.WorkNs.Count,
            Metrics = [new(ThreadScaleRow.Work, row.WorkNs)],
            Verified = true,
        }),
    ];

    /// <summary>The shape of a case; (0,0) for one that does not say.</summary>
    public static Shape ShapeOf(ReportCase run) => new((int)(run.Parameter("workers") ?? 0), (int)(run.Parameter("cpus") ?? 0));

    /// <summary>Whether a run's root checksum is the one that the host computed.</summary>
    public static bool IsVerified(ReportCase run, ulong checksum) =>
        run.Verified && run.Metric(ChecksumMetric) is long reported && (ulong)reported == checksum;

    private static Shape ShapeOf(EvidenceRow row) => new(
        (int)row.Case.First(static pair => pair.Key == "workers").Value,
        (int)row.Case.First(static pair => pair.Key == "cpus").Value);

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
