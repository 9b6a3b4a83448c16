using System;
using System.IO;
using System.Runtime.Versioning;
using Lachesis.Abi;
using Lachesis.Tools.Queues;
using Lachesis.Tools.Tests.Reports;
using Xunit;

namespace Lachesis.Tools.Tests.Commands.Costs;

/// <summary>`lachesis queues` from the command line to the evidence, with a guest that reports figures.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class QueuesCommandTests : IDisposable
{
    private const string Name = "rr/pick/10";
    private readonly FakeRepository _repository = new();

    public QueuesCommandTests()
    {
        _repository.AddManifest("bench/guest/queues");
        new QueueTable { Tolerance = 0.1, Growth = [], Cases = [new(Name, new(33, 33, 33, 33))] }
            .Save(_repository.PathOf("bench/queues.json"));
    }

    public void Dispose() => _repository.Dispose();

    [Theory]
    [InlineData(33, 0, "pass queues: 1 cases cost what was accepted, within 10%; 0 growths within their bounds")]
    [InlineData(40, 1, "fail queues: rr/pick/10 costs 40, accepted were 33; rr/pick/10 costs 40 at most, accepted were 33")]
    public void It_judges_what_the_guest_counted(int instructions, int status, string verdict)
    {
        AddGuest(instructions);
        (int found, string output, string error) = _repository.Run("queues");

        Assert.Equal((status, ""), (found, error));
        Assert.Contains(verdict, output);
        Assert.Contains($"\"rr/pick/10/mean\": {instructions}", _repository.Run("queues --json").Output);
    }

    [Fact]
    public void Accepting_writes_the_table()
    {
        AddGuest(40);

        Assert.Equal(0, _repository.Run("queues --accept").Status);
        Assert.Equal([new(Name, new(40, 40, 40, 40))], QueueTable.Load(_repository.PathOf("bench/queues.json")).Cases);
    }

    [Fact]
    public void Figures_of_a_guest_that_fails_are_neither_shown_nor_accepted()
    {
        _repository.AddGuest("queues", "exit 33");
        (int status, string output, _) = _repository.Run("queues --accept");

        Assert.Equal(1, status);
        Assert.StartsWith("fail queues: no verdict", output);
        Assert.Equal(33, QueueTable.Load(_repository.PathOf("bench/queues.json")).Cases[0].Accepted!.Mean);
    }

    [Theory]
    [InlineData("queues --timeout abc", "TIMEOUT: 'abc' is not a whole number from 1 to 86400 (--timeout)")]
    [InlineData("queues --runs 3", "unknown command or option '--runs'; see --help")]
    [InlineData("costs --runs 999", "RUNS: '999' is not a whole number from 1000 to 1000000 (--runs)")]
    public void A_bad_value_is_one_line_and_bad_usage(string line, string message) =>
        Assert.Equal((2, "", message + "\n"), _repository.Run(line));

    [Fact]
    public void A_damaged_table_is_one_line()
    {
        File.WriteAllText(_repository.PathOf("bench/queues.json"), "{\n  \"cases\": [ 3 ]\n}");
        (int status, _, string error) = _repository.Run("queues");

        Assert.Equal((1, "bench/queues.json: line 2: not the JSON that is expected here\n"), (status, error));
    }

    private void AddGuest(long instructions)
    {
        ReportWriter report = new ReportWriter().Boot()
            .Text(ReportKind.Metric, 3000, QueueResult.Operations)
            .Text(ReportKind.Metric, 3000 * instructions, Name + "Sum");
        foreach (string suffix in (string[])["", "Min", "Max"])
        {
            report.Text(ReportKind.Metric, instructions, Name + suffix);
        }

        _repository.AddGuest(
            "queues", FakeRepository.Replay + 33, report.Text(ReportKind.Verdict, 0, "").Text(ReportKind.End, 33, ""));
    }
}
