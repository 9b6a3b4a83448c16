using System;
using System.Diagnostics;

namespace Lachesis.Core.Check;

/// <summary>Mistakes that the core can be told to make.</summary>
public enum SeededBug
{
    /// <summary>None.</summary>
    None,

    /// <summary>A thread's time is not put to its account.</summary>
    SkippedCharge,

    /// <summary>A handle slot has two generations only: the second is used again and again.</summary>
    ReusedGeneration,

    /// <summary>A thread that leaves its queue keeps lag without limit.</summary>
    UnclampedLag,

    /// <summary>A change of policy forgets the threads that are queued under the old one.</summary>
    DroppedOldPolicyThread,

    /// <summary>What was derived from a deleted capability is forgotten: revoking does not reach it.</summary>
    OrphanedChildren,

    /// <summary>Revoking gives the lock of derivation back once it has found what to delete.</summary>
    UnlockedRevoke,

    /// <summary>A new weight leaves a thread's virtual lag as it is, so that its real one changes.</summary>
    UnscaledLag,

    /// <summary>A thread that is taken out of its receiving still counts as receiving for the notification bound to it.</summary>
    StaleBoundReceive,

    /// <summary>A caller that waits no more is left in the reply object.</summary>
    StaleCaller,

    /// <summary>What a thread may do changes, and the epochs of CPUs go on.</summary>
    StaleHandoffGeneration,

    /// <summary>A thread that faulted goes on with a word of the answer in a register.</summary>
    UnrestoredRegister,

    /// <summary>A claimed thread waits on without a look whether its deadline has come meanwhile.</summary>
    SkippedDeadlineCheck,

    /// <summary>What a request asks for is read once more after it was judged.</summary>
    RereadRequest,

    /// <summary>A completion is shown when its request is begun, before it is written.</summary>
    EarlyCompletion,

    /// <summary>There seems to be room for one completion more than there is: it is written over another.</summary>
    CompletionOverrun,

    /// <summary>A thread that ends in the middle of a ring keeps it.</summary>
    LeakedRing,

    /// <summary>The capability space of a process that is being made is set up, and given back if that fails, without the
    /// process's lock.</summary>
    UnlockedCapabilitySpace,
}

/// <summary>
/// Mistakes that hosted builds can be told to make, so that tests can hold the hunter of mistakes to finding them. The calls
/// are compiled out of the kernel: its image is the same without them.
/// </summary>
/// <remarks>To add one: a name above, and at the right place one call of <see cref="Inject"/>.</remarks>
public static class SeededBugs
{
#if HOSTED
    [ThreadStatic]
    private static SeededBug s_enabled;

    /// <summary>Makes the calling thread's CPUs make this mistake from here on, and no other.</summary>
    public static void Enable(SeededBug bug) => s_enabled = bug;
#endif

    /// <summary>With the mistake switched on, the wrong value in place of the right one.</summary>
    [Conditional("HOSTED")]
    public static void Inject<T>(SeededBug bug, ref T value, T wrong)
        where T : unmanaged
    {
#if HOSTED
        value = s_enabled == bug ? wrong : value;
#endif
    }
}
