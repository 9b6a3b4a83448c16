using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Host;

namespace Lachesis.Tools.Commands.ThreadScale;

/// <summary>
/// Judges the speedup from (1,1) to (2,2). Pass and fail are claims about the kernel, so each needs its evidence; what lies between is
/// inconclusive and names what was measured of the host (docs/benchmarks.md, "How fixed work scales").
/// </summary>
internal static class SpeedupJudge
{
    /// <summary>The least work speedup.</summary>
    public const double WorkBound = 1.90;

    /// <summary>The least total speedup.</summary>
    public const double TotalBound = 1.85;

    /// <summary>A speedup beyond what so many CPUs can give by more than this part is not believed: as much as the bound on work is
    /// below.</summary>
    public const double Tolerance = 0.05;

    /// <summary>A median of fewer runs outvotes nothing, so they pass only on a host that nothing disturbed.</summary>
    public const int MinRuns = 3;

    /// <summary>Runs of the base shorter than this measure how workers start, not how they work.</summary>
    public const double MinWorkNs = 50e6;

    /// <summary>The most by which the middle half of the speedups of single turns may differ, as a part of their median.</summary>
    public const double DisagreementBound = 0.10;

    /// <summary>What may lack of two free host CPUs.</summary>
    public const double BusyBound = 0.25;

    /// <summary>How many of QEMU's virtual CPUs may be runnable without a core, on average.</summary>
    public const double WaitedBound = 0.10;

    /// <summary>What the kernel may keep the workers from running, as a part of the work's time: too little to miss a bound
    /// by.</summary>
    public const double WithheldBound = 0.02;

    private const int Threads = 2;

    /// <summary>The verdict and the reason for it.</summary>
    /// <param name="rows">All rows, verified.</param>
    /// <param name="gated">The row of two workers on two CPUs, or null if it was not asked for.</param>
    /// <param name="host">What was measured of the host meanwhile.</param>
    public static (Verdict Verdict, string Reason) Judge(
        IReadOnlyList<ThreadScaleRow> rows, ThreadScaleRow? gated, HostConditions host)
    {
        List<string> disturbances = Disturbances(rows, host);
        string[] impossible = [.. rows.Select(row => Impossible(row, host.Cpus)).OfType<string>()];
        if (impossible.Length > 0)
        {
            return NotBelieved(impossible, disturbances);
        }

        string figures = gated is null ? "no speedup gate: no (2,2) row was asked for" : Format(
            $"(1,1) to (2,2): work {gated.SpeedupWork:F2} (bound {WorkBound:F2}), total {gated.SpeedupTotal:F2} (bound {TotalBound:F2})");
        if (gated is not null && (gated.SpeedupWork < WorkBound || gated.SpeedupTotal < TotalBound))
        {
            return JudgeMissed(gated, host, figures, disturbances);
        }

        string[] beyond = [.. rows.Select(row => BeyondHost(row, host)).OfType<string>()];
        return beyond.Length > 0 ? NotBelieved(beyond, disturbances)
            : gated is null ? (Verdict.Pass, figures)
            : JudgeReached(gated, host, figures, disturbances);
    }

    private static (Verdict Verdict, string Reason) NotBelieved(string[] rows, List<string> disturbances) => Inconclusive(
        $"not to be believed: {string.Join(", ", rows)}; something slowed down what that is compared with", disturbances);

    private static (Verdict Verdict, string Reason) JudgeReached(
        ThreadScaleRow gated, HostConditions host, string figures, List<string> disturbances)
    {
        if (Disagreement(gated.WorkSpeedups, "turns") is { } disagreement)
        {
            return Inconclusive(figures, [disagreement, .. disturbances]);
        }

        if (gated.Evidence.Runs < MinRuns && disturbances.Count > 0)
        {
            return Inconclusive($"{figures}; fewer than {MinRuns} runs outvote no disturbance", disturbances);
        }

        string own = host.Speedup(Threads) is { } speedup ? Format($"; {DescribeHostSpeedup(gated, speedup)}") : "";
        return (Verdict.Pass, figures + own);
    }

