using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Scenarios;

namespace Lachesis.Simulator.Scenarios;

/// <summary>What one thread of a scenario noted down.</summary>
/// <param name="Task">Its task.</param>
/// <param name="Events">Its notes, in order.</param>
public sealed record ScenarioThreadTrace(uint Task, IReadOnlyList<ScenarioEvent> Events);

/// <summary>A stretch in which one thread had a CPU for itself.</summary>
/// <param name="StartNs">Nanoseconds since the scenario's start.</param>
/// <param name="Cpu">The CPU.</param>
/// <param name="Thread">Index of the thread.</param>
/// <param name="RanNs">Nanoseconds that it ran.</param>
public sealed record ScenarioDispatch(long StartNs, uint Cpu, int Thread, long RanNs);

/// <summary>What a run of a scenario leaves, whoever ran it.</summary>
/// <param name="Threads">Its threads, in the order in which they were made.</param>
/// <param name="ElapsedNs">Nanoseconds from its start to its end.</param>
public sealed record ScenarioTrace(IReadOnlyList<ScenarioThreadTrace> Threads, long ElapsedNs)
{
    /// <summary>
    /// Who had which CPU when, in order of the starts. Stretches of one thread on one CPU are one if no other thread had
    /// the CPU in between and no more than <paramref name="toleranceNs"/> passed.
    /// </summary>
    public IReadOnlyList<ScenarioDispatch> Dispatches(long toleranceNs = 0)
    {
        IEnumerable<ScenarioDispatch> stretches = Threads.SelectMany(static (thread, index) => thread.Events
            .Where(static note => note.Kind == ScenarioEventKind.Ran && note.Length > 0)
            .Select(note => new ScenarioDispatch(note.At, note.Cpu, index, note.Length)));
        var dispatches = new List<ScenarioDispatch>();
        var last = new Dictionary<uint, (int Index, long End)>();
        foreach (ScenarioDispatch stretch in stretches.OrderBy(static stretch => stretch.StartNs))
        {
            long end = stretch.StartNs + stretch.RanNs;
            if (last.TryGetValue(stretch.Cpu, out (int Index, long End) before)
                && dispatches[before.Index].Thread == stretch.Thread
                && stretch.StartNs - before.End <= toleranceNs)
            {
                ScenarioDispatch whole = dispatches[before.Index];
                dispatches[before.Index] = whole with { RanNs = whole.RanNs + stretch.RanNs };
                last[stretch.Cpu] = (before.Index, end);
                continue;
            }

            last[stretch.Cpu] = (dispatches.Count, end);
            dispatches.Add(stretch);
        }

        return dispatches;
    }
}

/// <summary>A scenario that cannot go on. The message is one line.</summary>
public sealed class ScenarioException(string message) : Exception(message);
