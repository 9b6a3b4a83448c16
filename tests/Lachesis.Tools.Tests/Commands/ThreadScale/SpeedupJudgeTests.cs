using System.Collections.Generic;
using System.Linq;
using Lachesis.Tools.Commands.ThreadScale;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Reports;
using Xunit;

namespace Lachesis.Tools.Tests.Commands.ThreadScale;

/// <summary>
/// Pass and fail need their evidence; whatever was measured to disturb is named. The base takes 100 ms unless a test says otherwise.
/// </summary>
public sealed class SpeedupJudgeTests
{
    private static readonly Shape s_one = new(1, 1);
    private static readonly Shape s_two = new(2, 2);
    private static readonly HostConditions s_quiet = ScaleCases.QuietHost(1.98, 2, 1.99, 2, 2.01);

    [Fact]
    public void Two_free_CPUs_and_steady_turns_at_the_bound_pass() =>
        Expect(Verdict.Pass, Judge(s_quiet, 52, 52, 52.6, 52, 52), "work 1.92 (bound 1.90)", "the kernel 96% of that");

    [Fact]
    public void A_kernel_that_loses_what_the_host_gains_fails() => Expect(
        Verdict.Fail, Judge(s_quiet, 54, 54, 54, 54, 54), "work 1.85 (bound 1.90)", "two threads of the host itself get 2.00",
        "the kernel 93% of that");

    // Workers on one CPU of two: nothing gained, and each withheld half of the time.
    [Theory]
    [InlineData(2.0)]
    [InlineData(1.4)]
    public void A_kernel_that_uses_one_CPU_for_all_fails_even_where_the_host_gains_little(double own)
    {
        List<ReportCase> cases =
        [
            .. ScaleCases.Turns((s_one, Same(100))),
            .. Enumerable.Range(0, 5).Select(static run => ScaleCases.Case(s_two, run, 100_000_000, 100_000_000, 100_000_000)),
        ];

        Expect(Verdict.Fail, Judge(ScaleCases.QuietHost(own, own, own, own, own), cases), "workers did not run for 50.0% of their time");
    }

    // One time in two: the turns disagree, but it is the kernel that withheld.
    [Fact]
    public void A_kernel_that_withholds_now_and_then_fails_although_turns_disagree()
    {
        long[] times = [51, 100, 51, 100, 100];
        List<ReportCase> cases =
        [
            .. ScaleCases.Turns((s_one, Same(100))),
            .. times.Select(static (time, run) => ScaleCases.Case(
                s_two, run, time * 1_000_000, time * 1_000_000, time == 100 ? 100_000_000 : 0)),
        ];

        Expect(Verdict.Fail, Judge(s_quiet, cases), "workers did not run for 37.3% of their time");
    }

    [Fact]
    public void A_miss_that_the_host_s_own_threads_share_is_inconclusive() => Expect(
        Verdict.Inconclusive, Judge(ScaleCases.QuietHost(1.41, 1.4, 1.4, 1.39, 1.4), [.. Same(70)]),
        "two threads of the host itself get 1.40, the kernel 102% of that");

    // QEMU's translation may gain less from a second hyperthread than native code; nothing shows that the kernel lost it.
    [Theory]
    [InlineData(1.4, 80, "the kernel 89% of that")]
    [InlineData(1.97, 56.5, "the kernel 90% of that")]
    public void A_loss_of_workers_that_ran_all_the_time_is_not_the_kernel_s(double own, double milliseconds, string part)
    {
        long time = (long)(milliseconds * 1e6);
        List<ReportCase> cases =
        [
            .. ScaleCases.Turns((s_one, Same(100))),
            .. Enumerable.Range(0, 5).Select(run => ScaleCases.Case(s_two, run, time, time, time / 500)),
        ];

        Expect(
            Verdict.Inconclusive, Judge(ScaleCases.QuietHost(own, own, own, own, own), cases), part,
            "did not run for 0.1% of their time, so what slowed them is not the kernel");
    }

    [Fact]
    public void A_loss_outside_the_work_is_the_kernel_s()
    {
        List<ReportCase> cases =
        [
            .. ScaleCases.Turns((s_one, Same(100))),
            .. Enumerable.Range(0, 5).Select(static run => ScaleCases.Case(s_two, run, 51_000_000, 56_000_000, 0)),
        ];

        Expect(Verdict.Fail, Judge(s_quiet, cases), "work 1.96 (bound 1.90), total 1.79 (bound 1.85)");
    }

