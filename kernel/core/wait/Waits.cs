using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Check;
using Lachesis.Core.Ipc;
using Lachesis.Core.Machine;
using Lachesis.Core.Notifications;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Timers;

namespace Lachesis.Core.Wait;

/// <summary>
/// Blocking and being woken. A blocked thread can be wanted by several at once — a waker, its timer, someone who ends it —
/// so each first tries to claim it: one exchange of its state word from Blocked to Waking. The winner owns it, takes it
/// out of queue and timer, and decides what becomes of it; the losers leave it alone.
/// </summary>
public static unsafe class Waits<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>The most timers that one interrupt lets fire before it looks at the rest of the system again.</summary>
    public const int ExpiryBatch = 32;

    /// <summary>The most threads that learn of an object's end in one step.</summary>
    public const int WakeBatch = 32;

    /// <summary>
    /// The current thread waits in <paramref name="queue"/> (whose lock the caller holds; released here) or for nothing but
    /// <paramref name="deadline"/> (queue null), and another one runs. Its result is set by whoever wakes it.
    /// </summary>
    /// <remarks>
    /// From the moment at which its state says Blocked and the queue's lock is free, another CPU may run it: its registers
    /// were saved at entry, and it is charged before. So nothing of it is touched after that.
    /// </remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Block(Cpu* cpu, WaitQueue* queue, Instant deadline)
    {
        Thread* thread = cpu->Current;
        Instant now = PrepareToBlock(cpu, thread, deadline);
        thread->WaitingIn = queue;
        if (queue != null)
        {
            SpinLock.CheckHeld<TMachine>(&queue->Lock, cpu);
            queue->Append(thread);
        }

        cpu->Current = null;
        Ownership<TMachine>.SetLocation(cpu, thread, ThreadLocation.Blocked, cpu->Id);
        if (queue != null)
        {
            queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        }

        Scheduler<TMachine>.Reschedule(cpu, now);
    }

    /// <summary>
    /// Charges the current thread, which is about to block until it is woken (its deadline is never), and takes it out of the
    /// CPU's books. Gives the instant up to which it was charged.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Instant PrepareToBlock(Cpu* cpu, Thread* thread)
    {
        Instant now = TMachine.Now(cpu);
        CpuAccounting.ChargeThread(cpu, thread, now);
        EventCounters.Count(cpu, Counter.VoluntaryBlocks);
        Ledger.CountVoluntaryBlock(thread);
        Scheduler<TMachine>.StopRunning(cpu, thread, EnqueueReason.Woken);
        return now;
    }

    /// <summary>The same, until woken or until a deadline.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Instant PrepareToBlock(Cpu* cpu, Thread* thread, Instant deadline)
    {
        Instant now = PrepareToBlock(cpu, thread);
        thread->Timer.Deadline = deadline;
        if (deadline < Instant.Never)
        {
            ArmDeadlineTimer(cpu, thread);
        }

        return now;
    }

    /// <summary>
    /// A claimed thread goes on waiting, for something else, until its deadline as before; false if that has come meanwhile:
    /// its timer found the thread claimed and left it to this CPU.
    /// </summary>
    public static bool TryBlockAgain(Cpu* cpu, Thread* thread)
    {
        if (thread->Timer.Deadline >= Instant.Never)
        {
            Ownership<TMachine>.SetLocation(cpu, thread, ThreadLocation.Blocked, cpu->Id);
            return true;
        }

        TimerQueue* timers = &cpu->Kernel->CpuAt(thread->Timer.Cpu)->Timers;
        timers->Lock.Acquire<TMachine>(cpu, LockRank.TimerQueue);
        bool stillSet = thread->Timer.HeapSlot != 0;
        SeededBugs.Inject(SeededBug.SkippedDeadlineCheck, ref stillSet, true);
        if (stillSet)
        {
            Ownership<TMachine>.SetLocation(cpu, thread, ThreadLocation.Blocked, cpu->Id);
        }

        timers->Lock.Release<TMachine>(cpu, LockRank.TimerQueue);
        return stillSet;
    }

    /// <summary>
    /// Claims the first claimable waiter of a queue (of one park address, if <paramref name="process"/> is not null) and
    /// takes it out of the queue; null if there is none.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Thread* ClaimFirstWaiter(Cpu* cpu, WaitQueue* queue, Process* process, ulong parkAddress)
    {
        queue->Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        Thread* thread = queue->First;
        while (thread != null)
        {
            bool wanted = process == null || (thread->ParkAddress == parkAddress && thread->Process == process);
            if (wanted && Ownership<TMachine>.TryClaim(cpu, thread, new ThreadState(TMachine.Load(&thread->StateWord))))
            {
                queue->Remove(thread);
                thread->WaitingIn = null;
                break;
            }

            thread = thread->QueueNext;
        }

        queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        return thread;
    }

    /// <summary>Takes a claimed thread out of whatever it still waits in: queue, timer, and its hold on the object waited
    /// for.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CancelWait(Cpu* cpu, Thread* thread)
    {
        if (thread->WaitingIn != null)
        {
            RemoveFromWaitQueue(cpu, thread);
        }

        if (thread->Timer.Deadline < Instant.Never)
        {
            CancelDeadlineTimer(cpu, thread);
        }

        if (thread->WaitingFor != null)
        {
            ReleaseWaitedObject(cpu, thread);
        }
    }

    /// <summary>Ends the wait of a claimed thread: it becomes runnable, and its system call gives no error and 0.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CompleteWait(Cpu* cpu, Thread* thread)
    {
        // The entry of the call has already put that result into the context.
        CancelWait(cpu, thread);
        Wakeups<TMachine>.MakeRunnable(cpu, thread);
    }

    /// <summary>Ends the wait of a claimed thread: it becomes runnable, and its system call gives this result.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void CompleteWait(Cpu* cpu, Thread* thread, Error error, ulong value)
    {
        CancelWait(cpu, thread);
        thread->Context.Rax = (ulong)error;
        thread->Context.Rdx = value;
        Wakeups<TMachine>.MakeRunnable(cpu, thread);
    }

    /// <summary>
    /// Wakes threads that wait in a queue for an object's end, at most <see cref="WakeBatch"/>; whether none is left that
    /// is this CPU's to wake. Nobody joins the queue any more.
    /// </summary>
    public static bool CompleteSomeWaits(Cpu* cpu, WaitQueue* queue, ulong value)
    {
        for (int i = 0; i < WakeBatch; i++)
        {
            Thread* thread = ClaimFirstWaiter(cpu, queue, null, 0);
            if (thread == null)
            {
                return true;
            }

            CompleteWait(cpu, thread, Error.None, value);
        }

        return false;
    }

    /// <summary>Wakes the threads whose instant has come, and lets the timers fire whose has, at most <see
    /// cref="ExpiryBatch"/>; the timer is set again for the rest.</summary>
    public static void ExpireTimers(Cpu* cpu, Instant now)
    {
        for (int i = 0; i < ExpiryBatch; i++)
        {
            cpu->Timers.Lock.Acquire<TMachine>(cpu, LockRank.TimerQueue);
            TimerNode* node = cpu->Timers.Earliest;
            if (node == null || node->Deadline > now)
            {
                cpu->Timers.Lock.Release<TMachine>(cpu, LockRank.TimerQueue);
                return;
            }

            cpu->Timers.CheckQueued<TMachine>(cpu, node);
            cpu->Timers.Remove(node);
            if (node->OwnerKind == TimerOwnerKind.Thread)
            {
                ExpireThreadTimer(cpu, Thread.FromTimerNode(node));
            }
            else
            {
                TimerObjects<TMachine>.Expire(cpu, Timer.FromNode(node), now);
            }
        }
    }

    // Claimed under the timer queue's lock, which is given back: whoever else claimed it has to come through here before it
    // may run and wait anew, so the state that we read belongs to the wait that this timer was set for.
    private static void ExpireThreadTimer(Cpu* cpu, Thread* thread)
    {
        bool claimed = Ownership<TMachine>.TryClaim(cpu, thread, new ThreadState(TMachine.Load(&thread->StateWord)));
        cpu->Timers.Lock.Release<TMachine>(cpu, LockRank.TimerQueue);
        if (claimed)
        {
            thread->Timer.Deadline = Instant.Never;
            CompleteWait(cpu, thread, thread->WaitingIn == null && thread->WaitingFor == null ? Error.None : Error.TimedOut, 0);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ArmDeadlineTimer(Cpu* cpu, Thread* thread)
    {
        thread->Timer.Cpu = (ushort)cpu->Id;
        cpu->Timers.Lock.Acquire<TMachine>(cpu, LockRank.TimerQueue);
        bool added = cpu->Timers.Add(&thread->Timer);
        cpu->Timers.Lock.Release<TMachine>(cpu, LockRank.TimerQueue);
        if (!added)
        {
            TMachine.Panic(cpu, "timer queue over capacity");
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void CancelDeadlineTimer(Cpu* cpu, Thread* thread)
    {
        TimerQueue* timers = &cpu->Kernel->CpuAt(thread->Timer.Cpu)->Timers;
        timers->Lock.Acquire<TMachine>(cpu, LockRank.TimerQueue);
        if (thread->Timer.HeapSlot != 0)
        {
            timers->CheckQueued<TMachine>(cpu, &thread->Timer);
            timers->Remove(&thread->Timer);
        }

        timers->Lock.Release<TMachine>(cpu, LockRank.TimerQueue);
        thread->Timer.Deadline = Instant.Never;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RemoveFromWaitQueue(Cpu* cpu, Thread* thread)
    {
        WaitQueue* queue = thread->WaitingIn;
        queue->Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        queue->Remove(thread);
        queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        thread->WaitingIn = null;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ReleaseWaitedObject(Cpu* cpu, Thread* thread)
    {
        ObjectHeader* waitedFor = thread->WaitingFor;
        thread->WaitingFor = null;
        switch (thread->WaitingForKind)
        {
            case ObjectKind.Reply:
                Ipc<TMachine>.UnbindCaller(cpu, thread, (Reply*)waitedFor);
                break;
            case ObjectKind.Notification:
                Notifications<TMachine>.EndBoundReceive(cpu, (Notification*)waitedFor);
                break;
            default:
                References<TMachine>.Drop(cpu, thread->WaitingForKind, waitedFor->Reference);
                break;
        }
    }
}
