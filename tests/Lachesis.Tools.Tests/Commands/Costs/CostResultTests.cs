using System.Collections.Generic;
using System.IO;
using Lachesis.Tools.Commands.Costs;
using Lachesis.Tools.Evidence;
using Xunit;

namespace Lachesis.Tools.Tests.Commands.Costs;

public sealed class CostResultTests
{
    private static readonly PeerCost[] s_peers =
        [new("Linux", 223), new("seL4", 90, "without MCS"), new("seL4", 100, "MCS")];

    private static readonly CostTable s_table = new()
    {
        Tolerance = 0.1,
        Operations =
        [
            new("nop", "nothing", 1, 80, s_peers, 100),
            new("wake", "remote wake", 2, null, [], null),
        ],
    };

    [Theory]
    [InlineData(60, Verdict.Pass, "nothing got worse; 1 of 1 goals reached")]
    [InlineData(110, Verdict.Pass, "nothing got worse; 0 of 1 goals reached")]
    [InlineData(111, Verdict.Fail, "nop costs 111, accepted were 100")]
    public void Ten_percent_over_the_accepted_figure_is_the_most(long nop, Verdict verdict, string reason) =>
        Assert.Equal((verdict, reason), Measure(nop, 900).Judge());

    [Fact]
    public void A_missing_figure_fails() =>
        Assert.Equal((Verdict.Fail, "wake was not measured"), Measure(60, null).Judge());

    [Fact]
    public void A_figure_counts_only_at_its_own_number_of_cpus()
    {
        CostResult result = CostResult.Of(s_table, new Dictionary<int, IReadOnlyDictionary<string, long>>
        {
            [1] = new Dictionary<string, long> { ["nop"] = 60, ["wake"] = 5 },
            [2] = new Dictionary<string, long> { ["nop"] = 70, ["wake"] = 900, ["wakeMin"] = 850, ["wakeMax"] = 990 },
        });

        Assert.Equal(60, result.Rows[0].Instructions);
        Assert.Equal((900, 850, 990), (result.Rows[1].Instructions, result.Rows[1].Least, result.Rows[1].Most));
        Assert.Equal(-0.4, result.Rows[0].Change);
        Assert.Null(result.Rows[1].Change);
    }

    [Fact]
    public void Accepting_keeps_all_but_the_figures_and_survives_the_file()
    {
        string path = Path.GetTempFileName();
        try
        {
            Measure(60, null).Accept().Save(path);
            CostTable read = CostTable.Load(path);

            Assert.Equal(s_peers, read.Operations[0].Peers);
            Assert.Equal(s_table.Operations[0] with { Accepted = 60, Peers = read.Operations[0].Peers }, read.Operations[0]);
            Assert.Equal(s_table.Operations[1] with { Peers = read.Operations[1].Peers }, read.Operations[1]);
            Assert.Equal(s_table.Tolerance, read.Tolerance);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void A_damaged_table_is_one_line()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "{ \"operations\": [ { \"name\": 3 } ] }");

            Assert.DoesNotContain('\n', Assert.Throws<ToolException>(() => CostTable.Load(path)).Message);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void Peers_stand_in_their_row_and_those_that_need_fewer_below()
    {
        string markdown = s_table.ToMarkdown();

        Assert.Contains("| nothing | 100 | 80 | Linux: 223; seL4: 90 without MCS, 100 MCS |\n", markdown);
        Assert.EndsWith("\nKernels that need fewer:\n\n- seL4 without MCS: nothing: 90 against 100\n", markdown);
        Assert.EndsWith(
            "\nNo kernel of this table needs fewer.\n", Measure(60, null).Accept().ToMarkdown());
    }

    private static CostResult Measure(long nop, long? wake)
    {
        Dictionary<string, long> two = wake is long value ? new() { ["wake"] = value } : [];
        return CostResult.Of(s_table, new Dictionary<int, IReadOnlyDictionary<string, long>>
        {
            [1] = new Dictionary<string, long> { ["nop"] = nop },
            [2] = two,
        });
    }
}
