using System;

namespace Lachesis.Simulator;

/// <summary>What random strategies have in common: stores reach memory and CPUs stop at random points.</summary>
internal abstract class NoisySchedule : Schedule
{
    private readonly Plan _plan;
    private SeededRandom _noise;
    private long _nextDrain;
    private long _nextStop;

    protected NoisySchedule(Plan plan)
    {
        _plan = plan;
        _noise = new SeededRandom(plan.Seed, 'n', 0);
        _nextDrain = RandomLaterStep(0, plan.DrainOneIn, ref _noise);
        _nextStop = RandomLaterStep(0, plan.StopOneIn, ref _noise);
    }

    /// <inheritdoc/>
    public sealed override ScheduleEvent? Decide(long step, int current, ulong runnable)
    {
        ScheduleEvent? decided;
        if (step >= _nextDrain)
        {
            _nextDrain = RandomLaterStep(step, _plan.DrainOneIn, ref _noise);
            decided = new ScheduleEvent(step, Decision.Drain, _noise.Below((int)_plan.Shape.Cpus));
        }
        else if (step >= _nextStop)
        {
            _nextStop = RandomLaterStep(step, _plan.StopOneIn, ref _noise);
            decided = new ScheduleEvent(step, Decision.Stop, _noise.Below((int)_plan.Shape.Cpus));
        }
        else
        {
            int next = Choose(step, current, runnable);
            decided = next == current ? null : new ScheduleEvent(step, Decision.Switch, next);
        }

        PlanNext();
        return decided;
    }

    /// <summary>The next step at which <see cref="Choose"/> wants to be asked.</summary>
    protected abstract long NextChoice { get; }

    /// <summary>Which CPU goes on: the current one, or one that is runnable.</summary>
    protected abstract int Choose(long step, int current, ulong runnable);

    /// <summary>Sets <see cref="Schedule.NextStep"/>.</summary>
    protected void PlanNext() => NextStep = Math.Min(NextChoice, Math.Min(_nextDrain, _nextStop));

    /// <summary>A random step after this one, so many later on average; never for 0. Gaps lie between 1 and twice the mean:
    /// as random as need be, and drawn with one number.</summary>
    protected static long RandomLaterStep(long step, int oneIn, ref SeededRandom dice) =>
        oneIn == 0 ? long.MaxValue : step + 1 + dice.Below((2 * oneIn) - 1);
}