    // The kernel failed if nothing else explains it (two free CPUs, turns that agree), the row gets less than the bounds' part of what
    // the host's own two threads gain, and the loss is the kernel's: it kept the workers from running, or what was lost was lost
    // outside the work, in making and joining them. Workers that ran all the time and were slow all the same were slowed by what is
    // below the kernel: code that QEMU translates gains less from a second hyperthread than native code, from one minute to the next.
    private static (Verdict Verdict, string Reason) JudgeMissed(
        ThreadScaleRow gated, HostConditions host, string figures, List<string> disturbances)
    {
        bool withheld = gated.Withheld > WithheldBound;
        if (!withheld && Disagreement(gated.WorkSpeedups, "turns") is { } disagreement)
        {
            disturbances.Insert(0, disagreement + Format($", and workers did not run for only {gated.Withheld * 100:F1}% of their time"));
        }

        if (disturbances.Count > 0 || host.Speedup(Threads) is not { } own)
        {
            return Inconclusive(figures, disturbances);
        }

        double most = Math.Min(own, Threads);
        bool lostWork = gated.SpeedupWork < WorkBound / Threads * most;
        bool lostTotal = gated.SpeedupTotal < TotalBound / Threads * most;
        bool failed = withheld ? lostWork || lostTotal : lostTotal && !lostWork && own >= WorkBound;
        string reason = Format(
            $"{figures}; {DescribeHostSpeedup(gated, own)}, and workers did not run for {gated.Withheld * 100:F1}% of their time");
        return failed || !lostWork
            ? (failed ? Verdict.Fail : Verdict.Inconclusive, reason)
            : (Verdict.Inconclusive, $"{reason}, so what slowed them is not the kernel");
    }

    /// <summary>What was measured that can make a speedup too small or too large without the kernel's doing, in words.</summary>
    private static List<string> Disturbances(IReadOnlyList<ThreadScaleRow> rows, HostConditions host)
    {
        List<string> found = [];
        if (host.Cpus < Threads)
        {
            found.Add($"the host has {host.Cpus} CPU, and the bound needs two free ones");
        }

        HostContention use = host.Contention;
        if (host.Cpus >= Threads && use.Cpus - use.Others - use.Stolen < Threads - BusyBound)
        {
            found.Add(Format(
                $"of {use.Cpus} host CPUs other processes kept {use.Others:F1} busy and the hypervisor withheld {use.Stolen:F1}, and the bound needs two free ones"));
        }

        if (use.Waited > WaitedBound)
        {
            found.Add(Format($"{use.Waited:F2} of QEMU's virtual CPUs were runnable and had no host CPU, on average"));
        }

        if (rows[0].WorkNs < MinWorkNs)
        {
            found.Add(Format($"(1,1) took {rows[0].WorkNs / 1e6:F1} ms, and the bound is for {MinWorkNs / 1e6:F0} or more (WORK)"));
        }

        if (host.Cpus >= Threads)
        {
            AddHostSpeedup(found, host);
        }

        return found;
    }

    private static void AddHostSpeedup(List<string> found, HostConditions host)
    {
        if (!host.Complete || host.Speedup(Threads) is not { } own)
        {
            found.Add("what the host's own threads gain was not measured in every turn");
        }
        else if (own > Threads * (1 + Tolerance))
        {
            found.Add(Format($"two threads of the host itself seem {own:F2} times as fast as one"));
        }
        else if (Disagreement(host.Speedups(Threads), "the host's own turns") is { } disagreement)
        {
            found.Add(disagreement);
        }
    }

    private static string? Impossible(ThreadScaleRow row, int hostCpus)
    {
        int most = Math.Min(row.Parallel, hostCpus);
        return Best(row) <= most * (1 + Tolerance) ? null : $"{Name(row)} on {most} CPU{(most == 1 ? "" : "s")}";
    }

    // What the host's own threads gain is measured too, so a comparison with it may be wrong by twice as much.
    private static string? BeyondHost(ThreadScaleRow row, HostConditions host) =>
        host.Speedup(row.Parallel) is { } own && row.Parallel > 1 && Best(row) > own * (1 + (2 * Tolerance))
            ? Format($"{Name(row)}, where {row.Parallel} threads of the host itself are {own:F2} times as fast as one")
            : null;

    private static double Best(ThreadScaleRow row) => Math.Max(row.SpeedupWork, row.SpeedupTotal);

    private static string Name(ThreadScaleRow row) =>
        Format($"({row.Shape.Workers},{row.Shape.Cpus}) {Best(row):F2} times as fast as (1,1)");

    private static string? Disagreement(IReadOnlyList<double> speedups, string whose)
    {
        double low = Statistics.Quantile(speedups, 0.25);
        double high = Statistics.Quantile(speedups, 0.75);
        return high - low <= DisagreementBound * Statistics.Quantile(speedups, 0.5) ? null : Format(
            $"{whose} disagree: the middle half of them has speedups from {low:F2} to {high:F2}");
    }

    private static string DescribeHostSpeedup(ThreadScaleRow gated, double own) => Format(
        $"two threads of the host itself get {own:F2}, the kernel {gated.SpeedupWork / own * 100:F0}% of that");

    private static (Verdict Verdict, string Reason) Inconclusive(string what, IReadOnlyCollection<string> disturbances) => (
        Verdict.Inconclusive,
        disturbances.Count == 0 ? $"{what}; nothing was measured that explains it" : $"{what}; {string.Join("; ", disturbances)}");

    private static string Format(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
