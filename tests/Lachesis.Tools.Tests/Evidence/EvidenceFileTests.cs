using System.Linq;
using System.Text.Json;
using Lachesis.Abi;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Reports;
using Lachesis.Tools.Tests.Reports;
using Xunit;

namespace Lachesis.Tools.Tests.Evidence;

public sealed class EvidenceFileTests
{
    [Fact]
    public void It_has_the_promised_shape()
    {
        JsonElement json = JsonDocument.Parse(Create().ToJson()).RootElement;

        Assert.Equal(
            ["schema", "name", "verdict", "reason", "commit", "settings", "environment", "rows", "metrics", "counters", "artifacts"],
            json.EnumerateObject().Select(static property => property.Name));
        Assert.Equal(1, json.GetProperty("schema").GetInt32());
        Assert.Equal("inconclusive", json.GetProperty("verdict").GetString());
        Assert.Equal(
            ["accel", "tcgThreads", "icount", "cpus", "memoryMiB", "qemu", "measure", "hostCpus"],
            json.GetProperty("environment").EnumerateObject().Select(static property => property.Name));
    }

    [Fact]
    public void Runs_of_one_case_share_a_row()
    {
        JsonElement row = JsonDocument.Parse(Create().ToJson()).RootElement.GetProperty("rows").EnumerateArray().Single();

        Assert.Equal(2, row.GetProperty("case").GetProperty("workers").GetInt32());
        Assert.Equal(2, row.GetProperty("runs").GetInt32());
        Assert.True(row.GetProperty("verified").GetBoolean());
        Assert.Equal(
            [1000, 1200],
            row.GetProperty("metrics").GetProperty("workNs").EnumerateArray().Select(static value => value.GetInt32()));
    }

    [Fact]
    public void Counters_stand_by_cpu_and_in_total_and_only_those_that_came()
    {
        JsonElement counters = JsonDocument.Parse(Create().ToJson()).RootElement.GetProperty("counters");

        Assert.Equal("""[{"contextSwitches":7},{"contextSwitches":5}]""", Compact(counters.GetProperty("cpus")));
        Assert.Equal("""{"contextSwitches":12}""", Compact(counters.GetProperty("total")));
    }

    [Fact]
    public void A_cpu_that_sent_nothing_keeps_its_place()
    {
        GuestReport report = GuestReport.From(
            ReportStream.Read(new ReportWriter().Boot().Count(2, Counter.Yields, 1).Bytes));
        EvidenceFile file = Create() with { Counters = report.Counters };
        JsonElement counters = JsonDocument.Parse(file.ToJson()).RootElement.GetProperty("counters");

        Assert.Equal("""[{},{},{"yields":1}]""", Compact(counters.GetProperty("cpus")));
    }

    [Fact]
    public void One_run_that_is_not_right_makes_its_row_unverified()
    {
        GuestReport report = GuestReport.From(ReportStream.Read(ReportWriter.Passing().Bytes));

        Assert.False(EvidenceRow.Gather(report.Cases, static run => run.Run == 0).Single().Verified);
    }

    [Fact]
    public void The_same_figures_give_the_same_bytes() => Assert.Equal(Create().ToJson(), Create().ToJson());

    private static EvidenceFile Create()
    {
        GuestReport report = GuestReport.From(ReportStream.Read(ReportWriter.Passing().Bytes));
        return new EvidenceFile
        {
            Name = "x",
            Verdict = Verdict.Inconclusive,
            Reason = "because",
            Commit = "abc",
            Environment = new RunEnvironment("tcg", "multi", false, 2, 512, "7.2", false, 2),
            Rows = EvidenceRow.Gather(report.Cases, static run => run.Verified),
            Metrics = [new("speedup", 1.98)],
            Counters = report.Counters,
            Artifacts = [new("serial", "serial.log")],
        };
    }

    private static string Compact(JsonElement json) => JsonSerializer.Serialize(json);
}
