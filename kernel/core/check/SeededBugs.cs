using System;
using System.Diagnostics;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Check;

/// <summary>
/// All bugs that can be seeded, to see whether they are found (<c>BUG=</c> of <c>make fuzz</c>). The first group is made by the
/// simulated machine, which the core knows nothing of; the others by <see cref="SeededBugs"/>, where the core would have them.
/// </summary>
public enum SeededBug
{
    /// <summary>None.</summary>
    None,

    /// <summary>Machine: a parker compares its word before it takes the queue's lock.</summary>
    LostWakeup,

    /// <summary>Machine: claiming a thread is a read and a write, not one exchange: two can win.</summary>
    DoubleEnqueue,

    /// <summary>Machine: fences do nothing. Only buffered stores show it.</summary>
    MissingFence,

    /// <summary>Machine: reading user memory takes the process's lock, under that of a wait queue.</summary>
    LockOrderInversion,

    /// <summary>Machine: no reschedule IPI is sent to a CPU that is in the kernel, as if it looked anyway.</summary>
    SuppressedInterrupt,

    /// <summary>Machine: counting references is a read and a write.</summary>
    TornCount,

    /// <summary>Machine: a lock that looks free is taken with a plain write.</summary>
    TornLock,

    /// <summary>Machine: the generation of a CPU's direct handoffs stays the same when what threads may do changes.</summary>
    StaleHandoffGeneration,

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

    /// <summary>Revoking does without the lock of derivation between finding what to delete and deleting it.</summary>
    UnlockedRevoke,

    /// <summary>A new weight leaves a thread's virtual lag as it is, so that its real one changes.</summary>
    UnscaledLag,

    /// <summary>A thread that is taken out of its receiving still counts as receiving for the notification bound to it.</summary>
    StaleBoundReceive,

    /// <summary>A caller that waits no more is left in the reply object.</summary>
    StaleCaller,

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
}

/// <summary>
/// Bugs that hosted builds can be told to have, so that tests can hold the hunter to finding them. The calls are compiled out of
/// the kernel: its image is the same without them.
/// </summary>
/// <remarks>To add one: a name above, and at the right place one call. What the simulated machine can do is done there instead.</remarks>
public static unsafe class SeededBugs
{
#if HOSTED
    [ThreadStatic]
    private static SeededBug s_enabled;

    /// <summary>Gives the calling thread's CPUs this bug from here on, and no other.</summary>
    public static void Enable(SeededBug bug) => s_enabled = bug;
#endif

    /// <summary>With the bug enabled, the wrong value in place of the right one.</summary>
    [Conditional("HOSTED")]
    public static void Inject<T>(SeededBug bug, ref T value, T wrong)
        where T : unmanaged
    {
#if HOSTED
        value = s_enabled == bug ? wrong : value;
#endif
    }

    /// <summary>With the bug enabled, a held lock is released and taken again: others may come in between.</summary>
    [Conditional("HOSTED")]
    public static void DropLock<TMachine>(SeededBug bug, Cpu* cpu, SpinLock* held, LockRank rank)
        where TMachine : struct, IMachine
    {
#if HOSTED
        if (s_enabled == bug)
        {
            held->Release<TMachine>(cpu, rank);
            held->Acquire<TMachine>(cpu, rank);
        }
#endif
    }
}
