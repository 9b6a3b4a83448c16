namespace Lachesis.Simulator;

/// <summary>At one of so many points another CPU goes on; at one of so many a store reaches memory, or a CPU stops.</summary>
internal sealed class RandomSchedule : Schedule
{
    private const int Never = 0;

    private readonly Plan _plan;
    private Dice _dice;
    private long _nextSwitch;
    private long _nextDrain;
    private long _nextStop;

    public RandomSchedule(Plan plan)
    {
        _plan = plan;
        _dice = new Dice(plan.Seed, 'r', 0);
        _nextSwitch = After(0, plan.SwitchOneIn);
        _nextDrain = After(0, plan.DrainOneIn);
        _nextStop = After(0, plan.StopOneIn);
        Plan();
    }

    /// <inheritdoc/>
    public override ScheduleEvent? Decide(long step, int current, ulong runnable)
    {
        ScheduleEvent? decided = null;
        if (step >= _nextDrain)
        {
            _nextDrain = After(step, _plan.DrainOneIn);
            decided = new ScheduleEvent(step, Decision.Drain, _dice.Below((int)_plan.Shape.Cpus));
        }
        else if (step >= _nextStop)
        {
            _nextStop = After(step, _plan.StopOneIn);
            decided = new ScheduleEvent(step, Decision.Stop, _dice.Below((int)_plan.Shape.Cpus));
        }
        else if (step >= _nextSwitch)
        {
            _nextSwitch = After(step, _plan.SwitchOneIn);
            ulong others = runnable & ~(1ul << current);
            decided = others == 0 ? null : new ScheduleEvent(step, Decision.Switch, Member(others, ref _dice));
        }

        Plan();
        return decided;
    }

    /// <inheritdoc/>
    public override int Successor(long step, int current, ulong runnable) => Member(runnable, ref _dice);

    private void Plan() => NextStep = System.Math.Min(_nextSwitch, System.Math.Min(_nextDrain, _nextStop));

    // Gaps between 1 and twice the mean: as random as need be, and drawn with one number.
    private long After(long step, int oneIn) => oneIn == Never ? long.MaxValue : step + 1 + _dice.Below((2 * oneIn) - 1);
}
