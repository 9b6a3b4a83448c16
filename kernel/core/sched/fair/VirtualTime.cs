namespace Lachesis.Core.Sched.Fair;

/// <summary>
/// A point of a run queue's virtual time: nanoseconds of service times 1024 / weight. Comparable within one queue only.
/// Wraps around; two points are compared by the sign of their difference, which is right while they lie less than 2^63
/// apart (292 years of a thread of weight 1024).
/// </summary>
public readonly struct VirtualTime
{
    /// <summary>The bare number.</summary>
    public readonly long Value;

    /// <summary>From the bare number.</summary>
    public VirtualTime(long value) => Value = value;

    /// <summary>The virtual nanoseconds from <paramref name="b"/> to <paramref name="a"/>.</summary>
    public static long operator -(VirtualTime a, VirtualTime b) => unchecked(a.Value - b.Value);

    /// <summary>Moved by so many virtual nanoseconds.</summary>
    public static VirtualTime operator +(VirtualTime a, long by) => new(unchecked(a.Value + by));

    /// <summary>Earlier.</summary>
    public static bool operator <(VirtualTime a, VirtualTime b) => a - b < 0;

    /// <summary>Later.</summary>
    public static bool operator >(VirtualTime a, VirtualTime b) => a - b > 0;

    /// <summary>Not later.</summary>
    public static bool operator <=(VirtualTime a, VirtualTime b) => a - b <= 0;

    /// <summary>Not earlier.</summary>
    public static bool operator >=(VirtualTime a, VirtualTime b) => a - b >= 0;
}
