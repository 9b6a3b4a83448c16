using System.Collections.Generic;
using System.IO;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Queues;
using Xunit;

namespace Lachesis.Tools.Tests.Commands.Costs;

public sealed class QueueResultTests
{
    private const string Few = "fair/pick/10";
    private const string Many = "fair/pick/1000";
    private const string Passed = "2 cases cost what was accepted, within 10%; 1 growths within their bounds";

    [Theory]
    [InlineData(200, 300, null)]
    [InlineData(219, 329, null)]
    [InlineData(120, 100, null)]
    [InlineData(221, 300, "fair/pick/1000 costs 221, accepted were 200")]
    [InlineData(200, 331, "fair/pick/1000 costs 331 at most, accepted were 300")]
    [InlineData(null, 300, "fair/pick/1000 was not measured; fair/pick was not measured among 10 and 1000")]
    public void A_case_fails_that_is_missing_or_whose_mean_or_worst_exceeds_the_accepted_ones(
        int? mean, int most, string? problem)
    {
        Dictionary<string, long> measured = [];
        Add(measured, Few, 100, 150);
        if (mean is int known)
        {
            Add(measured, Many, known, most);
        }

        Assert.Equal(
            problem is null ? (Verdict.Pass, Passed) : (Verdict.Fail, problem), QueueResult.Of(Table(3), measured).Judge());
    }

    [Fact]
    public void An_operation_fails_that_costs_too_many_times_as_much_among_many_threads()
    {
        Dictionary<string, long> measured = [];
        Add(measured, Few, 100, 150);
        Add(measured, Many, 210, 300);

        Assert.Equal(
            (Verdict.Fail, "fair/pick costs 2.1 times as much among 1000 as among 10, bound 2"),
            QueueResult.Of(Table(2), measured).Judge());
    }

    [Fact]
    public void The_mean_is_that_of_all_operations_and_the_change_that_of_the_mean()
    {
        Dictionary<string, long> measured = new()
        {
            [QueueResult.Operations] = 3000,
            [Few + "Sum"] = 300_200,
            [Few] = 90,
            [Few + "Min"] = 80,
            [Few + "Max"] = 150,
        };
        QueueRow row = QueueResult.Of(Table(3), measured).Rows[0];

        Assert.Equal(new QueueCost(100.1, 90, 80, 150), row.Now);
        Assert.Equal(0.001, row.Change!.Value, 9);
    }

    [Fact]
    public void Nothing_is_compared_with_what_was_never_accepted()
    {
        QueueRow row = new(new QueueCase(Few, null), new QueueCost(1000, 1, 1, 1));

        Assert.Empty(row.Problems(0));
        Assert.Null(row.Change);
    }

    [Fact]
    public void Accepting_changes_what_was_measured_and_survives_the_file()
    {
        Dictionary<string, long> measured = [];
        Add(measured, Many, 250, 400);
        string path = Path.GetTempFileName();
        try
        {
            QueueResult.Of(Table(3), measured).Accept().Save(path);
            QueueTable read = QueueTable.Load(path);

            Assert.Equal([Table(3).Cases[0], new(Many, new(250, 250, 250, 400))], read.Cases);
            Assert.Equal(Table(3).Growth, read.Growth);
            Assert.Equal(Table(3).Tolerance, read.Tolerance);
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static void Add(Dictionary<string, long> measured, string name, long mean, long most)
    {
        measured[QueueResult.Operations] = 1000;
        measured[name + "Sum"] = mean * 1000;
        measured[name] = mean;
        measured[name + "Min"] = mean;
        measured[name + "Max"] = most;
    }

    private static QueueTable Table(double growth) => new()
    {
        Tolerance = 0.1,
        Growth = [new("fair/pick", 10, 1000, growth)],
        Cases = [new(Few, new(100, 100, 100, 150)), new(Many, new(200, 200, 200, 300))],
    };
}
