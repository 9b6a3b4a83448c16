namespace Lachesis.Core.Time;

/// <summary>A point of the monotonic clock that all CPUs share, in nanoseconds since the kernel started its clock.</summary>
public readonly struct Instant
{
    /// <summary>Later than anything that happens: "no deadline".</summary>
    public static Instant Never => new(long.MaxValue);

    /// <summary>Nanoseconds since the clock started; never negative.</summary>
    public readonly long Nanoseconds;

    /// <summary>The instant <paramref name="nanoseconds"/> after the clock started.</summary>
    public Instant(long nanoseconds) => Nanoseconds = nanoseconds;

    /// <summary>The time from <paramref name="earlier"/> to <paramref name="later"/>; negative if they are the other way
    /// round.</summary>
    public static Duration operator -(Instant later, Instant earlier) => new(later.Nanoseconds - earlier.Nanoseconds);

    /// <summary><paramref name="start"/> moved by <paramref name="by"/>. The caller keeps the sum below 2^63 ns (292
    /// years).</summary>
    public static Instant operator +(Instant start, Duration by) => new(start.Nanoseconds + by.Nanoseconds);

    /// <summary>Earlier.</summary>
    public static bool operator <(Instant a, Instant b) => a.Nanoseconds < b.Nanoseconds;

    /// <summary>Later.</summary>
    public static bool operator >(Instant a, Instant b) => a.Nanoseconds > b.Nanoseconds;

    /// <summary>Not later.</summary>
    public static bool operator <=(Instant a, Instant b) => a.Nanoseconds <= b.Nanoseconds;

    /// <summary>Not earlier.</summary>
    public static bool operator >=(Instant a, Instant b) => a.Nanoseconds >= b.Nanoseconds;

    /// <summary>The earlier of two.</summary>
    public static Instant Earlier(Instant a, Instant b) => a < b ? a : b;
}
