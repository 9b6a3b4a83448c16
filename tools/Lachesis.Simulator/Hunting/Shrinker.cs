using System;
using System.Collections.Generic;
using System.Linq;

namespace Lachesis.Simulator;

/// <summary>
/// Finds a shorter way to a failure: leaves out turns of programs and decisions of the schedule, in ever smaller pieces, as
/// long as what remains fails with the same message.
/// </summary>
internal sealed class Shrinker
{
    private readonly Plan _plan;
    private readonly VirtualCpuThreads _crew;
    private readonly string _message;
    private int _runsLeft = 5000;

    private Shrinker(Plan plan, Outcome failed, VirtualCpuThreads crew)
    {
        _plan = plan;
        _crew = crew;
        _message = failed.Failure!;
        Events = failed.Events;
        Skipped = new HashSet<ProgramStep>();
        Turns = failed.Turns;
    }

    /// <summary>The decisions that are left.</summary>
    public IReadOnlyList<ScheduleEvent> Events { get; private set; }

    /// <summary>The turns that are left out.</summary>
    public IReadOnlySet<ProgramStep> Skipped { get; private set; }

    private IReadOnlyList<ProgramStep> Turns { get; set; }

    /// <summary>Shrinks a failed run.</summary>
    public static Shrinker Shrink(Plan plan, Outcome failed, VirtualCpuThreads crew)
    {
        var shrinker = new Shrinker(plan, failed, crew);
        int before;
        do
        {
            before = shrinker.Length;
            shrinker.LeaveOut(() => shrinker.Turns.Count, shrinker.WithoutTurns);
            shrinker.LeaveOut(() => shrinker.Events.Count, shrinker.WithoutEvents);
        }
        while (shrinker.Length < before && shrinker._runsLeft > 0);

        return shrinker;
    }

    private int Length => Turns.Count + Events.Count;

    // Tries to leave out each piece of a list, from the end, first large pieces, then smaller ones.
    private void LeaveOut(Func<int> count, Func<int, int, bool> without)
    {
        for (int size = count(); size > 0; size /= 2)
        {
            for (int end = count(); end > 0 && _runsLeft > 0; end = Math.Min(end - size, count()))
            {
                int first = Math.Max(end - size, 0);
                without(first, end - first);
            }
        }
    }

    private bool WithoutTurns(int first, int count)
    {
        var skipped = new HashSet<ProgramStep>(Skipped);
        skipped.UnionWith(Turns.Skip(first).Take(count));
        return Fails(Events, skipped);
    }

    private bool WithoutEvents(int first, int count) =>
        Fails([.. Events.Take(first), .. Events.Skip(first + count)], Skipped);

    private bool Fails(IReadOnlyList<ScheduleEvent> events, IReadOnlySet<ProgramStep> skipped)
    {
        _runsLeft--;
        Outcome outcome = Simulation.Run(_plan, new ReplaySchedule(events), _crew, skipped);
        if (outcome.Failure != _message || outcome.Events.Count + outcome.Turns.Count >= Length)
        {
            return false;
        }

        Events = outcome.Events;
        Skipped = skipped;
        Turns = outcome.Turns;
        return true;
    }
}
