using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Scenarios;
using Lachesis.Simulator.Scenarios;
using Spectre.Console;

namespace Lachesis.Tools.Commands;

/// <summary>What a run of a scenario came to, as people and files get it: the same for both runners.</summary>
internal static class ScenarioOutput
{
    /// <summary>In the guest, stretches this close together are one: what lies between is an interrupt that changed
    /// nothing, or a system call of the thread's own.</summary>
    public const long KernelToleranceNs = 10_000;

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

    /// <summary>The table.</summary>
    public static void PrintTable(TextWriter output, IReadOnlyList<ThreadReport> threads)
    {
        Table table = Tables.Create(
            "task", " runs", " run ms", " share", " wait ms", " wakes", " latency us p50", " p90", " p99", " max",
            " slack us min", " p50", " misses");
        foreach (ThreadReport thread in threads)
        {
            bool timed = thread.Slacks.Count > 0;
            table.AddPlainRow(
                thread.Name,
                Tables.Number(thread.Runs),
                Tables.Number(thread.RunNs / NsPerMs, 3),
                $"{Tables.Number(thread.Share * 100, 2)}%",
                Tables.Number(thread.WaitNs / NsPerMs, 3),
                Tables.Number(thread.Latencies.Count),
                Microseconds(thread.LatencyPercentile(50)),
                Microseconds(thread.LatencyPercentile(90)),
                Microseconds(thread.LatencyPercentile(99)),
                Microseconds(thread.LatencyPercentile(100)),
                timed ? Microseconds(thread.Slacks[0]) : "-",
                Microseconds(thread.SlackPercentile(50)),
                timed ? Tables.Number(thread.Misses) : "-");
        }

        Tables.Print(output, table);
    }

    /// <summary>One line a dispatch: start in ns, CPU, task, ns that it ran.</summary>
    public static void PrintDispatches(
        TextWriter output, IReadOnlyList<ScenarioDispatch> dispatches, IReadOnlyList<ThreadReport> threads)
    {
        foreach (ScenarioDispatch dispatch in dispatches)
        {
            output.WriteLine($"{dispatch.StartNs} {dispatch.Cpu} {threads[dispatch.Thread].Name} {dispatch.RanNs}");
        }
    }

    private static string Microseconds(long? nanoseconds) =>
        nanoseconds is long value ? Tables.Number(value / NsPerUs, 1) : "-";
}
