using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Faults;
using Lachesis.Core.Ipc;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Time;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Threads;

/// <summary>A thread. Lives in the kernel's thread pool; 64-byte aligned, at most 2 KiB (a hosted test holds it to
/// that).</summary>
/// <remarks>Its size is an odd number of cache lines: so the same field of many threads falls into all sets of a cache, not into
/// half of them.</remarks>
[StructLayout(LayoutKind.Sequential, Size = 1472)]
public unsafe struct Thread
{
    /// <summary>Value of <see cref="LastCpu"/> for a thread that never ran.</summary>
    public const uint NoCpu = uint.MaxValue;

    /// <summary>Registers. First, so that the entry stubs find it at the thread's own address.</summary>
    public UserContext Context;

    /// <summary>The pool's part: index, generation, free link, references.</summary>
    public ObjectHeader Header;

    /// <summary>Threads that wait for its end. Behind the header, as its lock outlives the thread (<see cref="PoolLayout"/>).</summary>
    public WaitQueue Joiners;

    /// <summary>A <see cref="ThreadState"/> word; changed only as <see cref="ThreadLocation"/> says.</summary>
    [Shared(PlainIn = "Ownership")]
    public ulong StateWord;

    /// <summary>The process that it runs in, to which it holds one reference as long as its own place is not free: whoever holds a dead
    /// thread finds the process there, dead as well, and not the next one in that place.</summary>
    public Process* Process;

    /// <summary>Next in the run queue, wait queue or inbox that it is in. It is in one of them at most.</summary>
    public Thread* QueueNext;

    /// <summary>Previous in the run queue or wait queue that it is in.</summary>
    public Thread* QueuePrevious;

    /// <summary>While blocked: the wait queue that it is in, or null if it waits for an instant alone.</summary>
    public WaitQueue* WaitingIn;

    /// <summary>While it waits for a thread's or process's end: that object's header, to which it holds one reference. While it
    /// waits for an answer: the reply object's. While it receives and has a notification bound: that one's.</summary>
    public ObjectHeader* WaitingFor;

    /// <summary>What kind of object <see cref="WaitingFor"/> heads.</summary>
    public ObjectKind WaitingForKind;

    /// <summary>While blocked: when it gives up. Otherwise, and if it does not, its deadline is <see cref="Instant.Never"/>.</summary>
    public TimerNode Timer;

    /// <summary>CPUs that it may run on as things stand: none while a stop is pending (<see cref="PendingStop"/>), else <see
    /// cref="RequestedAffinity"/>. A word, since other CPUs change it.</summary>
    [Shared]
    public ulong EffectiveAffinity;

    /// <summary>The CPU that it runs on or last ran on, or <see cref="NoCpu"/> before it first runs.</summary>
    public uint LastCpu;

    /// <summary>Its priority in force.</summary>
    public uint Priority;

    /// <summary>When its time slice ends. Set at dispatch.</summary>
    public Instant SliceEnd;

    /// <summary>Priority and round robin: how long it may run, once dispatched, before others of its level do.</summary>
    public Duration SliceLeft;

    /// <summary>While runnable and not running: since when.</summary>
    public Instant RunnableSince;

    /// <summary>While queued or running: since when on this CPU.</summary>
    public Instant ResidentSince;

    /// <summary>Its <see cref="SchedulingParameters"/> as they were last set. A word: any CPU may write it.</summary>
    [Shared(PlainIn = "Thread")]
    public ulong RequestedParameters;

    /// <summary>Those in force. Written by its owner.</summary>
    public ulong AppliedParameters;

    /// <summary>Its weight in force, 1 .. <see cref="SchedulingLimits.MaxWeight"/>.</summary>
    public long Weight;

    /// <summary>Its quantum in force.</summary>
    public Duration Quantum;

    /// <summary>What its CPU publishes while it runs under the priority policy: see <see cref="Urgency{TMachine}"/>.</summary>
    public ulong PriorityUrgency;

    /// <summary>While queued: the policy whose structure it is in. While running: the one it runs under.</summary>
    public SchedulingPolicy QueuedPolicy;

    /// <summary>While in no run queue and not running: how it enters the next.</summary>
    public EnqueueReason EnqueueReason;

    /// <summary>CPUs that it may run on when nothing else keeps it from running. Under the lock of <see
    /// cref="Joiners"/>.</summary>
    public ulong RequestedAffinity;

    /// <summary>What the fair policy keeps of it. Begins a cache line, so that a search of the tree touches one a
    /// thread.</summary>
    public FairEntity Fair;

    /// <summary>What it has used.</summary>
    public Ledger Ledger;

    /// <summary>Next thread of its process. Under the process's lock.</summary>
    public Thread* SiblingNext;

    /// <summary>Previous thread of its process. Under the process's lock.</summary>
    public Thread* SiblingPrevious;

    /// <summary>While parked: the address that it parked at. Two processes may park at the same one.</summary>
    public ulong ParkAddress;

    /// <summary>What it exited with, once dead; what it is to exit with, once killed.</summary>
    public ulong ExitCode;

    /// <summary>Its <see cref="PendingStops"/>. A word; written under the lock of <see cref="Joiners"/>.</summary>
    [Shared(PlainIn = "ThreadControl")]
    public ulong PendingStop;

    /// <summary>1 while a CPU has a request to stop it; that CPU then holds one reference to the thread. A word.</summary>
    [Shared]
    public ulong RemoteStopPending;

    /// <summary>While that is so: next in that CPU's <see cref="Cpu.RemoteStops"/>.</summary>
    public Thread* RemoteStopNext;

    /// <summary>While it waits by priority, and is the first of its level: the first of the next lower level, or null. Else
    /// null.</summary>
    public Thread* NextLevelHead;

    /// <summary>The same of the next higher level.</summary>
    public Thread* PreviousLevelHead;

    /// <summary>While it waits to send: its deadline, or <see cref="WaitQueue.DeadlineAgeCap"/> after it began to wait, if that is
    /// earlier.</summary>
    public Instant CappedDeadline;

    /// <summary>What it needs to send and receive messages.</summary>
    public IpcState Ipc;

    /// <summary>Who handles its faults, and what it had when it last faulted.</summary>
    public FaultState Fault;

    // What FXRSTOR wants to see: exceptions masked, round to nearest, x87 at 64-bit precision, as the ABI has it at start.
    private const ushort InitialX87Control = 0x037F;
    private const uint InitialMxcsr = 0x1F80;
    private const int MxcsrOffset = 24;

    // Interrupts on; bit 1 is always set.
    private const ulong InitialFlags = 0x202;

    /// <summary>The thread that a timer node is part of.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Thread* FromTimerNode(TimerNode* node)
    {
        // How far into a thread its node lies, whatever thread: any address but null will do.
        Thread* any = (Thread*)node;
        return (Thread*)((byte*)node - ((byte*)&any->Timer - (byte*)any));
    }

    /// <summary>Makes this what new threads are copies of, apart from what each has of its own; all else is 0.</summary>
    public void InitializePrototype(SchedulingParameters parameters)
    {
        this = default;
        LastCpu = NoCpu;
        Timer.Deadline = Instant.Never;
        Context.Rflags = InitialFlags;
        Context.ResumeMode = 1;
        fixed (Thread* self = &this)
        {
            *(ushort*)self->Context.FxSaveArea = InitialX87Control;
            *(uint*)(self->Context.FxSaveArea + MxcsrOffset) = InitialMxcsr;
            ParameterUpdates.Apply(self, parameters);
        }

        RequestedParameters = parameters.Bits;
    }
}
