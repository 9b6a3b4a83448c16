using System;
using System.Collections.Generic;
using System.Linq;

namespace Lachesis.Tools.Scenarios.Language;

/// <summary>The words of the scenario's language: rt-app's, and some of our own (<see cref="Weight"/>, <see
/// cref="Request"/>, <see cref="Quantum"/>, <see cref="Lag"/>, <see cref="VirtualRuntime"/>, <see
/// cref="VirtualDeadline"/>).</summary>
internal static class ScenarioKeys
{
    internal const string Tasks = "tasks";
    internal const string Global = "global";
    internal const string Resources = "resources";

    internal const string Duration = "duration";
    internal const string DefaultPolicy = "default_policy";
    internal const string PriorityInheritance = "pi_enabled";

    internal const string Instance = "instance";
    internal const string Delay = "delay";
    internal const string Phases = "phases";
    internal const string Loop = "loop";
    internal const string Cpus = "cpus";

    internal const string Policy = "policy";
    internal const string Priority = "priority";
    internal const string Nice = "nice";
    internal const string Slice = "dl-runtime";
    internal const string Weight = "weight";
    internal const string Request = "request";
    internal const string Quantum = "quantum";
    internal const string TaskGroup = "taskgroup";
    internal const string Lag = "lag";
    internal const string VirtualRuntime = "vruntime";
    internal const string VirtualDeadline = "vdeadline";

    internal const string Run = "run";
    internal const string Runtime = "runtime";
    internal const string Sleep = "sleep";
    internal const string Timer = "timer";
    internal const string Lock = "lock";
    internal const string Unlock = "unlock";
    internal const string Wait = "wait";
    internal const string Signal = "signal";
    internal const string Broadcast = "broad";
    internal const string Sync = "sync";
    internal const string Barrier = "barrier";
    internal const string SemaphorePost = "sem_post";
    internal const string SemaphoreWait = "sem_wait";
    internal const string Suspend = "suspend";
    internal const string Resume = "resume";
    internal const string Yield = "yield";
    internal const string Fork = "fork";

    internal const string Reference = "ref";
    internal const string Period = "period";
    internal const string Mode = "mode";
    internal const string Mutex = "mutex";

    /// <summary>A timer whose name begins so is each thread's own.</summary>
    internal const string UniquePrefix = "unique";

    internal static readonly string[] Root = [Tasks, Global, Resources];

    // Where rt-app keeps its files, what it measures and how: neither runner has that.
    internal static readonly string[] GlobalIgnored =
        ["calibration", "lock_pages", "logdir", "log_basename", "log_size", "ftrace", "gnuplot", "io_device",
            "mem_buffer_size", "cumulative_slack", "frag", "logstats"];

    internal static readonly string[] GlobalKeys = [Duration, DefaultPolicy, PriorityInheritance, .. GlobalIgnored];

    internal static readonly string[] Scheduling = [Policy, Priority, Nice, Weight, Request, Slice, Quantum, TaskGroup];

    internal static readonly string[] Position = [Lag, VirtualRuntime, VirtualDeadline];

    internal static readonly string[] PhaseProperties = [Loop, Cpus, .. Scheduling];

    internal static readonly string[] TaskProperties = [Instance, Delay, Phases, .. PhaseProperties, .. Position];

    internal static readonly string[] Events =
        [
        Run, Runtime, Sleep, Timer, Lock, Unlock, Wait, Signal, Broadcast, Sync, Barrier, SemaphorePost, SemaphoreWait, Suspend,
        Resume, Yield, Fork,
    ];

    internal static readonly string[] TimerFields = [Reference, Period, Mode];

    internal static readonly string[] WaitFields = [Reference, Mutex];

    /// <summary>What rt-app has and these runners have not, and why.</summary>
    internal static readonly IReadOnlyDictionary<string, string> Refused = new Dictionary<string, string>
    {
        ["mem"] = "memory traffic is not modelled; use 'run'",
        ["iorun"] = "there are no devices to write to; use 'run' and 'sleep'",
        ["dl-period"] = NoDeadlines,
        ["dl-deadline"] = NoDeadlines,
        ["deadline"] = $"{NoDeadlines}; where a thread's first virtual deadline is, '{VirtualDeadline}' says",
        ["period"] = NoDeadlines,
        ["membind_nodes"] = "there is one memory node",
        ["nodes_membind"] = "there is one memory node",
        ["util_min"] = "there is one CPU frequency",
        ["util_max"] = "there is one CPU frequency",
        ["latency_nice"] = $"say the length of the task's requests, '{Request}' in microseconds",
        ["latency"] = $"say the length of the task's requests, '{Request}' in microseconds",
    };

    internal const string NoDeadlines = "the kernel has no deadline class yet";

    /// <summary>The event that a key names: the longest one that it begins with, so that "run1" and "lock_b" are a run and
    /// a lock; null if there is none.</summary>
    internal static string? EventOf(string key) => Events.Concat(Refused.Keys)
        .Where(name => key.StartsWith(name, StringComparison.Ordinal)).MaxBy(static name => name.Length);
}
