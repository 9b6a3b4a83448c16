using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Lachesis.Abi;
using Lachesis.Core.Sched.Place;
using Lachesis.Simulator.Scenarios;
using Lachesis.Tools.Manifests;
using Lachesis.Tools.Scenarios.Language;
using Lachesis.Tools.Scenarios.Results;
using Xunit;

namespace Lachesis.Tools.Tests.Scenarios;

/// <summary>Scenarios written in the tests themselves.</summary>
internal static class ScenarioText
{
    public const string Source = "bench/some scenario.json";

    public static Scenario Parse(string json) =>
        JsonText.Parse(Source, Encoding.UTF8.GetBytes(json), node => ScenarioParser.Read(Source, node), bareKeys: true);

    /// <summary>A scenario of one task "t" with these properties and events.</summary>
    public static Scenario Task(string content) => Parse($$"""{ "tasks": { "t": { {{content}} } } }""");

    /// <summary>The operations of a scenario, in short.</summary>
    public static IEnumerable<string> Operations(Scenario scenario) => scenario.Operations.Select(static operation =>
        $"{operation.Kind} {operation.Resource} {operation.Operand} {operation.Value}");

    /// <summary>The error without the file's name, and that it is one line which begins with it.</summary>
    public static string ErrorOf(string json)
    {
        string message = Assert.Throws<ManifestException>(() => Parse(json)).Message;
        Assert.DoesNotContain('\n', message);
        Assert.StartsWith(Source + ": ", message, StringComparison.Ordinal);
        return message[(Source.Length + 2)..];
    }

    /// <summary>Simulates a scenario: what it came to, and the reports of its threads.</summary>
    public static (ScenarioRun Run, IReadOnlyList<ThreadReport> Threads) Simulate(
        string json, SchedulingPolicy policy = SchedulingPolicy.RoundRobin, uint cpus = 1, uint sliceNs = 1_000_000,
        bool check = false, PlacementRule? placement = null)
    {
        Scenario scenario = Parse(json);
        var dispatches = new DispatchLog(toleranceNs: 0, keep: true);
        var figures = new ScenarioFigures(dispatches);
        ScenarioEnd end = ScenarioSimulation.Run(
            scenario.Encode(policy),
            new ScenarioOptions { Cpus = cpus, SliceNs = sliceNs, Checking = check, Placement = placement },
            figures);
        var run = new ScenarioRun(scenario, figures, dispatches, end);
        return (run, run.Threads);
    }

    /// <summary>What threads noted down, in the order in which it came, and how the run ended.</summary>
    public static (RecordedNotes Notes, ScenarioEnd End) Record(string json)
    {
        var notes = new RecordedNotes();
        ScenarioEnd end = ScenarioSimulation.Run(
            Parse(json).Encode(SchedulingPolicy.RoundRobin), new ScenarioOptions { SliceNs = 1_000_000 }, notes);
        return (notes, end);
    }

    /// <summary>The few values of a distribution, in ascending order; their number divides 100.</summary>
    public static IEnumerable<long> Values(Distribution distribution) =>
        Enumerable.Range(1, (int)distribution.Count).Select(i => distribution.Percentile(100 * i / (int)distribution.Count)!.Value);

    /// <summary>The dispatches of a simulated scenario: "start cpu task ran" in microseconds.</summary>
    public static IEnumerable<string> Dispatches(
        string json, SchedulingPolicy policy = SchedulingPolicy.RoundRobin, uint cpus = 1, uint sliceNs = 1_000_000)
    {
        (ScenarioRun run, IReadOnlyList<ThreadReport> threads) = Simulate(json, policy, cpus, sliceNs);
        return run.Dispatches.Kept.Select(dispatch =>
            $"{dispatch.StartNs / 1000} {dispatch.Cpu} {threads[(int)dispatch.Thread].Name} {dispatch.RanNs / 1000}");
    }
}
