using System.Collections.Generic;
using System.Linq;
using Lachesis.Tools.Commands;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Reports;
using Xunit;

namespace Lachesis.Tools.Tests.Commands;

public sealed class ThreadScaleResultTests
{
    private const ulong Checksum = 0xfedcba9876543210;
    private static readonly Shape[] s_shapes = [new(1, 1), new(2, 2)];

    [Fact]
    public void Verified_and_fast_enough_passes()
    {
        ThreadScaleResult result = Judge(Cases(workNs: 510, totalNs: 520));

        Assert.Equal(Verdict.Pass, result.Verdict);
        Assert.Contains("all 6 runs gave the root checksum 0xfedcba9876543210", result.Reason);
        Assert.Equal(
            [new("speedupWork1to2", 1.9608), new("speedupTotal1to2", 1.9231)],
            result.Metrics());
        Assert.Equal(0.98, result.Rows[1].Efficiency, 2);
    }

    [Theory]
    [InlineData(530, 520)]
    [InlineData(510, 550)]
    public void Verified_and_too_slow_fails(long workNs, long totalNs)
    {
        ThreadScaleResult result = Judge(Cases(workNs, totalNs));

        Assert.Equal(Verdict.Fail, result.Verdict);
        Assert.Contains("bound 1.90", result.Reason);
        Assert.Equal(2, result.Rows.Count);
    }

    [Fact]
    public void Too_slow_on_a_busy_or_small_host_is_inconclusive()
    {
        Assert.Equal(Verdict.Inconclusive, Judge(Cases(900, 900), hostCpus: 1).Verdict);
        Assert.Equal(Verdict.Inconclusive, Judge(Cases(900, 900), otherLoad: 0.5).Verdict);
        Assert.Equal(Verdict.Pass, Judge(Cases(500, 500), otherLoad: 0.5).Verdict);
    }

    [Theory]
    [InlineData(1_140, Verdict.Fail)]
    [InlineData(1_160, Verdict.Inconclusive)]
    public void Too_slow_on_a_host_that_is_not_steady_is_inconclusive(long slowest, Verdict verdict)
    {
        List<ReportCase> cases = Cases(900, 900);
        cases[0] = Case(1, 1, 0, slowest, slowest);

        Assert.Equal(verdict, Judge(cases).Verdict);
    }

    [Theory]
    [InlineData(520, 900, 36, Verdict.Inconclusive)]
    [InlineData(520, 900, 37, Verdict.Fail)]
    [InlineData(530, 900, 36, Verdict.Fail)]
    [InlineData(520, 530, 10, Verdict.Fail)]
    public void Too_slow_in_most_runs_is_inconclusive_if_they_differ_and_the_workers_ran_all_the_time(
        long fastest, long others, long withheld, Verdict verdict)
    {
        List<ReportCase> cases = Cases(others, others);
        cases[^1] = Case(2, 2, 2, fastest, fastest);
        cases.ForEach(run => run.Metrics.Add(new("withheldNs", withheld)));

        Assert.Equal(verdict, Judge(cases).Verdict);
    }

    [Theory]
    [InlineData(1.94, Verdict.Inconclusive)]
    [InlineData(1.95, Verdict.Fail)]
    public void Too_slow_counts_only_if_the_host_itself_is_faster_with_two(double hostSpeedup, Verdict verdict)
    {
        ThreadScaleResult result = Judge(Cases(900, 900), hostSpeedup: hostSpeedup);

        Assert.Equal(verdict, result.Verdict);
        Assert.Contains("the host itself", result.Reason);
        Assert.Equal(Verdict.Pass, Judge(Cases(500, 500), hostSpeedup: 1).Verdict);
    }

    [Fact]
    public void Instruction_counts_have_no_speedup_gate()
    {
        ThreadScaleResult result = Judge(Cases(1000, 1000), timed: false);

        Assert.Equal(Verdict.Pass, result.Verdict);
        Assert.Contains("no speedup gate", result.Reason);
    }

    [Fact]
    public void The_median_counts_not_the_mean()
    {
        List<ReportCase> cases = Cases(510, 520);
        cases[^1] = Case(2, 2, 2, workNs: 5000, totalNs: 5000);

        Assert.Equal(Verdict.Pass, Judge(cases).Verdict);
    }

    [Fact]
    public void One_wrong_checksum_fails_and_no_figure_is_left()
    {
        List<ReportCase> cases = Cases(510, 520);
        cases[4] = Case(2, 2, 1, 510, 520, Checksum + 1);
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
        cases.Add(Case(4, 2, 0, 510, 520));

        Assert.Equal("4x2 was reported but not asked for", Judge(cases).Reason);
    }

    [Fact]
    public void A_time_of_zero_is_not_a_time() => Assert.Equal(
        "2x2 run 0: workNs or totalNs is missing or not positive", Judge(Cases(0, 520)).Reason);

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

    private static ThreadScaleResult Judge(
        List<ReportCase> cases, bool timed = true, int hostCpus = 2, double otherLoad = 0, double hostSpeedup = 2) =>
        ThreadScaleResult.Of(cases, s_shapes, 3, Checksum, timed, hostCpus, otherLoad, () => hostSpeedup);

    // The base takes 1000 ns; the (2,2) runs take what is given.
    private static List<ReportCase> Cases(long workNs, long totalNs) =>
    [
        .. Enumerable.Range(0, 3).Select(run => Case(1, 1, run, 1000, 1000)),
        .. Enumerable.Range(0, 3).Select(run => Case(2, 2, run, workNs, totalNs)),
    ];

    private static ReportCase Case(int workers, int cpus, long run, long workNs, long totalNs, ulong checksum = Checksum)
    {
        ReportCase result = new(run) { Verified = true };
        result.Parameters.AddRange([new("workers", workers), new("cpus", cpus)]);
        result.Metrics.AddRange([new("workNs", workNs), new("totalNs", totalNs), new("checksum", (long)checksum)]);
        return result;
    }
}
