using System;

namespace Lachesis.Simulator;

/// <summary>What a hunt did and found.</summary>
public sealed record HuntResult
{
    /// <summary>Seeds tried.</summary>
    public long Seeds { get; init; }

    /// <summary>Runs made for them: one for most, many for those that try all schedules of a small case.</summary>
    public long Runs { get; init; }

    /// <summary>Choice points decided.</summary>
    public long Points { get; init; }

    /// <summary>Kernel entries.</summary>
    public long Entries { get; init; }

    /// <summary>Times that all invariants were checked.</summary>
    public long Checks { get; init; }

    /// <summary>Threads that the kernel dispatched.</summary>
    public long Dispatches { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>What was found, or null: nothing.</summary>
    public Failure? Failure { get; init; }
}
