using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Lachesis.Abi;
using Lachesis.Simulator.Scenarios;
using Lachesis.Tools.Manifests;
using Lachesis.Tools.Scenarios;
using Xunit;

namespace Lachesis.Tools.Tests.Scenarios;

/// <summary>Scenarios written in the tests themselves.</summary>
internal static class ScenarioText
{
    public const string Source = "bench/some scenario.json";

    public static Scenario Parse(string json) =>
        JsonText.Parse(Source, Encoding.UTF8.GetBytes(json), node => ScenarioParser.Read(Source, node));

    /// <summary>A scenario of one task "t" with these properties and events.</summary>
    public static Scenario Task(string content) => Parse($$"""{ "tasks": { "t": { {{content}} } } }""");

    /// <summary>The operations of a scenario, in short.</summary>
    public static IEnumerable<string> Operations(Scenario scenario) => scenario.Operations.Select(static operation =>
        $"{operation.Kind} {operation.Resource} {operation.Extra} {operation.Value}");

    /// <summary>The error without the file's name, and that it is one line which begins with it.</summary>
    public static string ErrorOf(string json)
    {
        string message = Assert.Throws<ManifestException>(() => Parse(json)).Message;
        Assert.DoesNotContain('\n', message);
        Assert.StartsWith(Source + ": ", message, StringComparison.Ordinal);
        return message[(Source.Length + 2)..];
    }

    /// <summary>Simulates a scenario: its trace and reports.</summary>
    public static (ScenarioTrace Trace, IReadOnlyList<ThreadReport> Threads) Simulate(
        string json, SchedulingPolicy policy = SchedulingPolicy.RoundRobin, uint cpus = 1, uint sliceNs = 1_000_000)
    {
        Scenario scenario = Parse(json);
        ScenarioTrace trace = ScenarioSimulation.Run(
            scenario.Encode(policy), new ScenarioOptions { Cpus = cpus, SliceNs = sliceNs });
        return (trace, ThreadReport.Of(scenario, trace));
    }

    /// <summary>The dispatches of a simulated scenario: "start cpu task ran" in microseconds.</summary>
    public static IEnumerable<string> Dispatches(
        string json, SchedulingPolicy policy = SchedulingPolicy.RoundRobin, uint cpus = 1, uint sliceNs = 1_000_000)
    {
        (ScenarioTrace trace, IReadOnlyList<ThreadReport> threads) = Simulate(json, policy, cpus, sliceNs);
        return trace.Dispatches().Select(dispatch =>
            $"{dispatch.StartNs / 1000} {dispatch.Cpu} {threads[dispatch.Thread].Name} {dispatch.RanNs / 1000}");
    }
}
