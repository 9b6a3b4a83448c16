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
        while (_next < _events.Count && _events[_next].Step <= step)
        {
            ScheduleEvent decided = _events[_next++];
            Plan();
            bool possible = decided.Decision != Decision.Switch
                || ((runnable >> decided.Cpu & 1) != 0 && decided.Cpu != current);
            if (decided.Step == step && possible)
            {
                return decided;
            }
        }

        return null;
    }

    /// <inheritdoc/>
    public override int Successor(long step, int current, ulong runnable)
    {
        while (_next < _events.Count && _events[_next].Step <= step)
        {
            ScheduleEvent decided = _events[_next++];
            Plan();
            if (decided.Step == step && decided.Decision == Decision.Switch && (runnable >> decided.Cpu & 1) != 0)
            {
                return decided.Cpu;
            }
        }

        return After(current, runnable);
    }

    private void Plan() => NextStep = _next < _events.Count ? _events[_next].Step : long.MaxValue;
}
