using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Scenarios;
using Lachesis.Simulator.Scenarios;
using Lachesis.Tools.Scenarios.Language;

namespace Lachesis.Tools.Scenarios.Results;

/// <summary>What one thread of a scenario got, among the others. Times in nanoseconds.</summary>
/// <param name="Task">Its task's name.</param>
/// <param name="Instance">Its number among the threads of its task, from 0.</param>
public sealed record ThreadReport(string Task, int Instance)
{
    private static readonly string[] s_ledgerNames =
        ["ledgerRuntimeNs", "ledgerWaitNs", "ledgerSwitches", "ledgerPreemptions", "ledgerMigrations"];

    /// <summary>The task's name, with the number if the task has several threads.</summary>
    public required string Name { get; init; }

    /// <summary>Its figures.</summary>
    public required ThreadFigures Figures { get; init; }

    /// <summary>Its part of what all threads computed, 0 to 1.</summary>
    public required double Share { get; init; }

    /// <summary>What it was blocked on, the longest first, in words.</summary>
    public required IReadOnlyList<(string Obstacle, string Holder, BlockedFigures Figures)> Blocked { get; init; }

    /// <summary>How long it was blocked in all.</summary>
    public long BlockedNs => Figures.Blocked.Values.Sum(static blocked => blocked.TotalNs);

    /// <summary>The figures by name, as they stand in evidence; what there is none of is left out.</summary>
    public IReadOnlyList<KeyValuePair<string, long>> Metrics()
    {
        List<(string Name, long? Value)> all =
        [
            ("runs", Figures.Runs), ("runNs", Figures.RunNs), ("sharePpm", (long)Math.Round(Share * 1e6)),
            ("waitNs", Figures.WaitNs), ("longestWaitNs", Figures.LongestWaitNs), ("blockedNs", BlockedNs),
            ("wakeups", Figures.Latency.Count),
            ("latencyP50Ns", Figures.Latency.Percentile(50)), ("latencyP90Ns", Figures.Latency.Percentile(90)),
            ("latencyP99Ns", Figures.Latency.Percentile(99)), ("latencyMaxNs", Figures.Latency.Percentile(100)),
            ("migrations", Figures.Migrations), ("cpuMask", (long)Figures.Cpus),
        ];
        if (Figures.Lives > 1)
        {
            all.Add(("threads", Figures.Lives));
        }

        if (Figures.Slack.Count > 0)
        {
            all.AddRange(
            [
                ("periods", Figures.Slack.Count), ("slackMinNs", Figures.Slack.Min),
                ("slackP50Ns", Figures.Slack.Percentile(50)), ("misses", Figures.Misses),
            ]);
        }

        foreach ((string obstacle, string holder, BlockedFigures blocked) in Blocked)
        {
            string on = holder.Length == 0 ? obstacle : $"{obstacle} held by {holder}";
            all.AddRange(
            [
                ($"blockedTimes: {on}", blocked.Times), ($"blockedNs: {on}", blocked.TotalNs),
                ($"blockedLongestNs: {on}", blocked.LongestNs), ($"blockedAtEnd: {on}", blocked.IsOpen ? 1 : 0),
            ]);
        }

        all.AddRange(s_ledgerNames.Select((name, index) => (name, (long?)Figures.Ledger((ScenarioLedger)index))));
        return [.. all.Where(static pair => pair.Value is not null)
            .Select(static pair => new KeyValuePair<string, long>(pair.Name, pair.Value!.Value))];
    }

    /// <summary>The reports of all threads of a run.</summary>
    public static IReadOnlyList<ThreadReport> Of(Scenario scenario, IReadOnlyList<ThreadFigures> threads)
    {
        double total = threads.Sum(static thread => thread.RunNs);
        Dictionary<uint, int> crowds = threads.GroupBy(static thread => thread.Task)
            .ToDictionary(static group => group.Key, static group => group.Count());
        var seen = new Dictionary<uint, int>();
        var reports = new List<ThreadReport>();
        var names = new Dictionary<long, string>();
        foreach (ThreadFigures thread in threads)
        {
            int instance = seen[thread.Task] = seen.TryGetValue(thread.Task, out int last) ? last + 1 : 0;
            string task = scenario.TaskNames[(int)thread.Task];
            string name = crowds[thread.Task] > 1 ? $"{task}-{instance}" : task;
            names[thread.Number] = name;
            reports.Add(new ThreadReport(task, instance)
            {
                Name = thread.Lives > 1 ? $"{name} to -{instance + thread.Lives - 1}" : name,
                Figures = thread,
                Share = total == 0 ? 0 : thread.RunNs / total,
                Blocked = [],
            });
        }

        return [.. reports.Select(report => report with { Blocked = BlockedOf(scenario, report.Figures, names) })];
    }

    private static IReadOnlyList<(string Obstacle, string Holder, BlockedFigures Figures)> BlockedOf(
        Scenario scenario, ThreadFigures thread, Dictionary<long, string> names) =>
    [
        .. thread.Blocked.OrderByDescending(static pair => pair.Value.TotalNs).Select(pair => (
            pair.Key == ThreadFigures.Others ? "others" : scenario.ResourceNames[(int)pair.Key.Resource].ToString(),
            pair.Key.Holder < 0 ? "" : names.GetValueOrDefault(pair.Key.Holder, $"thread {pair.Key.Holder}"),
            pair.Value)),
    ];
}
