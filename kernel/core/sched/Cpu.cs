using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Sched;

/// <summary>
/// One CPU. Passed to every function of the kernel, which reads no globals: all state hangs from here. Lines that other CPUs
/// write (<see cref="Inbox"/>, <see cref="ReschedulePending"/>, the run queue's lock) lie apart from those that only this
/// CPU touches.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Cpu
{
    /// <summary>This structure's own address: the entry stubs read it through gs:0.</summary>
    public Cpu* Self;

    /// <summary>Where the system call entry parks the user stack pointer for a moment.</summary>
    public ulong UserStackScratch;

    /// <summary>The clock's zero and its nanoseconds a tick, times 2^32, where the machine's stub reads them.</summary>
    public ulong ClockBase;

    /// <summary>See <see cref="ClockBase"/>.</summary>
    public ulong ClockMultiplier;

    /// <summary>The thread that runs, or null: idle.</summary>
    public Thread* Current;

    /// <summary>Top of this CPU's only kernel stack; 16-byte aligned.</summary>
    public ulong KernelStackTop;

    /// <summary><see cref="PendingWork"/> that waits, so that idle does it instead of halting.</summary>
    public ulong WorkPending;

    /// <summary>1 if the CPU keeps user pages from the kernel (SMAP), so that user copies must lift that.</summary>
    public ulong GuardsUserPages;

    /// <summary>
    /// 1 once this CPU has dispatched a thread, or found none, since its last system call began. Comparing threads would
    /// not do: the caller may have blocked, run on another CPU and come back here meanwhile, and its registers are then
    /// those of its context. Not kept by calls that go directly: all that follows them is loaded from the context anyway.
    /// </summary>
    public ulong ReturnsToContext;

    /// <summary>Not 0: before this CPU goes back to its thread, it looks whether another one should run. <see
    /// cref="SetNeedResched"/> writes it, and <see cref="NeedReschedReason"/> reads the reason.</summary>
    public ulong NeedResched;

    /// <summary>1 in interrupts: the running thread has been charged, and what comes is the kernel's.</summary>
    public ulong InInterrupt;

    /// <summary>Its number, from 0 without gaps.</summary>
    public uint Id;

    /// <summary>Lock ranks that it holds, one bit each. Only builds with CHECKS keep it.</summary>
    public uint HeldRanks;

    /// <summary>Its bit in a set of CPUs.</summary>
    public ulong MaskBit;

    /// <summary>Place and CPU of the state word of a thread that this CPU has claimed.</summary>
    public ulong ClaimedHere;

    /// <summary>The kernel that it belongs to.</summary>
    public Kernel* Kernel;

    /// <summary>The process whose address space is loaded, or null for the kernel's own.</summary>
    public Process* LoadedProcess;

    /// <summary>Up to when this CPU's time has been put to some account.</summary>
    public Instant AccountedUntil;

    /// <summary>When accounting began.</summary>
    public Instant AccountedFrom;

    /// <summary>What the one-shot timer is set to, or <see cref="Instant.Never"/>.</summary>
    public Instant TimerDeadline;

    /// <summary>Ended threads whose joiners this CPU still has to tell, linked by their SiblingNext.</summary>
    public Thread* JoinersToWake;

    /// <summary>Destroyed endpoints and notifications whose waiters this CPU still has to tell.</summary>
    public WaitableObject* ObjectsToDestroy;

    /// <summary>Sessions that this CPU ends, or whose waiters it still has to tell.</summary>
    public Session* EndingSessions;

    /// <summary>Processes that this CPU takes apart, a step at a time.</summary>
    public Process* TeardownProcesses;

    /// <summary>When it may next push a thread to another CPU.</summary>
    public Instant NextPush;

    /// <summary>1: it was time to push a thread, but the one whose turn it is was running.</summary>
    public ulong PushDeferred;

    /// <summary>Sleepers and deadlines.</summary>
    public TimerQueue Timers;

    /// <summary>Events on this CPU.</summary>
    public CpuCounters Counters;

    private readonly CacheLinePadding _beforeShared;

    /// <summary>Threads that other CPUs woke for this one: the head of a stack linked by their QueueNext. A word.</summary>
    [Shared]
    public ulong Inbox;

    /// <summary>Threads that other CPUs asked this one to stop: the head of a stack linked by their RemoteStopNext. A word.</summary>
    [Shared]
    public ulong RemoteStops;

    /// <summary>1 from sending this CPU a reschedule interrupt until it takes it. A word.</summary>
    [Shared]
    public ulong ReschedulePending;

    /// <summary>1 while this CPU would not look at its inbox by itself: idle, or running one thread with no slice timer. A
    /// word.</summary>
    [Shared(WrittenByOwnCpu = true)]
    public ulong NeedsRescheduleIpi;

    /// <summary>What runs, to those who wake others for this CPU: see <see cref="Urgency"/>. A word, written by this CPU
    /// alone.</summary>
    [Shared(PlainIn = "Cpu")]
    public ulong RunningUrgency;

    /// <summary>The policy that somebody wants for this CPU. A word.</summary>
    [Shared(PlainIn = "Cpu")]
    public ulong RequestedPolicy;

    /// <summary>Ends when what threads may do here may have changed: see <see cref="DirectHandoffGenerations{TMachine}"/>. A word.</summary>
    [Shared(PlainIn = "Cpu")]
    public ulong DirectHandoffGeneration;

    private readonly CacheLinePadding _beforeQueue;

    /// <summary>Runnable threads.</summary>
    public PerCpuRunQueue RunQueue;

#if CHECKS
    /// <summary>The lock that it holds of each rank, or 0.</summary>
    public fixed ulong HeldLocks[(int)LockRank.Output + 1];
#endif

    private readonly CacheLinePadding _end;

    /// <summary>Why <see cref="NeedResched"/> is set; it must be.</summary>
    public readonly ReschedReason NeedReschedReason => (ReschedReason)(NeedResched - 1);

    /// <summary>Makes this CPU look, before it goes back to its thread, whether another one should run. Replaces a reason that was
    /// noted before.</summary>
    public void SetNeedResched(ReschedReason reason) => NeedResched = (ulong)reason + 1;

    /// <summary>Sets the policy at boot, while nothing runs or is queued.</summary>
    public void Initialize(SchedulingPolicy policy)
    {
        ClaimedHere = new ThreadState(ThreadLocation.Claimed, Id, 0).Word;
        MaskBit = 1ul << (int)Id;
        RunQueue.Initialize(policy);
        RequestedPolicy = (ulong)policy;
        RunningUrgency = Urgency.OfNone(policy);
        DirectHandoffGeneration = DirectHandoffGenerations.InitialFor(Id);
    }
}

/// <summary>Work that a CPU does in bounded steps, when idle or every so often.</summary>
[System.Flags]
public enum PendingWork : ulong
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Ended threads and processes are to be taken apart.</summary>
    Teardown = 1,

    /// <summary>Queued threads are to be moved over to a new policy.</summary>
    Policy = 2,

    /// <summary>Remote stops of threads that this CPU owned are to be handled.</summary>
    RemoteStops = 4,
}

/// <summary>Keeps neighbours apart: two 64-byte lines, as x86 fetches lines in pairs.</summary>
[StructLayout(LayoutKind.Sequential, Size = 128)]
public struct CacheLinePadding;
