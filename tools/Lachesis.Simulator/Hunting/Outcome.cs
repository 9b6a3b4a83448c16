using System.Collections.Generic;
using Lachesis.Abi;

namespace Lachesis.Simulator;

/// <summary>What became of one run.</summary>
internal sealed record Outcome
{
    /// <summary>What did not hold, or null.</summary>
    public string? Failure { get; init; }

    /// <summary>Where that was noticed, and the state of the system then.</summary>
    public string Details { get; init; } = "";

    /// <summary>The decisions of the schedule.</summary>
    public required IReadOnlyList<ScheduleEvent> Events { get; init; }

    /// <summary>The turns in which programs did something, in order.</summary>
    public required IReadOnlyList<ProgramStep> Turns { get; init; }

    /// <summary>Two runs with the same one took the same steps.</summary>
    public ulong Fingerprint { get; init; }

    /// <summary>Choice points.</summary>
    public long Points { get; init; }

    /// <summary>Kernel entries.</summary>
    public long Entries { get; init; }

    /// <summary>Times that all invariants were checked.</summary>
    public long Checks { get; init; }

    /// <summary>The kernel's counters, summed over its CPUs; the index is <see cref="Counter"/>.</summary>
    public required IReadOnlyList<ulong> Counters { get; init; }

    /// <summary>Threads that the kernel dispatched.</summary>
    public ulong Dispatches => Counters[(int)Counter.ContextSwitches];
}
