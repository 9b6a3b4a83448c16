using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Scenarios;
using Lachesis.Simulator.Scenarios;

namespace Lachesis.Tools.Scenarios;

/// <summary>What one thread of a scenario got, worked out from what it noted down. Times in nanoseconds.</summary>
/// <param name="Task">Its task's name.</param>
/// <param name="Instance">Its number among the threads of its task, from 0.</param>
public sealed record ThreadReport(string Task, int Instance)
{
    /// <summary>The task's name, with the number if the task has several threads.</summary>
    public required string Name { get; init; }

    /// <summary>Activations: times that it came to the end of a phase.</summary>
    public required int Runs { get; init; }

    /// <summary>CPU time that it computed for.</summary>
    public required long RunNs { get; init; }

    /// <summary>Its part of what all threads computed, 0 to 1.</summary>
    public required double Share { get; init; }

    /// <summary>Time that it could have run and did not.</summary>
    public required long WaitNs { get; init; }

    /// <summary>From being woken to running, for each time, in ascending order.</summary>
    public required IReadOnlyList<long> Latencies { get; init; }

    /// <summary>What was left of the period each time that it came to a timer, in ascending order; negative: a
    /// miss.</summary>
    public required IReadOnlyList<long> Slacks { get; init; }

    /// <summary>Periods that it missed.</summary>
    public int Misses => Slacks.Count(static slack => slack <= 0);

    /// <summary>The latency that so many percent of the wakes did not exceed; null if there were none.</summary>
    public long? LatencyPercentile(int percent) => Percentile(Latencies, percent);

    /// <summary>The slack that so many percent of the periods did not exceed; null if there were none.</summary>
    public long? SlackPercentile(int percent) => Percentile(Slacks, percent);

    /// <summary>The figures by name, as they stand in evidence; what there is none of is left out.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Metrics()
    {
        List<(string Name, long? Value)> all =
        [
            ("runs", Runs), ("runNs", RunNs), ("sharePpm", (long)Math.Round(Share * 1e6)), ("waitNs", WaitNs),
            ("wakeups", Latencies.Count),
            ("latencyP50Ns", LatencyPercentile(50)), ("latencyP90Ns", LatencyPercentile(90)),
            ("latencyP99Ns", LatencyPercentile(99)), ("latencyMaxNs", LatencyPercentile(100)),
        ];
        if (Slacks.Count > 0)
        {
            all.AddRange(
                [("periods", Slacks.Count), ("slackMinNs", Slacks[0]), ("slackP50Ns", SlackPercentile(50)), ("misses", Misses)]);
        }

        return [.. all.Where(static pair => pair.Value is not null)
            .Select(static pair => new KeyValuePair<string, long>(pair.Name, pair.Value!.Value))];
    }

    /// <summary>Works out the reports of all threads of a run.</summary>
    public static IReadOnlyList<ThreadReport> Of(Scenario scenario, ScenarioTrace trace)
    {
        double total = trace.Threads.Sum(static thread => RunOf(thread.Events));
        var seen = new Dictionary<uint, int>();
        var reports = new List<ThreadReport>();
        foreach (ScenarioThreadTrace thread in trace.Threads)
        {
            int instance = seen[thread.Task] = seen.TryGetValue(thread.Task, out int last) ? last + 1 : 0;
            string task = scenario.TaskNames[(int)thread.Task];
            bool several = trace.Threads.Count(other => other.Task == thread.Task) > 1;
            long run = RunOf(thread.Events);
            reports.Add(new ThreadReport(task, instance)
            {
                Name = several ? $"{task}-{instance}" : task,
                Runs = Count(thread.Events, ScenarioEventKind.Activation),
                RunNs = run,
                Share = total == 0 ? 0 : run / total,
                WaitNs = WaitOf(thread.Events),
                Latencies = Sorted(thread.Events, ScenarioEventKind.Woken),
                Slacks = Sorted(thread.Events, ScenarioEventKind.Slack),
            });
        }

        return reports;
    }

    private static long RunOf(IReadOnlyList<ScenarioEvent> events) =>
        events.Where(static note => note.Kind == ScenarioEventKind.Ran).Sum(static note => note.Length);

    private static int Count(IReadOnlyList<ScenarioEvent> events, ScenarioEventKind kind) =>
        events.Count(note => note.Kind == kind);

    // Waits end where a thread goes on: at its start, after a wake or a yield, and in the midst of computing.
    private static long WaitOf(IReadOnlyList<ScenarioEvent> events)
    {
        long wait = 0;
        long end = 0;
        foreach (ScenarioEvent note in events)
        {
            switch (note.Kind)
            {
                case ScenarioEventKind.Start or ScenarioEventKind.Woken or ScenarioEventKind.Yielded:
                    wait += note.Value;
                    break;
                case ScenarioEventKind.Ran:
                    wait += note.IsContinued ? note.At - end : 0;
                    end = note.At + note.Length;
                    break;
                default:
                    break;
            }
        }

        return wait;
    }

    private static IReadOnlyList<long> Sorted(IReadOnlyList<ScenarioEvent> events, ScenarioEventKind kind) =>
        [.. events.Where(note => note.Kind == kind).Select(static note => note.Value).Order()];

    // Nearest rank.
    private static long? Percentile(IReadOnlyList<long> sorted, int percent) =>
        sorted.Count == 0 ? null : sorted[Math.Max(((sorted.Count * percent) + 99) / 100, 1) - 1];
}
