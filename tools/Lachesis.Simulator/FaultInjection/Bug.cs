using Lachesis.Core.Check;

namespace Lachesis.Simulator;

/// <summary>Mistakes that can be put into a run, to see whether they are found: into the simulated machine, or (<see
/// cref="SeededBug"/>) into the core.</summary>
public enum Bug
{
    /// <summary>None.</summary>
    None,

    /// <summary>A parker compares its word before it takes the queue's lock.</summary>
    LostWakeup,

    /// <summary>Claiming a thread is a read and a write, not one exchange: two can win.</summary>
    DoubleEnqueue,

    /// <summary>Fences do nothing. Only buffered stores show it.</summary>
    MissingFence,

    /// <summary>Reading user memory takes the process's lock, under that of a wait queue.</summary>
    LockOrderInversion,

    /// <summary>No interrupt is sent to a CPU that is in the kernel: it will look anyway.</summary>
    SuppressedInterrupt,

    /// <summary><see cref="SeededBug.SkippedCharge"/>.</summary>
    SkippedCharge,

    /// <summary><see cref="SeededBug.ReusedGeneration"/>.</summary>
    ReusedGeneration,

    /// <summary>Counting references is a read and a write.</summary>
    TornCount,

    /// <summary>A lock that looks free is taken with a plain write.</summary>
    TornLock,

    /// <summary><see cref="SeededBug.UnclampedLag"/>.</summary>
    UnclampedLag,

    /// <summary><see cref="SeededBug.DroppedOldPolicyThread"/>.</summary>
    DroppedOldPolicyThread,

    /// <summary><see cref="SeededBug.UnscaledLag"/>.</summary>
    UnscaledLag,

    /// <summary><see cref="SeededBug.OrphanedChildren"/>.</summary>
    OrphanedChildren,

    /// <summary><see cref="SeededBug.UnlockedRevoke"/>.</summary>
    UnlockedRevoke,

    /// <summary><see cref="SeededBug.StaleBoundReceive"/>.</summary>
    StaleBoundReceive,

    /// <summary><see cref="SeededBug.StaleCaller"/>.</summary>
    StaleCaller,

    /// <summary><see cref="SeededBug.StaleHandoffGeneration"/>.</summary>
    StaleHandoffGeneration,

    /// <summary><see cref="SeededBug.UnrestoredRegister"/>.</summary>
    UnrestoredRegister,

    /// <summary><see cref="SeededBug.RereadRequest"/>.</summary>
    RereadRequest,

    /// <summary><see cref="SeededBug.EarlyCompletion"/>.</summary>
    EarlyCompletion,

    /// <summary><see cref="SeededBug.CompletionOverrun"/>.</summary>
    CompletionOverrun,

    /// <summary><see cref="SeededBug.LeakedRing"/>.</summary>
    LeakedRing,

    /// <summary><see cref="SeededBug.UnlockedCapabilitySpace"/>.</summary>
    UnlockedCapabilitySpace,
}
