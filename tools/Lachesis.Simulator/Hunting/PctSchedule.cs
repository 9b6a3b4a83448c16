using System.Numerics;

namespace Lachesis.Simulator;

/// <summary>
/// Probabilistic concurrency testing: the runnable CPU of the highest priority goes on, and at so many random points the one
/// that is at it falls below all others. Finds any bug of depth d with a known probability (Burckhardt et al., 2010).
/// </summary>
internal sealed class PctSchedule : Schedule
{
    private readonly Plan _plan;
    private readonly long[] _changes;
    private readonly long[] _priorities;
    private Dice _dice;
    private long _lowest;
    private int _nextChange;
    private long _nextDrain;
    private long _nextStop;

    public PctSchedule(Plan plan)
    {
        _plan = plan;
        _dice = new Dice(plan.Seed, 'p', 0);
        _priorities = new long[plan.Shape.Cpus];
        for (int i = 0; i < _priorities.Length; i++)
        {
            _priorities[i] = _dice.Below(1 << 20);
        }

        _changes = new long[plan.ChangePoints];
        for (int i = 0; i < _changes.Length; i++)
        {
            _changes[i] = _dice.Below((int)plan.Steps);
        }

        System.Array.Sort(_changes);
        _nextDrain = Later(0, plan.DrainOneIn);
        _nextStop = Later(0, plan.StopOneIn);
        Plan();
    }

    /// <inheritdoc/>
    public override ScheduleEvent? Decide(long step, int current, ulong runnable)
    {
        if (step >= _nextDrain)
        {
            _nextDrain = Later(step, _plan.DrainOneIn);
            Plan();
            return new ScheduleEvent(step, Decision.Drain, _dice.Below((int)_plan.Shape.Cpus));
        }

        if (step >= _nextStop)
        {
            _nextStop = Later(step, _plan.StopOneIn);
            Plan();
            return new ScheduleEvent(step, Decision.Stop, _dice.Below((int)_plan.Shape.Cpus));
        }

        while (_nextChange < _changes.Length && step >= _changes[_nextChange])
        {
            _nextChange++;
            _priorities[current] = --_lowest;
        }

        Plan();
        int highest = Highest(runnable | 1ul << current);
        return highest == current ? null : new ScheduleEvent(step, Decision.Switch, highest);
    }

    /// <inheritdoc/>
    public override int Successor(long step, int current, ulong runnable)
    {
        // Who waits lets all others pass: the one it waits for may be the last of them.
        _priorities[current] = --_lowest;
        return Highest(runnable);
    }

    /// <inheritdoc/>
    public override void Grown(long step) => NextStep = System.Math.Min(NextStep, step + 1);

    private int Highest(ulong runnable)
    {
        int highest = BitOperations.TrailingZeroCount(runnable);
        for (int i = highest + 1; i < _priorities.Length; i++)
        {
            if ((runnable >> i & 1) != 0 && _priorities[i] > _priorities[highest])
            {
                highest = i;
            }
        }

        return highest;
    }

    private void Plan()
    {
        long change = _nextChange < _changes.Length ? _changes[_nextChange] : long.MaxValue;
        NextStep = System.Math.Min(change, System.Math.Min(_nextDrain, _nextStop));
    }

    private long Later(long step, int oneIn) => oneIn == 0 ? long.MaxValue : step + 1 + _dice.Below((2 * oneIn) - 1);
}
