using System.Numerics;

namespace Lachesis.Simulator;

/// <summary>
/// A strategy: decides at every choice point which CPU goes on, which buffered store reaches memory, which CPU stands still.
/// It names in advance the next point at which it will do anything, so that the points between cost next to nothing.
/// </summary>
internal abstract class Schedule
{
    /// <summary>The next step at which <see cref="Decide"/> wants to be asked.</summary>
    public long NextStep { get; protected set; } = long.MaxValue;

    /// <summary>A decision at this step, or null: the CPU goes on. Asked again until it gives null or a switch.</summary>
    /// <param name="step">The choice point.</param>
    /// <param name="current">The CPU that is at it.</param>
    /// <param name="runnable">The CPUs that could go on, one bit each.</param>
    public abstract ScheduleEvent? Decide(long step, int current, ulong runnable);

    /// <summary>Who goes on when <paramref name="current"/> cannot: it halts, or waits for a lock.</summary>
    /// <param name="step">The choice point.</param>
    /// <param name="current">The CPU that is at it.</param>
    /// <param name="runnable">The others that could go on, one bit each; at least one.</param>
    public virtual int Successor(long step, int current, ulong runnable) => NextRunnable(current, runnable);

    /// <summary>The set of CPUs that could go on has grown.</summary>
    public virtual void OnRunnableSetGrown(long step)
    {
    }

    /// <summary>The next CPU in order of numbers, round and round: who goes on unless a schedule has another idea.</summary>
    public static int NextRunnable(int current, ulong runnable)
    {
        ulong above = runnable & ~((2ul << current) - 1);
        return BitOperations.TrailingZeroCount(above != 0 ? above : runnable);
    }

    /// <summary>A random member of a set that is not empty.</summary>
    protected static int RandomMember(ulong set, ref SeededRandom dice)
    {
        for (int skip = dice.Below(BitOperations.PopCount(set)); skip > 0; skip--)
        {
            set &= set - 1;
        }

        return BitOperations.TrailingZeroCount(set);
    }
}
