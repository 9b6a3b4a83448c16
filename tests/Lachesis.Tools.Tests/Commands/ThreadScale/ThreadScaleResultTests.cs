using System.Collections.Generic;
using System.Linq;
using Lachesis.Tools.Commands.ThreadScale;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Reports;
using Xunit;

namespace Lachesis.Tools.Tests.Commands.ThreadScale;

/// <summary>That only what is true is judged, and what of it becomes a figure. How speedups are judged: <see cref="SpeedupJudgeTests"/>.</summary>
public sealed class ThreadScaleResultTests
{
    private const ulong Checksum = ScaleCases.Checksum;
    private static readonly Shape[] s_shapes = [new(1, 1), new(2, 2)];

    [Fact]
    public void Verified_and_fast_enough_passes()
    {
        ThreadScaleResult result = Judge(Cases(workNs: 510, totalNs: 520));

        Assert.Equal(Verdict.Pass, result.Verdict);
        Assert.Contains("all 6 runs gave the root checksum 0xfedcba9876543210", result.Reason);
        Assert.Contains("two threads of the host itself get 2.00, the kernel 98% of that", result.Reason);
        Assert.Equal(
            [
                new("speedupWork1to2", 1.9608), new("speedupTotal1to2", 1.9231), new("efficiencyOfHost1to2", 0.9804),
                new("hostSpeedup1to2", 2), new("hostOthersCores", 0), new("hostStolenCores", 0), new("hostQemuWaitedCores", 0),
            ],
            result.Metrics());
        Assert.Equal(0.98, result.Rows[1].Efficiency, 2);
        Assert.Equal(0.98, result.EfficiencyOfHost(result.Rows[1])!.Value, 2);
    }

    [Fact]
    public void The_host_s_own_runs_are_rows_of_the_evidence()
    {
        IReadOnlyList<EvidenceRow> rows = ThreadScaleResult.Evidence(Cases(510, 520), Checksum, ScaleCases.QuietHost(1.9, 2, 2));

        Assert.Equal(["workers=1 cpus=1", "workers=2 cpus=2", "hostThreads=1", "hostThreads=2"], rows.Select(static row => row.Key));
        Assert.Equal([1_000_000, 1_000_000, 1_000_000], rows[2].Values("workNs"));
        Assert.Equal([526_316, 500_000, 500_000], rows[3].Values("workNs"));
    }

    [Fact]
    public void Instruction_counts_have_no_speedup_gate_and_no_figures_of_the_host()
    {
        ThreadScaleResult result = ThreadScaleResult.Of(Cases(1000, 1000), s_shapes, 3, Checksum, null);

        Assert.Equal(Verdict.Pass, result.Verdict);
        Assert.Contains("no speedup gate", result.Reason);
        Assert.Empty(result.Metrics());
        Assert.Equal(2, ThreadScaleResult.Evidence(Cases(1000, 1000), Checksum, null).Count);
    }

    [Fact]
    public void One_wrong_checksum_fails_and_no_figure_is_left()
    {
        List<ReportCase> cases = Cases(510, 520);
        cases[4] = ScaleCases.Case(new(2, 2), 1, 510, 520, checksum: Checksum + 1);
        ThreadScaleResult result = Judge(cases);

        Assert.Equal(Verdict.Fail, result.Verdict);
        Assert.Equal(
            "2x2 run 1: root checksum 0xfedcba9876543211, and the host computed 0xfedcba9876543210", result.Reason);
        Assert.Empty(result.Rows);
        Assert.Empty(result.Metrics());
    }

    [Fact]
    public void A_missing_run_fails()
    {
        List<ReportCase> cases = Cases(510, 520);
        cases.RemoveAt(5);

        Assert.Equal("2x2: 2 runs reported of 3", Judge(cases).Reason);
    }

    [Fact]
    public void A_shape_that_was_not_asked_for_fails()
    {
        List<ReportCase> cases = Cases(510, 520);
        cases.Add(ScaleCases.Case(new(4, 2), 0, 510, 520));

        Assert.Equal("4x2 was reported but not asked for", Judge(cases).Reason);
    }

    [Fact]
    public void A_time_of_zero_is_not_a_time() => Assert.Equal(
        "2x2 run 0: workNs or totalNs is missing or not positive", Judge(Cases(0, 520)).Reason);

    // A host that others use too must not end a boot: at the load of a full test run, a run of a row took ten times as long as alone.
    [Theory]
    [InlineData(30, 1.0, 360)]
    [InlineData(66, 1.0, 720)]
    [InlineData(2, 0.1, 80)]
    [InlineData(2, 100.0, 2060)]
    [InlineData(32_000, 500.0, 2_147_483)]
    public void The_time_limit_goes_with_the_work(int runs, double work, int seconds) =>
        Assert.Equal(seconds, ThreadScaleCommand.TimeLimitSeconds(runs, work));

    [Fact]
    public void Lists_of_workers_and_cpus_are_crossed_after_the_base()
    {
        Assert.Equal(["1x1", "64x4"], ThreadScaleCommand.Cross([64], [4]).Select(static shape => shape.ToString()));
        Assert.Equal(
            ["1x1", "2x1", "1x2", "2x2"], ThreadScaleCommand.Cross([1, 2], [1, 2]).Select(static shape => shape.ToString()));
        Assert.Equal(
            ["1x1", "1x2", "2x2", "4x2", "16x2", "128x2"],
            ThreadScaleCommand.Cross(null, null).Select(static shape => shape.ToString()));
    }

    private static ThreadScaleResult Judge(List<ReportCase> cases) =>
        ThreadScaleResult.Of(cases, s_shapes, 3, Checksum, ScaleCases.QuietHost(2, 2, 2));

    // The base takes 1000 ns; the (2,2) runs take what is given.
    private static List<ReportCase> Cases(long workNs, long totalNs) =>
    [
        .. Enumerable.Range(0, 3).Select(run => ScaleCases.Case(new(1, 1), run, 1000, 1000)),
        .. Enumerable.Range(0, 3).Select(run => ScaleCases.Case(new(2, 2), run, workNs, totalNs)),
    ];
}
