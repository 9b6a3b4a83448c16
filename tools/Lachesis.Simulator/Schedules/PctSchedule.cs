using System;
using System.Numerics;

namespace Lachesis.Simulator;

/// <summary>
/// Probabilistic concurrency testing: the runnable CPU of the highest priority goes on, and at so many random points the one
/// that is at it falls below all others. Finds any bug of depth d with a known probability (Burckhardt et al., 2010).
/// </summary>
internal sealed class PctSchedule : NoisySchedule
{
    private readonly long[] _changes;
    private readonly long[] _priorities;
    private long _lowest;
    private int _nextChange;
    private bool _runnableSetGrown;

    public PctSchedule(Plan plan)
        : base(plan)
    {
        SeededRandom dice = new(plan.Seed, 'p', 0);
        _priorities = new long[plan.Shape.Cpus];
        for (int i = 0; i < _priorities.Length; i++)
        {
            _priorities[i] = dice.Below(1 << 20);
        }

        _changes = new long[plan.ChangePoints];
        for (int i = 0; i < _changes.Length; i++)
        {
            _changes[i] = dice.Below((int)plan.Steps);
        }

        Array.Sort(_changes);
        PlanNext();
    }

    /// <inheritdoc/>
    protected override long NextChoice => _runnableSetGrown ? 0 : _nextChange < _changes.Length ? _changes[_nextChange] : long.MaxValue;

    /// <inheritdoc/>
    public override int Successor(long step, int current, ulong runnable)
    {
        // Who waits lets all others pass: the one it waits for may be the last of them.
        _priorities[current] = --_lowest;
        return Highest(runnable);
    }

    /// <inheritdoc/>
    public override void OnRunnableSetGrown(long step)
    {
        _runnableSetGrown = true;
        PlanNext();
    }

    /// <inheritdoc/>
    protected override int Choose(long step, int current, ulong runnable)
    {
        _runnableSetGrown = false;
        while (_nextChange < _changes.Length && step >= _changes[_nextChange])
        {
            _nextChange++;
            _priorities[current] = --_lowest;
        }

        return Highest(runnable | 1ul << current);
    }

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
}