    [Fact]
    public void A_miss_on_a_busy_host_is_inconclusive_and_says_who_had_the_CPUs()
    {
        HostConditions host = s_quiet with { Contention = new(2, 0.4, 0.2, 0.3) };

        Expect(
            Verdict.Inconclusive, Judge(host, 70, 70, 70, 70, 70),
            "of 2 host CPUs other processes kept 0.4 busy and the hypervisor withheld 0.2", "0.30 of QEMU's virtual CPUs were runnable");
        Expect(Verdict.Pass, Judge(host, 52, 52, 52, 52, 52));
    }

    [Fact]
    public void Only_CPUs_that_lack_disturb()
    {
        HostConditions host = s_quiet with { Cpus = 8, Contention = new(8, 5.9, 0.2, 0) };

        Expect(Verdict.Fail, Judge(host, 70, 70, 70, 70, 70));
        Expect(Verdict.Inconclusive, Judge(host with { Contention = new(8, 6.1, 0.2, 0) }, 70, 70, 70, 70, 70), "of 8 host CPUs");
    }

    [Fact]
    public void One_CPU_is_not_two() => Expect(
        Verdict.Inconclusive, Judge(ScaleCases.QuietHost(1, 1, 1, 1, 1) with { Cpus = 1 }, [.. Same(101)]), "the host has 1 CPU");

    [Fact]
    public void A_miss_in_turns_that_disagree_is_inconclusive()
    {
        List<ReportCase> cases =
        [
            .. ScaleCases.Turns((s_one, Same(100))),
            .. new long[] { 52, 52, 60, 60, 60 }.Select(static (time, run) => ScaleCases.Case(
                s_two, run, time * 1_000_000, time * 1_000_000, 100_000)),
        ];

        Expect(Verdict.Inconclusive, Judge(s_quiet, cases), "turns disagree: the middle half of them has speedups from 1.67 to 1.92");
    }

    [Fact]
    public void A_median_that_reaches_the_bound_among_turns_that_disagree_is_no_pass() => Expect(
        Verdict.Inconclusive, Judge(s_quiet, 80, 60, 52, 46, 45), "turns disagree: the middle half of them has speedups from 1.67 to 2.17");

    [Fact]
    public void A_turn_that_a_neighbour_disturbed_is_outvoted() =>
        Expect(Verdict.Pass, Judge(s_quiet, 52, 52, 90, 52, 30), "work 1.92");

    [Fact]
    public void A_host_that_drifts_does_so_for_both_rows_of_a_turn() => Expect(
        Verdict.Pass,
        Judge(s_quiet, ScaleCases.Turns((s_one, [100, 150, 200, 250, 300]), (s_two, [51, 77, 103, 128, 154]))),
        "work 1.95");

    [Theory]
    [InlineData(52, 50.0, "the host's own turns disagree")]
    [InlineData(2.5, 2.5, "two threads of the host itself seem 2.50 times as fast as one")]
    public void A_miss_beside_runs_of_the_host_that_are_not_to_be_believed_is_inconclusive(double first, double last, string named)
    {
        double[] own = first > 3 ? [1.2, 1.5, 1.8, 2, 2] : [first, first, first, last, last];

        Expect(Verdict.Inconclusive, Judge(ScaleCases.QuietHost(own), [.. Same(70)]), named);
    }

    [Fact]
    public void A_miss_without_the_host_s_own_runs_is_inconclusive()
    {
        Expect(Verdict.Inconclusive, Judge(s_quiet with { Complete = false }, [.. Same(70)]), "was not measured in every turn");
        Expect(Verdict.Inconclusive, Judge(s_quiet with { Rows = [] }, [.. Same(70)]), "was not measured in every turn");
    }

    [Fact]
    public void Too_little_work_to_judge_is_inconclusive() => Expect(
        Verdict.Inconclusive, Judge(s_quiet, ScaleCases.Turns((s_one, Same(2)), (s_two, Same(1.4)))), "(1,1) took 2.0 ms", "(WORK)");

