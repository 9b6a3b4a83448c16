namespace Lachesis.Tools.QueueTimes;

/// <summary>One case beside what was measured of it on the same machine before.</summary>
/// <param name="Now">The figures.</param>
/// <param name="Before">Earlier ones that say something, or null.</param>
public sealed record TimesRow(CaseTimes Now, CaseTimes? Before)
{
    /// <summary>What the two say of each other: a difference counts only if every round of one lies beyond every round of the
    /// other.</summary>
    public TimesChange Change =>
        Now.IsNoise ? TimesChange.Noise
        : Before is null ? TimesChange.NoEarlier
        : Now.Most < Before.Least ? TimesChange.Faster
        : Now.Least > Before.Most ? TimesChange.Slower
        : TimesChange.None;

    /// <summary>The difference of the ratios as a part of the earlier one; null if there is none that counts.</summary>
    public double? Difference => Change is TimesChange.Faster or TimesChange.Slower
        ? (Now.Ratio - Before!.Ratio) / Before.Ratio
        : null;
}

/// <summary>What figures say beside earlier ones.</summary>
public enum TimesChange
{
    /// <summary>No difference that their spread does not explain.</summary>
    None,

    /// <summary>Every round took less of the yardstick's time than every earlier one.</summary>
    Faster,

    /// <summary>Every round took more.</summary>
    Slower,

    /// <summary>There are no earlier figures of this machine.</summary>
    NoEarlier,

    /// <summary>The rounds differ too much from each other: they say nothing.</summary>
    Noise,
}
