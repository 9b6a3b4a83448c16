using System.Collections.Generic;

namespace Lachesis.Simulator;

/// <summary>The decisions of an earlier run, or some of them. One that cannot be carried out is left out.</summary>
internal sealed class ReplaySchedule : Schedule
{
    private readonly IReadOnlyList<ScheduleEvent> _events;
    private int _next;

    public ReplaySchedule(IReadOnlyList<ScheduleEvent> events)
    {
        _events = events;
        Plan();
    }

    /// <inheritdoc/>
    public override ScheduleEvent? Decide(long step, int current, ulong runnable)
    {
        while (Next(step) is { } decided && decided.Decision != Decision.Follow)
        {
            Advance();
            if (decided.Decision != Decision.Switch || ((runnable >> decided.Cpu & 1) != 0 && decided.Cpu != current))
            {
                return decided;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public override int Successor(long step, int current, ulong runnable)
    {
        if (Next(step) is { Decision: Decision.Follow } decided)
        {
            Advance();
            if ((runnable >> decided.Cpu & 1) != 0)
            {
                return decided.Cpu;
            }
        }

        return NextRunnable(current, runnable);
    }

    // The next decision, if it is for this step; earlier ones came to nothing.
    private ScheduleEvent? Next(long step)
    {
        while (_next < _events.Count && _events[_next].Step < step)
        {
            Advance();
        }

        return _next < _events.Count && _events[_next].Step == step ? _events[_next] : null;
    }

    private void Advance()
    {
        _next++;
        Plan();
    }

    private void Plan() => NextStep = _next < _events.Count ? _events[_next].Step : long.MaxValue;
}
