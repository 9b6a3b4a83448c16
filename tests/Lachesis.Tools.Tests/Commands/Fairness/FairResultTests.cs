using System.Collections.Generic;
using System.IO;
using System.Linq;
using Lachesis.Tools.Commands.Fairness;
using Lachesis.Tools.Evidence;
using Xunit;

namespace Lachesis.Tools.Tests.Commands.Fairness;

public sealed class FairResultTests
{
    private static readonly FairMachine s_counted = new(1, true);
    private static readonly FairMachine s_timed = new(2, false);

    private static readonly FairTable s_table = new()
    {
        Rows =
        [
            new("shares", 1, true, "errorPpb", "%", 1e-7, 0.005, 10, "Linux: 0.004"),
            new("latency", 1, true, "p99Ns", "us", 1e-3, 10, 0, ""),
            new("for contrast", 1, true, "mostNs", "us", 1e-3, null, 0, ""),
            new("shares on two", 2, false, "errorPpb", "%", 1e-7, 0.5, 0, ""),
        ],
    };

    [Fact]
    public void All_within_their_bounds_pass() =>
        Assert.Equal((Verdict.Pass, "3 of 3 bounds hold"), Judge(50_000, 10_000, [5_000_000]));

    [Fact]
    public void A_figure_beyond_its_bound_fails_and_is_named() =>
        Assert.Equal(
            (Verdict.Fail, "2 of 3 bounds hold; not reached: icount1.p99Ns 10.001 us (bound 10)"),
            Judge(50_000, 10_001, [5_000_000]));

    [Fact]
    public void A_share_measured_for_too_short_a_time_is_not_judged() =>
        Assert.Equal((Verdict.Pass, "2 of 2 bounds hold"), Judge(60_000, 10_000, [5_000_000], seconds: 9));

    [Fact]
    public void Of_several_runs_the_median_counts() =>
        Assert.Equal(Verdict.Pass, Judge(50_000, 10_000, [9_000_000, 4_000_000, 5_000_000]).Verdict);

    [Theory]
    [InlineData(0.2, 2, Verdict.Fail)]
    [InlineData(0.3, 2, Verdict.Inconclusive)]
    [InlineData(0, 1, Verdict.Inconclusive)]
    public void A_bound_missed_in_the_time_of_a_busy_or_smaller_host_says_nothing(double otherLoad, int hostCpus, Verdict verdict) =>
        Assert.Equal(verdict, Judge(50_000, 10_000, [6_000_000], otherLoad: otherLoad, hostCpus: hostCpus).Verdict);

    [Fact]
    public void A_busy_host_does_not_excuse_what_was_counted() =>
        Assert.Equal(Verdict.Fail, Judge(60_000, 10_000, [6_000_000], otherLoad: 2).Verdict);

    [Fact]
    public void A_missing_figure_fails() =>
        Assert.Equal((Verdict.Fail, "smp2.errorPpb was not measured"), Judge(50_000, 10_000, []));

    [Fact]
    public void The_table_in_the_repository_can_be_read()
    {
        FairTable table = FairTable.Load(Path.Combine(Repository.Root, "bench", "fair.json"));

        Assert.Equal(table.Rows.Count, table.Rows.Select(static row => (row.Machine, row.Metric)).Distinct().Count());
        Assert.Contains(s_counted, table.Machines);
    }

    private static (Verdict Verdict, string Reason) Judge(
        long error, long p99, long[] onTwo, int seconds = 10, double otherLoad = 0, int hostCpus = 2) =>
        FairResult.Of(
            s_table,
            new Dictionary<FairMachine, EvidenceRow>
            {
                [s_counted] = Row(("errorPpb", [error]), ("p99Ns", [p99]), ("mostNs", [1])),
                [s_timed] = Row(("errorPpb", onTwo)),
            },
            seconds,
            otherLoad,
            hostCpus).Judge();

    private static EvidenceRow Row(params (string Name, long[] Values)[] metrics) => new()
    {
        Case = [],
        Runs = 1,
        Metrics = [.. metrics.Select(static metric => new KeyValuePair<string, IReadOnlyList<long>>(metric.Name, metric.Values))],
        Verified = true,
    };
}
