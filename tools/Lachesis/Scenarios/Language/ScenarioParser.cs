using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Tools.Manifests;

namespace Lachesis.Tools.Scenarios.Language;

/// <summary>Turns JSON in rt-app's grammar into a <see cref="Scenario"/>, refusing every key and value that it does not
/// know.</summary>
internal static class ScenarioParser
{
    private const double UntilAllHaveEnded = -1;
    private const double MaxSeconds = ScenarioLimits.MaxTimeNs / 1e9;

    private sealed record Global(ulong DurationNs, TaskPolicy Policy);

    internal static Scenario Read(string path, ManifestNode root)
    {
        Dictionary<string, ManifestNode> fields = root.Fields(ScenarioKeys.Root, [ScenarioKeys.Tasks]);
        Global global = fields.TryGetValue(ScenarioKeys.Global, out ManifestNode node)
            ? ReadGlobal(node)
            : new Global(0, TaskPolicy.Other);
        List<(string Name, ManifestNode Value)> tasks = fields[ScenarioKeys.Tasks].Properties("tasks by name");
        if (tasks.Count is 0 or > (int)ScenarioLimits.Threads)
        {
            throw fields[ScenarioKeys.Tasks].Error($"{tasks.Count} tasks; allowed: 1 to {ScenarioLimits.Threads}");
        }

        var program = new ProgramBuilder(global.Policy, [.. tasks.Select(static task => task.Name)]);
        foreach ((string name, ManifestNode value) in tasks)
        {
            program.Add(name, value);
        }

        program.Finish(fields[ScenarioKeys.Tasks], global.DurationNs);
        return new Scenario
        {
            Source = path,
            Policy = program.NeedsPriorities ? SchedulingPolicy.Priority : SchedulingPolicy.Fair,
            DurationNs = global.DurationNs,
            TaskNames = program.Names,
            Tasks = program.Tasks,
            Operations = program.Operations,
            ResourceNames = program.ResourceNames,
        };
    }

    private static Global ReadGlobal(ManifestNode node)
    {
        Dictionary<string, ManifestNode> fields = node.Fields(ScenarioKeys.GlobalKeys, []);
        if (fields.TryGetValue(ScenarioKeys.PriorityInheritance, out ManifestNode inheritance) && inheritance.IsTrue)
        {
            throw inheritance.Error("mutexes have no priority inheritance yet");
        }

        return new Global(
            fields.TryGetValue(ScenarioKeys.Duration, out ManifestNode duration) ? ReadDuration(duration) : 0,
            fields.TryGetValue(ScenarioKeys.DefaultPolicy, out ManifestNode policy)
                ? Scheduling.ReadPolicy(policy)
                : TaskPolicy.Other);
    }

    private static ulong ReadDuration(ManifestNode node)
    {
        double seconds = node.Fraction(UntilAllHaveEnded, MaxSeconds);
        return seconds == UntilAllHaveEnded ? 0
            : seconds >= 1e-6 ? (ulong)(decimal.Round((decimal)seconds * 1_000_000) * 1000)
            : throw node.Error($"must be {UntilAllHaveEnded} (until all have ended) or at least 0.000001 seconds");
    }
}
