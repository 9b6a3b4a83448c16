using System;
using System.Collections.Generic;
using Lachesis.Abi;

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

    /// <summary>The kernel's counters, summed over all runs whose entries were interleaved: what such runs reach.</summary>
    public IReadOnlyList<ulong> Counters { get; init; } = new ulong[(int)Counter.Count];

    /// <summary>Threads that the kernel dispatched, in all runs.</summary>
    public long Dispatches { get; init; }

    /// <summary>How long it took.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>Whether it was ended from outside before it had done all that it was to do.</summary>
    public bool Interrupted { get; init; }

    /// <summary>What was found, or null: nothing.</summary>
    public Failure? Failure { get; init; }
}
