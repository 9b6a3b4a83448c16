using System;
using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Tools.Manifests;

namespace Lachesis.Tools.Scenarios.Language;

/// <summary>The policies that a scenario can give a task, in rt-app's words.</summary>
internal enum TaskPolicy
{
    /// <summary>SCHED_OTHER, and SCHED_BATCH, which Linux tells apart only in how a wake preempts.</summary>
    Other,

    /// <summary>SCHED_IDLE.</summary>
    Idle,

    /// <summary>SCHED_RR.</summary>
    RoundRobin,

    /// <summary>SCHED_FIFO.</summary>
    Fifo,
}

/// <summary>What a task's or phase's scheduling keys come to in the kernel's terms; null: not said.</summary>
internal sealed record Scheduling
{
    // Linux's weight of an idle task.
    private const uint IdleWeight = 3;

    // Levels of the priority policy: idle tasks, others, then the realtime priorities 1..99.
    private const uint IdleLevel = 0;
    private const uint OtherLevel = 1;
    private const int MinRealtime = 1;
    private const int MaxRealtime = 99;
    private const int DefaultRealtime = 10;

    private const string Deadline = "SCHED_DEADLINE";

    private static readonly IReadOnlyDictionary<string, TaskPolicy> s_policyNames = new Dictionary<string, TaskPolicy>
    {
        ["SCHED_OTHER"] = TaskPolicy.Other,
        ["SCHED_BATCH"] = TaskPolicy.Other,
        ["SCHED_IDLE"] = TaskPolicy.Idle,
        ["SCHED_RR"] = TaskPolicy.RoundRobin,
        ["SCHED_FIFO"] = TaskPolicy.Fifo,
    };

    /// <summary>The policy in force.</summary>
    public required TaskPolicy Policy { get; init; }

    /// <summary>Weight.</summary>
    public uint? Weight { get; init; }

    /// <summary>Request in nanoseconds.</summary>
    public uint? RequestNs { get; init; }

    /// <summary>Level of the priority policy.</summary>
    public uint? Priority { get; init; }

    /// <summary>Quantum in nanoseconds.</summary>
    public uint? QuantumNs { get; init; }

    /// <summary>Whether it needs the priority policy.</summary>
    public bool IsRealtime => Policy is TaskPolicy.RoundRobin or TaskPolicy.Fifo;

    /// <summary>What is said, parameter by parameter.</summary>
    public IEnumerable<(SchedulingParameter Parameter, uint Value)> Settings
    {
        get
        {
            (SchedulingParameter, uint?)[] all =
            [
                (SchedulingParameter.Weight, Weight), (SchedulingParameter.SliceNs, RequestNs),
                (SchedulingParameter.Priority, Priority), (SchedulingParameter.QuantumNs, QuantumNs),
            ];
            foreach ((SchedulingParameter parameter, uint? value) in all)
            {
                if (value is uint said)
                {
                    yield return (parameter, said);
                }
            }
        }
    }

    /// <summary>Reads a policy's name.</summary>
    public static TaskPolicy ReadPolicy(ManifestNode node)
    {
        string word = node.Text();
        return s_policyNames.TryGetValue(word, out TaskPolicy policy) ? policy
            : word == Deadline ? throw node.Error($"{Deadline} is refused: {ScenarioKeys.NoDeadlines}")
            : throw node.NotOneOf(word, "a policy", s_policyNames.Keys);
    }