    // What was seen on a busy host with RUNS=1, and printed "pass".
    [Fact]
    public void A_speedup_beyond_the_CPUs_is_never_believed()
    {
        Expect(
            Verdict.Inconclusive, Judge(ScaleCases.QuietHost(2), ScaleCases.Turns((s_one, [100]), (s_two, [29.94]))),
            "not to be believed: (2,2) 3.34 times as fast as (1,1) on 2 CPUs");
        Expect(Verdict.Inconclusive, Judge(s_quiet, [.. Same(47)]), "not to be believed", "nothing was measured that explains it");
        Expect(Verdict.Pass, Judge(s_quiet, [.. Same(48)]));
    }

    [Theory]
    [InlineData(1, 2, 90, "(1,2) 1.11 times as fast as (1,1) on 1 CPU")]
    [InlineData(4, 1, 90, "(4,1) 1.11 times as fast as (1,1) on 1 CPU")]
    [InlineData(4, 4, 40, "(4,4) 2.50 times as fast as (1,1) on 2 CPUs")]
    public void Nor_is_one_of_any_other_row(int workers, int cpus, double milliseconds, string named) => Expect(
        Verdict.Inconclusive,
        Judge(s_quiet, ScaleCases.Turns((s_one, Same(100)), (s_two, Same(51)), (new(workers, cpus), Same(milliseconds)))), named);

    [Fact]
    public void Nor_is_one_beyond_what_the_host_s_own_threads_gain() => Expect(
        Verdict.Inconclusive, Judge(ScaleCases.QuietHost(1.7, 1.7, 1.7, 1.7, 1.7), [.. Same(51)]),
        "not to be believed: (2,2) 1.96 times as fast as (1,1), where 2 threads of the host itself are 1.70 times as fast as one");

    // A limit on the processor time of a container: accounts are of all CPUs that it may run on, the speedup is of what it may use.
    [Fact]
    public void A_host_of_which_only_a_part_may_be_used_is_judged_by_that_part()
    {
        HostConditions host = s_quiet with { Contention = new(64, 40, 0, 0) };

        Expect(Verdict.Fail, Judge(host, [.. Same(70)]));
        Expect(Verdict.Inconclusive, Judge(host, [.. Same(40)]), "on 2 CPUs");
    }

    [Fact]
    public void A_miss_is_not_doubted_for_what_a_disturbed_host_gained() => Expect(
        Verdict.Inconclusive, Judge(ScaleCases.QuietHost(0.8, 0.8, 0.8, 0.8, 0.8), [.. Same(70)]), "(1,1) to (2,2): work 1.43 (bound 1.90)");

    [Fact]
    public void Without_the_row_of_two_on_two_there_is_no_gate_but_the_impossible_is_not_believed()
    {
        Expect(Verdict.Pass, Judge(s_quiet, ScaleCases.Turns((s_one, Same(100)), (new(4, 2), Same(60)))), "no (2,2) row");
        Expect(Verdict.Inconclusive, Judge(s_quiet, ScaleCases.Turns((s_one, Same(100)), (new(4, 2), Same(45)))), "not to be believed");
    }

    [Fact]
    public void Few_runs_pass_only_on_a_host_that_nothing_disturbed()
    {
        List<ReportCase> cases = ScaleCases.Turns((s_one, [100, 100]), (s_two, [52, 52]));
        HostConditions host = ScaleCases.QuietHost(2, 2);

        Expect(Verdict.Pass, Judge(host, cases));
        Expect(Verdict.Inconclusive, Judge(host with { Contention = new(2, 1, 0, 0) }, cases), "fewer than 3 runs outvote no disturbance");
    }

    private static double[] Same(double milliseconds) => [.. Enumerable.Repeat(milliseconds, 5)];

    private static (Verdict Verdict, string Reason) Judge(HostConditions host, params double[] milliseconds) =>
        Judge(host, ScaleCases.Turns((s_one, [.. milliseconds.Select(static _ => 100.0)]), (s_two, milliseconds)));

    private static (Verdict Verdict, string Reason) Judge(HostConditions host, List<ReportCase> cases)
    {
        Shape[] shapes = [.. cases.Select(ThreadScaleResult.ShapeOf).Distinct()];
        ThreadScaleResult result = ThreadScaleResult.Of(cases, shapes, cases.Count / shapes.Length, ScaleCases.Checksum, host);
        return (result.Verdict, result.Reason);
    }

    private static void Expect(Verdict verdict, (Verdict Verdict, string Reason) judged, params string[] named)
    {
        Assert.True(verdict == judged.Verdict, $"{judged.Verdict}: {judged.Reason}");
        Assert.All(named, text => Assert.Contains(text, judged.Reason));
    }
}
