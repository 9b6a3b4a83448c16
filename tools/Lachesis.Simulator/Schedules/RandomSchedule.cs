namespace Lachesis.Simulator;

/// <summary>At one of so many points another CPU goes on, any of them.</summary>
internal sealed class RandomSchedule : NoisySchedule
{
    private readonly int _switchOneIn;
    private SeededRandom _dice;
    private long _nextSwitch;

    public RandomSchedule(Plan plan)
        : base(plan)
    {
        _switchOneIn = plan.SwitchOneIn;
        _dice = new SeededRandom(plan.Seed, 'r', 0);
        _nextSwitch = RandomLaterStep(0, _switchOneIn, ref _dice);
        PlanNext();
    }

    /// <inheritdoc/>
    protected override long NextChoice => _nextSwitch;

    /// <inheritdoc/>
    public override int Successor(long step, int current, ulong runnable) => RandomMember(runnable, ref _dice);

    /// <inheritdoc/>
    protected override int Choose(long step, int current, ulong runnable)
    {
        ulong others = runnable & ~(1ul << current);
        if (step < _nextSwitch)
        {
            return current;
        }

        _nextSwitch = RandomLaterStep(step, _switchOneIn, ref _dice);
        return others == 0 ? current : RandomMember(others, ref _dice);
    }
}
