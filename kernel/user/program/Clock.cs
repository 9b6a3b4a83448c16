namespace Lachesis.User;

/// <summary>Time, read without entering the kernel.</summary>
public static unsafe class Clock
{
    /// <summary>Monotonic nanoseconds, the same clock on every CPU.</summary>
    public static long Now() => Stubs.ClockNow(Program.Start->ClockBase, Program.Start->ClockMultiplier);

    /// <summary>The bare time-stamp counter: instructions under <c>-icount</c>.</summary>
    public static ulong Ticks() => Stubs.ReadTsc();
}