    /// <summary>Reads the scheduling keys of a task or phase.</summary>
    /// <param name="keys">The keys that are there, by name.</param>
    /// <param name="inherited">The policy if they name none.</param>
    /// <param name="isTask">A task has a weight and a level whatever it says; a phase changes what it says.</param>
    public static Scheduling Read(IReadOnlyDictionary<string, ManifestNode> keys, TaskPolicy inherited, bool isTask)
    {
        TaskPolicy policy = keys.TryGetValue(ScenarioKeys.Policy, out ManifestNode named) ? ReadPolicy(named) : inherited;
        bool whole = isTask || keys.ContainsKey(ScenarioKeys.Policy);
        if (keys.TryGetValue(ScenarioKeys.TaskGroup, out ManifestNode group) && group.Text().Length > 0)
        {
            throw group.Error("there are no groups of tasks with a weight of their own; \"\" says none");
        }

        uint? request = Microseconds(keys, ScenarioKeys.Request, SchedulingLimits.MinSliceNs, SchedulingLimits.MaxSliceNs);
        uint? slice = Microseconds(keys, ScenarioKeys.Slice, SchedulingLimits.MinSliceNs, SchedulingLimits.MaxSliceNs);
        Exclude(keys, ScenarioKeys.Slice, ScenarioKeys.Request);
        uint? quantum = Microseconds(keys, ScenarioKeys.Quantum, SchedulingLimits.MinQuantumNs, SchedulingLimits.MaxQuantumNs);
        return new Scheduling
        {
            Policy = policy,
            Weight = ReadWeight(keys, policy, whole),
            RequestNs = request ?? slice,
            Priority = ReadLevel(keys, policy, whole),
            QuantumNs = quantum ?? (policy == TaskPolicy.Fifo && whole ? SchedulingLimits.MaxQuantumNs : null),
        };
    }

    private static uint? ReadWeight(IReadOnlyDictionary<string, ManifestNode> keys, TaskPolicy policy, bool whole)
    {
        Exclude(keys, ScenarioKeys.Weight, ScenarioKeys.Nice);
        if (keys.TryGetValue(ScenarioKeys.Weight, out ManifestNode weight))
        {
            return (uint)weight.Number((int)SchedulingLimits.MinWeight, (int)SchedulingLimits.MaxWeight);
        }

        // Of a task that is not realtime, the priority is its nice value, as in rt-app.
        if (policy == TaskPolicy.Other
            && (keys.TryGetValue(ScenarioKeys.Nice, out ManifestNode nice)
                || keys.TryGetValue(ScenarioKeys.Priority, out nice)))
        {
            Exclude(keys, ScenarioKeys.Priority, ScenarioKeys.Nice);
            Exclude(keys, ScenarioKeys.Priority, ScenarioKeys.Weight);
            return Abi.Nice.WeightOf(nice.Number(Abi.Nice.Min, Abi.Nice.Max));
        }

        if (keys.TryGetValue(ScenarioKeys.Nice, out nice))
        {
            throw nice.Error("only tasks of SCHED_OTHER have a nice value");
        }

        return !whole ? null : policy == TaskPolicy.Idle ? IdleWeight : SchedulingLimits.DefaultWeight;
    }

    private static uint? ReadLevel(IReadOnlyDictionary<string, ManifestNode> keys, TaskPolicy policy, bool whole)
    {
        if (policy is TaskPolicy.RoundRobin or TaskPolicy.Fifo)
        {
            bool said = keys.TryGetValue(ScenarioKeys.Priority, out ManifestNode priority);
            return !said && !whole
                ? null
                : OtherLevel + (uint)(said ? priority.Number(MinRealtime, MaxRealtime) : DefaultRealtime);
        }

        return !whole ? null : policy == TaskPolicy.Idle ? IdleLevel : OtherLevel;
    }

    private static uint? Microseconds(IReadOnlyDictionary<string, ManifestNode> keys, string key, uint leastNs, uint mostNs) =>
        keys.TryGetValue(key, out ManifestNode node)
            ? (uint)node.Number((int)(leastNs / 1000), (int)(mostNs / 1000)) * 1000
            : null;

    private static void Exclude(IReadOnlyDictionary<string, ManifestNode> keys, string one, string other)
    {
        if (keys.TryGetValue(one, out ManifestNode node) && keys.ContainsKey(other))
        {
            throw node.Error($"either '{one}' or '{other}', not both");
        }
    }
}
