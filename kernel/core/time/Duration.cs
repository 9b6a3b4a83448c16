namespace Lachesis.Core.Time;

/// <summary>A length of time in nanoseconds.</summary>
public readonly struct Duration
{
    /// <summary>Nanoseconds.</summary>
    public readonly long Nanoseconds;

    /// <summary>A length of <paramref name="nanoseconds"/>.</summary>
    public Duration(long nanoseconds) => Nanoseconds = nanoseconds;

    /// <summary><paramref name="count"/> milliseconds.</summary>
    public static Duration FromMilliseconds(long count) => new(count * 1_000_000);

    /// <summary>The sum.</summary>
    public static Duration operator +(Duration a, Duration b) => new(a.Nanoseconds + b.Nanoseconds);
}
