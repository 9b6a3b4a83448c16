using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Lachesis.Scenarios;
using Lachesis.Simulator.Scenarios;
using Lachesis.Tools.Reports;

namespace Lachesis.Tools.Scenarios;

/// <summary>What the guest's runner sent, put together again.</summary>
internal static class GuestTrace
{
    private const int TaskShift = 16;
    private const string Elapsed = "elapsedNs";
    private const string Thread = "thread";

    /// <summary>The trace; null if what was sent is none of this scenario.</summary>
    public static ScenarioTrace? Of(Scenario scenario, GuestReport report)
    {
        var threads = new SortedDictionary<long, ScenarioThreadTrace>();
        foreach ((long stream, List<byte> bytes) in report.Streams)
        {
            long task = stream >> TaskShift;
            long thread = stream & ((1 << TaskShift) - 1);
            if (task < 0 || task >= scenario.Tasks.Count || bytes.Count % Marshal.SizeOf<ScenarioEvent>() != 0)
            {
                return null;
            }

            ReadOnlySpan<ScenarioEvent> events = MemoryMarshal.Cast<byte, ScenarioEvent>(CollectionsMarshal.AsSpan(bytes));
            threads.Add(thread, new ScenarioThreadTrace((uint)task, events.ToArray()));
        }

        // Every thread notes at least its end, so none is missing.
        bool complete = threads.Keys.Select(static (thread, index) => thread == index).All(static same => same)
            && threads.Count >= scenario.Tasks.Sum(static task => task.Instances);
        long? elapsed = report.Metrics.Where(static metric => metric.Key == Elapsed)
            .Select(static metric => (long?)metric.Value).FirstOrDefault();
        return complete && elapsed is long time ? new ScenarioTrace([.. threads.Values], time) : null;
    }

    /// <summary>The kernel's own ledger of each thread, by its number.</summary>
    public static IReadOnlyDictionary<long, IReadOnlyList<KeyValuePair<string, long>>> Ledgers(GuestReport report) =>
        report.Cases.Where(static run => run.Verified && run.Parameter(Thread) is not null)
            .ToDictionary(
                static run => run.Parameter(Thread)!.Value,
                static run => (IReadOnlyList<KeyValuePair<string, long>>)run.Metrics);
}
