using System.Collections.Generic;
using System.IO;
using System.Linq;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Queues;
using Xunit;

namespace Lachesis.Tools.Tests.Commands;

public sealed class QueueResultTests
{
    private const string Name = "fair/pick/1000";
    private const string Passed = "nothing got worse, nothing allocates; 1 of 1 goals reached";

    [Theory]
    [InlineData(0.20, 0.20, 0, null)]
    [InlineData(0.20, 0.219, 0, null)]
    [InlineData(0.20, 0.10, 0, null)]
    [InlineData(0.20, 0.23, 0, "fair/pick/1000 takes 0.23 of the sorted set's time, accepted were 0.2")]
    [InlineData(0.33, 0.34, 0, "fair/pick/1000 is 2.941 times as fast as the sorted set, not 3")]
    [InlineData(null, 0.20, 0, null)]
    [InlineData(null, 0.50, 0, "fair/pick/1000 is 2 times as fast as the sorted set, not 3")]
    [InlineData(0.20, 0.20, 1, "fair/pick/1000 allocates")]
    [InlineData(0.20, null, 0, "fair/pick/1000 was not measured")]
    public void A_case_fails_that_is_missing_slower_than_its_goal_or_than_accepted_or_allocates(
        double? accepted, double? ratio, long bytes, string? problem)
    {
        QueueResult result = new([new QueueRow(
            Case(accepted), ratio is double measured ? Figures(bytes, measured) : null, 1)]);

        Assert.Equal(problem is null ? (Verdict.Pass, Passed) : (Verdict.Fail, problem), result.Judge());
    }

    [Fact]
    public void A_goal_that_the_accepted_figure_did_not_reach_is_only_shown()
    {
        QueueRow row = new(Case(0.5), Figures(0, 0.54), 1);

        Assert.False(row.Reaches);
        Assert.Null(row.Problem);
        Assert.NotNull((row with { Figures = Figures(0, 0.56) }).Problem);
    }

    [Theory]
    [InlineData(new[] { 0.20 }, 1, true)]
    [InlineData(new[] { 0.30, 0.20 }, 2, true)]
    [InlineData(new[] { 0.30, 0.29, 0.28, 0.20 }, 3, false)]
    public void What_fails_is_measured_again_and_the_best_attempt_counts(double[] ratios, int attempts, bool passes)
    {
        Queue<double> next = new(ratios);
        QueueResult result = QueueResult.Measure([Case(0.20)], 3, names => [Figures(0, next.Dequeue())]);

        Assert.Equal(attempts, result.Rows[0].Attempts);
        Assert.Equal(ratios.Take(attempts).Min(), result.Rows[0].Figures!.Ratio);
        Assert.Equal(passes ? Verdict.Pass : Verdict.Fail, result.Judge().Verdict);
    }

    [Fact]
    public void Of_what_is_to_be_accepted_the_middle_attempt_counts()
    {
        Queue<double> next = new([0.20, 0.30, 0.10]);
        QueueResult result = QueueResult.MeasureTypical([Case(0.20)], 3, names => [Figures(0, next.Dequeue())]);

        Assert.Equal(0.20, result.Rows[0].Figures!.Ratio);
    }

    [Fact]
    public void Only_what_failed_is_measured_again()
    {
        List<string> asked = [];
        QueueResult.Measure([Case(0.20), Case(0.20) with { Name = "rr/pick/1000" }], 2, names =>
        {
            asked.Add(string.Join(' ', names));
            return [Figures(0, 0.20), Figures(0, 0.40) with { Name = "rr/pick/1000" }];
        });

        Assert.Equal(["fair/pick/1000 rr/pick/1000", "rr/pick/1000"], asked);
    }

    [Fact]
    public void A_ratio_is_that_of_the_least_times_and_its_spread_that_of_the_rounds()
    {
        QueueFigures figures = new(Name, [11, 40, 10, 12], [110, 100, 50, 100], [64, 0, 64, 64]);

        Assert.Equal(0.2, figures.Ratio);
        Assert.Equal((10, 50), (figures.Kernel, figures.Yardstick));
        Assert.Equal((0.4 - 0.12) / (2 * 0.2), figures.Spread, 9);
        Assert.Equal(0, figures.Bytes);
    }

    [Fact]
    public void Figures_with_a_gap_are_no_measurement() => Assert.Equal(
        "fair/pick/1000 was not measured",
        QueueResult.Measure([Case(0.20)], 1, static names => [new(Name, [10, 10], [50], [0, 0])]).Judge().Reason);

    [Fact]
    public void Accepting_changes_what_was_measured_and_survives_the_file()
    {
        QueueCase other = new("fair/pick/10", null, 0.5, 0.02, 1, 2);
        QueueTable table = new() { Cases = [Case(0.20), other] };
        QueueResult result = QueueResult.Measure([Case(0.20)], 1, static names => [Figures(0, 0.25)]);
        string path = Path.GetTempFileName();
        try
        {
            result.Accept(table).Save(path);
            QueueTable read = QueueTable.Load(path);

            Assert.Equal([new(Name, 3, 0.25, 0, 25, 100), other], read.Cases);
            Assert.Equal(Verdict.Pass, result.Against(read).Judge().Verdict);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static QueueCase Case(double? accepted) => new(Name, 3, accepted, null, null, null);

    private static QueueFigures Figures(long bytes, double ratio) => new(Name, [100 * ratio], [100], [bytes]);
}
