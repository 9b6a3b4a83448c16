using System;
using System.IO;
using System.Linq;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using System.Text;
using System.Text.Json;
using Lachesis.Abi;
using Lachesis.Scenarios;
using Lachesis.Simulator.Scenarios;
using Lachesis.Tools.Tests.Reports;
using Lachesis.Tools.Tests.Scenarios;
using Xunit;

namespace Lachesis.Tools.Tests.Commands;

/// <summary>`lachesis scenario` from the file to the evidence; the guest's notes are the simulator's.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class ScenarioCommandTests : IDisposable
{
    private const string Json =
        """{ "global": { "duration": 0.01 }, "tasks": { "a": { "run": 100 }, "b": { "run": 70, "sleep": 31 } } }""";

    private const string Command = "scenario hogs.json --policy rr --slice 1000000";
    private readonly FakeRepository _repository = new();

    public ScenarioCommandTests()
    {
        _repository.AddManifest("bench/guest/scenario");
        File.WriteAllText(_repository.PathOf("hogs.json"), Json);
    }

    public void Dispose() => _repository.Dispose();

    [Fact]
    public void The_guest_gets_the_program_and_its_notes_become_table_and_evidence()
    {
        AddGuest(static trace => trace);
        (int status, string output, string error) = _repository.Run(Command + " --icount");

        Assert.Equal((0, ""), (status, error));
        Assert.Contains("pass scenario-hogs: rr, 1 CPU: 2 threads in 10,000,000 ns", output, StringComparison.Ordinal);
        Assert.Contains(
            Encoding.Latin1.GetString(ScenarioText.Parse(Json).Encode(SchedulingPolicy.RoundRobin)),
            Encoding.Latin1.GetString(File.ReadAllBytes(_repository.LatestOf("scenario-hogs", "initrd.img"))),
            StringComparison.Ordinal);
        JsonElement row = Evidence.GetProperty("rows")[0];
        Assert.Equal(0, row.GetProperty("case").GetProperty("a").GetInt32());
        Assert.True(row.GetProperty("metrics").GetProperty("runNs")[0].GetInt64() > 0);
        Assert.Equal(123, row.GetProperty("metrics").GetProperty("ledgerRuntimeNs")[0].GetInt64());
    }

    [Fact]
    public void A_guest_that_does_what_the_simulator_does_agrees_with_it()
    {
        AddGuest(static trace => trace);
        (int status, string output, _) = _repository.Run(Command + " --compare order");

        Assert.Equal(0, status);
        Assert.Contains("shares differ by at most 0.000%", output, StringComparison.Ordinal);
        Assert.Equal(0, Evidence.GetProperty("metrics").GetProperty("shareDifference").GetDouble());
    }

    [Fact]
    public void A_guest_that_runs_threads_in_another_order_fails_the_comparison()
    {
        AddGuest(static trace => trace with
        {
            Threads =
            [
                trace.Threads[0] with { Events = trace.Threads[1].Events },
                trace.Threads[1] with { Events = trace.Threads[0].Events },
            ],
        });
        (int status, string output, _) = _repository.Run(Command + " --compare order");

        Assert.Equal(1, status);
        Assert.Contains("fail scenario-hogs", output, StringComparison.Ordinal);
        Assert.False(Evidence.GetProperty("rows")[0].GetProperty("verified").GetBoolean());
    }

    [Fact]
    public void Dispatches_are_those_of_the_guest()
    {
        AddGuest(static trace => trace);
        (int status, string output, _) = _repository.Run(Command + " --dispatch");

        Assert.Equal((0, "0 0 a 1000000"), (status, output.Split('\n')[0]));
    }

    [Fact]
    public void Notes_of_another_scenario_are_no_result()
    {
        AddGuest(static trace => trace with { Threads = [trace.Threads[0]] });
        (int status, string output, _) = _repository.Run(Command);

        Assert.Equal(1, status);
        Assert.Contains("fail scenario-hogs: the guest's notes are not those of this scenario", output, StringComparison.Ordinal);
    }

    private JsonElement Evidence => _repository.Evidence("scenario-hogs");

    private void AddGuest(Func<ScenarioTrace, ScenarioTrace> change)
    {
        ScenarioTrace trace = change(ScenarioText.Simulate(Json).Trace);
        ReportWriter report = new ReportWriter().Boot();
        for (int i = 0; i < trace.Threads.Count; i++)
        {
            long stream = ((long)trace.Threads[i].Task << 16) | (long)i;
            foreach (ScenarioEvent[] events in trace.Threads[i].Events.Chunk(31))
            {
                byte[] bytes = MemoryMarshal.AsBytes<ScenarioEvent>(events).ToArray();
                report.Raw(ReportKind.Stream, [.. BitConverter.GetBytes(stream), .. bytes]);
            }

            report.Text(ReportKind.CaseBegin, 0, "").Text(ReportKind.CaseParameter, i, "thread")
                .Text(ReportKind.Metric, 123, "ledgerRuntimeNs").Text(ReportKind.CaseEnd, 1, "");
        }

        report.Text(ReportKind.Metric, trace.ElapsedNs, "elapsedNs")
            .Text(ReportKind.Verdict, 0, "done").Text(ReportKind.End, 33, "");
        _repository.AddGuest("scenario-hogs", FakeRepository.Replay + "33", report);
    }
}
