using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Lachesis.Scenarios;
using Lachesis.Simulator.Scenarios;
using Lachesis.Tools.Reports;
using Lachesis.Tools.Scenarios.Language;

namespace Lachesis.Tools.Scenarios.Results;

/// <summary>What the guest's runner sent, folded as the simulator's notes are.</summary>
internal static class GuestTrace
{
    private const int TaskShift = 32;
    private const string Elapsed = "elapsedNs";
    private const string Stuck = "stuck";

    /// <summary>Set by the guest if threads did not end as it thought they would.</summary>
    public const string Unclear = "unclear";

    /// <summary>The run; null if what was sent is none of this scenario.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="report">What the guest sent.</param>
    /// <param name="toleranceNs">See <see cref="DispatchLog"/>.</param>
    /// <param name="keep">Whether dispatches are kept.</param>
    public static ScenarioRun? Of(Scenario scenario, GuestReport report, long toleranceNs, bool keep)
    {
        var figures = new ScenarioFigures();
        var stretches = new List<(uint Thread, ScenarioEvent Note)>();
        var numbers = new HashSet<uint>();
        foreach ((long stream, List<byte> bytes) in report.Streams)
        {
            long task = stream >> TaskShift;
            if (task < 0 || task >= scenario.Tasks.Count || bytes.Count % Marshal.SizeOf<ScenarioEvent>() != 0)
            {
                return null;
            }

            uint thread = (uint)stream;
            numbers.Add(thread);
            foreach (ScenarioEvent note in MemoryMarshal.Cast<byte, ScenarioEvent>(CollectionsMarshal.AsSpan(bytes)))
            {
                figures.Note(thread, (uint)task, note);
                if (note.Kind == ScenarioEventKind.Ran)
                {
                    stretches.Add((thread, note));
                }
            }

            figures.Ended(thread);
        }

        // Every thread notes at least its end, so none is missing.
        bool complete = numbers.Count >= scenario.Tasks.Sum(static task => task.Instances)
            && numbers.All(number => number < numbers.Count);
        return complete && MetricOf(report, Elapsed) is long elapsed
            ? new ScenarioRun(
                scenario, figures, DispatchesOf(stretches, toleranceNs, keep), new ScenarioEnd(elapsed, MetricOf(report, Stuck) == 1))
            : null;
    }

    /// <summary>A figure of the run; null: none was sent.</summary>
    public static long? MetricOf(GuestReport report, string name) => report.Metrics
        .Where(metric => metric.Key == name).Select(static metric => (long?)metric.Value).FirstOrDefault();

    private static DispatchLog DispatchesOf(List<(uint Thread, ScenarioEvent Note)> stretches, long toleranceNs, bool keep)
    {
        var dispatches = new DispatchLog(toleranceNs, keep);
        foreach ((uint thread, ScenarioEvent note) in stretches.OrderBy(static stretch => stretch.Note.TimeNs))
        {
            dispatches.Add(thread, note);
        }

        return dispatches;
    }
}
