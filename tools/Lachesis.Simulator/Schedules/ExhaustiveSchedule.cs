using System.Collections.Generic;

namespace Lachesis.Simulator;

/// <summary>Replays some decisions, then notes at every choice point what else could have been decided there.</summary>
internal sealed class ExhaustiveSchedule : Schedule
{
    private readonly ReplaySchedule _replay;
    private readonly long _last;

    public ExhaustiveSchedule(IReadOnlyList<ScheduleEvent> events)
    {
        _replay = new ReplaySchedule(events);
        _last = events.Count == 0 ? 0 : events[^1].Step;
        NextStep = 0;
    }

    /// <summary>The decisions that could have followed, each instead of letting the CPU go on.</summary>
    public List<ScheduleEvent> Alternatives { get; } = [];

    /// <inheritdoc/>
    public override ScheduleEvent? Decide(long step, int current, ulong runnable)
    {
        ScheduleEvent? decided = _replay.Decide(step, current, runnable);
        NextStep = step + 1;
        if (decided == null && step > _last)
        {
            Note(step, Decision.Switch, runnable & ~(1ul << current), -1);
        }

        return decided;
    }

    /// <inheritdoc/>
    public override int Successor(long step, int current, ulong runnable)
    {
        int successor = _replay.Successor(step, current, runnable);
        if (step > _last)
        {
            Note(step, Decision.Follow, runnable, successor);
        }

        return successor;
    }

    private void Note(long step, Decision decision, ulong cpus, int taken)
    {
        for (int cpu = 0; cpus >> cpu != 0; cpu++)
        {
            if ((cpus >> cpu & 1) != 0 && cpu != taken)
            {
                Alternatives.Add(new ScheduleEvent(step, decision, cpu));
            }
        }
    }
}
