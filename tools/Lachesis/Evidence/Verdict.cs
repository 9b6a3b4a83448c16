namespace Lachesis.Tools.Evidence;

/// <summary>What a run of a command comes to. The value is the exit status.</summary>
public enum Verdict
{
    /// <summary>Everything that was to hold held.</summary>
    Pass = 0,

    /// <summary>Something did not.</summary>
    Fail = 1,

    /// <summary>A precondition of the measurement did not hold.</summary>
    Inconclusive = 3,
}
