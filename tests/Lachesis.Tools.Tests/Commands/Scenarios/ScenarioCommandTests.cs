using System;
using System.Collections.Generic;
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

namespace Lachesis.Tools.Tests.Commands.Scenarios;

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
        AddGuest();
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
        Assert.Equal(
            row.GetProperty("metrics").GetProperty("runNs")[0].GetInt64(),
            row.GetProperty("metrics").GetProperty("ledgerRuntimeNs")[0].GetInt64());
    }

    [Fact]
    public void A_guest_that_does_what_the_simulator_does_agrees_with_it()
    {
        AddGuest();
        (int status, string output, _) = _repository.Run(Command + " --compare order");

        Assert.Equal(0, status);
        Assert.Contains("shares differ by at most 0.000%", output, StringComparison.Ordinal);
        Assert.Equal(0, Evidence.GetProperty("metrics").GetProperty("shareDifference").GetDouble());
    }

    [Fact]
    public void A_guest_that_runs_threads_in_another_order_fails_the_comparison()
    {
        AddGuest(static notes => (notes.Threads[0], notes.Threads[1]) =
            ((0, notes.Threads[1].Notes), (1, notes.Threads[0].Notes)));
        (int status, string output, _) = _repository.Run(Command + " --compare order");

        Assert.Equal(1, status);
        Assert.Contains("fail scenario-hogs", output, StringComparison.Ordinal);
        Assert.False(Evidence.GetProperty("rows")[0].GetProperty("verified").GetBoolean());
    }

    [Fact]
    public void Dispatches_are_those_of_the_guest()
    {
        AddGuest();
        (int status, string output, _) = _repository.Run(Command + " --dispatch");

        Assert.Equal((0, "0 0 a 1000000"), (status, output.Split('\n')[0]));
    }

    [Fact]
    public void Notes_of_another_scenario_are_no_result()
    {
        AddGuest(static notes => notes.Threads.Remove(1));
        (int status, string output, _) = _repository.Run(Command);

        Assert.Equal(1, status);
        Assert.Contains("fail scenario-hogs: the guest's notes are not those of this scenario", output, StringComparison.Ordinal);
    }

    [Fact]
    public void Under_icount_several_cpus_are_inconclusive_and_why_is_said()
    {
        AddGuest();
        (int status, string output, _) = _repository.Run(Command + " --icount --cpus 2");

        Assert.Equal(3, status);
        Assert.Contains("inconclusive scenario-hogs: rr, 2 CPUs", output, StringComparison.Ordinal);
        Assert.Contains("run in turns of many microseconds on one clock", output, StringComparison.Ordinal);
        Assert.False(Evidence.GetProperty("rows")[0].GetProperty("verified").GetBoolean());
    }

    [Fact]
    public void Threads_that_wait_for_each_other_fail_and_are_named()
    {
        const string json = """
            { "global": { "duration": 0.01 }, "tasks": {
                "a": { "lock1": "m", "sleep": 10, "lock2": "n" }, "b": { "lock1": "n", "sleep": 10, "lock2": "m" } } }
            """;
        File.WriteAllText(_repository.PathOf("hogs.json"), json);
        AddGuest(json: json);
        (int status, string output, _) = _repository.Run(Command);

        Assert.Equal(1, status);
        Assert.Contains(
            "fail scenario-hogs: deadlock: a waits for mutex n, which b holds; b waits for mutex m, which a holds",
            output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"instance\": 1025, \"run\": 10", "tasks: 1025 threads start with the scenario; the guest runs at most 1024")]
    [InlineData("\"lag\": 10, \"run\": 10", "tasks.t: lag, vruntime, vdeadline are for the simulator")]
    public void What_only_the_simulator_can_do_is_refused(string task, string error)
    {
        File.WriteAllText(_repository.PathOf("hogs.json"), $$"""{ "global": { "duration": 1 }, "tasks": { "t": { {{task}} } } }""");
        (int status, _, string message) = _repository.Run(Command);

        Assert.Equal(2, status);
        Assert.StartsWith("hogs.json: " + error, message, StringComparison.Ordinal);
    }

    private JsonElement Evidence => _repository.Evidence("scenario-hogs");

    // A guest that notes what the simulator does, but for a change.
    private void AddGuest(Action<RecordedNotes>? change = null, string json = Json)
    {
        (RecordedNotes notes, ScenarioEnd end) = ScenarioText.Record(json);
        change?.Invoke(notes);
        ReportWriter report = new ReportWriter().Boot();
        foreach ((uint thread, (uint task, List<ScenarioEvent> events)) in notes.Threads)
        {
            long stream = ((long)task << 32) | thread;
            foreach (ScenarioEvent[] chunk in events.Chunk(31))
            {
                byte[] bytes = MemoryMarshal.AsBytes<ScenarioEvent>(chunk).ToArray();
                report.Raw(ReportKind.Stream, [.. BitConverter.GetBytes(stream), .. bytes]);
            }
        }

        report.Text(ReportKind.Metric, end.ElapsedNs, "elapsedNs").Text(ReportKind.Metric, end.IsStuck ? 1 : 0, "stuck")
            .Text(ReportKind.Verdict, 0, "done").Text(ReportKind.End, 33, "");
        _repository.AddGuest("scenario-hogs", FakeRepository.Replay + "33", report);
    }
}
