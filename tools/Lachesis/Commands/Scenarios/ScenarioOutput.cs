using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using Lachesis.Simulator.Scenarios;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Scenarios.Results;
using Spectre.Console;

namespace Lachesis.Tools.Commands.Scenarios;

/// <summary>What a run of a scenario came to, as people and files get it: the same for both runners.</summary>
internal static class ScenarioOutput
{
    /// <summary>In the guest, stretches this close together are one: what lies between is an interrupt that changed
    /// nothing, or a system call of the thread's own.</summary>
    public const long KernelToleranceNs = 10_000;

    // What people still look through; evidence has all.
    private const int MaxRows = 100;
    private const string None = "-";
    private const double NsPerMs = 1e6;
    private const double NsPerUs = 1e3;

    /// <summary>The option for dispatches in place of the table.</summary>
    public static Option<bool> DispatchOption() => new("--dispatch")
    {
        Description = "print one line a dispatch instead of the table: START_NS CPU TASK RAN_NS",
    };

    /// <summary>One row a thread: the case is its task, and its number among that task's threads.</summary>
    public static IReadOnlyList<EvidenceRow> Rows(IReadOnlyList<ThreadReport> threads, bool verified) =>
    [
        .. threads.Select(thread => new EvidenceRow
        {
            Case = [new(thread.Task, thread.Instance)],
            Runs = 1,
            Metrics = [.. thread.Metrics().Select(static metric =>
                new KeyValuePair<string, IReadOnlyList<long>>(metric.Key, [metric.Value]))],
            Verified = verified,
        }),
    ];

    /// <summary>The table of threads, and, if there is any of it, those of their timers and of what they were blocked on.</summary>
    public static void PrintTables(TextWriter output, IReadOnlyList<ThreadReport> threads)
    {
        PrintThreads(output, threads);
        PrintTimers(output, threads);
        PrintBlocked(output, threads);
    }

    /// <summary>One line a dispatch: start in ns, CPU, task, ns that it ran.</summary>
    public static void PrintDispatches(TextWriter output, ScenarioRun run)
    {
        Dictionary<uint, string> names = run.Threads.ToDictionary(
            static thread => thread.Figures.Number, static thread => thread.Name);
        foreach (ScenarioDispatch dispatch in run.Dispatches.Kept)
        {
            string name = names.GetValueOrDefault(dispatch.Thread, $"thread-{dispatch.Thread}");
            output.WriteLine($"{dispatch.StartNs} {dispatch.Cpu} {name} {dispatch.RanNs}");
        }
    }

    private static void PrintThreads(TextWriter output, IReadOnlyList<ThreadReport> threads)
    {
        Table table = Tables.Create(
            "task", " runs", " run ms", " share", " wait ms", " longest", " blocked ms", " wakes", " latency us p50", " p99", " max",
            " moves", " CPUs");
        foreach (ThreadReport thread in threads.Take(MaxRows))
        {
            ThreadFigures figures = thread.Figures;
            table.AddPlainRow(
                thread.Name,
                Tables.Number(figures.Runs),
                Tables.Number(figures.RunNs / NsPerMs, 3),
                $"{Tables.Number(thread.Share * 100, 2)}%",
                Tables.Number(figures.WaitNs / NsPerMs, 3),
                Tables.Number(figures.LongestWaitNs / NsPerMs, 3),
                figures.Blocked.Count == 0 ? None : Tables.Number(thread.BlockedNs / NsPerMs, 3),
                Tables.Number(figures.Latency.Count),
                Microseconds(figures.Latency.Percentile(50)),
                Microseconds(figures.Latency.Percentile(99)),
                Microseconds(figures.Latency.Percentile(100)),
                Tables.Number(figures.Migrations),
                CpuList(figures.Cpus));
        }

        Tables.Print(output, table);
        PrintRest(output, threads.Count, "threads");
    }

    private static void PrintTimers(TextWriter output, IReadOnlyList<ThreadReport> threads)
    {
        List<ThreadReport> timed = [.. threads.Where(static thread => thread.Figures.Slack.Count > 0)];
        if (timed.Count == 0)
        {
            return;
        }

        Table table = Tables.Create("task", " periods", " slack us min", " p50", " max", " misses");
        foreach (ThreadReport thread in timed.Take(MaxRows))
        {
            Distribution slack = thread.Figures.Slack;
            table.AddPlainRow(
                thread.Name, Tables.Number(slack.Count), Microseconds(slack.Min), Microseconds(slack.Percentile(50)),
                Microseconds(slack.Max), Tables.Number(thread.Figures.Misses));
        }

        Tables.Print(output, table);
        PrintRest(output, timed.Count, "threads");
    }

    private static void PrintBlocked(TextWriter output, IReadOnlyList<ThreadReport> threads)
    {
        var blocked = threads.SelectMany(static thread => thread.Blocked.Select(row => (thread.Name, row.Obstacle, row.Holder, row.Figures)))
            .ToList();
        if (blocked.Count == 0)
        {
            return;
        }

        Table table = Tables.Create("task", "waited for", "held by", " times", " ms", " longest", " at the end");
        foreach ((string name, string obstacle, string holder, BlockedFigures figures) in blocked.Take(MaxRows))
        {
            table.AddPlainRow(
                name, obstacle, holder.Length == 0 ? None : holder, Tables.Number(figures.Times),
                Tables.Number(figures.TotalNs / NsPerMs, 3), Tables.Number(figures.LongestNs / NsPerMs, 3),
                figures.IsOpen ? "still" : None);
        }

        Tables.Print(output, table);
        PrintRest(output, blocked.Count, "rows");
    }

    private static void PrintRest(TextWriter output, int count, string what)
    {
        if (count > MaxRows)
        {
            output.WriteLine($"... and {Tables.Number(count - MaxRows)} more {what}: see the evidence");
        }
    }

    // "0-2,5".
    private static string CpuList(ulong mask)
    {
        var ranges = new List<string>();
        for (int cpu = 0; cpu < 64; cpu++)
        {
            int first = cpu;
            while (cpu < 64 && ((mask >> cpu) & 1) != 0)
            {
                cpu++;
            }

            if (cpu > first)
            {
                ranges.Add(cpu == first + 1 ? $"{first}" : $"{first}-{cpu - 1}");
            }
        }

        return ranges.Count == 0 ? None : string.Join(",", ranges);
    }

    private static string Microseconds(long? nanoseconds) =>
        nanoseconds is long value ? Tables.Number(value / NsPerUs, 1) : None;
}
