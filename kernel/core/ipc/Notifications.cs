using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Ipc;

/// <summary>Signalling notifications, waiting for signals, and receiving messages and signals at once.</summary>
public static unsafe class Notifications<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Adds bits: who waits for them gets them, with all that were there, and becomes runnable; else the bound thread, if it is
    /// receiving; else they stay. No bits wake nobody. The caller keeps the notification alive.
    /// </summary>
    public static void Signal(Cpu* cpu, Notification* notification, ulong bits)
    {
        WaitQueue* queue = &notification->Point.Queue;
        queue->Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        Signalled(cpu, notification, bits);
    }

    /// <summary>The same with the lock of the notification's queue held, and given back.</summary>
    public static void Signalled(Cpu* cpu, Notification* notification, ulong bits)
    {
        WaitQueue* queue = &notification->Point.Queue;
        ulong all = notification->Bits | bits;
        if (all == 0)
        {
            queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
            return;
        }

        Thread* waiter = FirstClaimed(cpu, queue);
        bool isBound = false;
        if (waiter == null && notification->BoundReceives && TryClaim(cpu, notification->Bound))
        {
            waiter = notification->Bound;
            notification->BoundReceives = false;
            isBound = true;
        }

        notification->Bits = waiter == null ? all : 0;
        queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        if (waiter == null)
        {
            return;
        }

        if (isBound)
        {
            waiter->WaitingFor = null;
            waiter->Context.Rdi = MessageTag.Signals;
        }

        waiter->Context.Rdx = all;
        Waits<TMachine>.Finish(cpu, waiter);
    }

    /// <summary>The bound notification's bits become what the current thread, which is about to receive, has received; false
    /// if there are none.</summary>
    public static bool TakeBound(Cpu* cpu, Thread* receiver)
    {
        Notification* notification = receiver->Ipc.Bound;
        WaitQueue* queue = &notification->Point.Queue;
        queue->Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        ulong bits = notification->Bits;
        notification->Bits = 0;
        queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        if (bits == 0)
        {
            return false;
        }

        receiver->Context.Rdi = MessageTag.Signals;
        receiver->Context.Rdx = bits;
        return true;
    }

    /// <summary>The current thread is about to wait at an endpoint, and signals are to end that. Signals that come before it
    /// waits are found by <see cref="LookAgain"/>.</summary>
    public static void BeginReceiving(Cpu* cpu, Thread* receiver, Notification* notification)
    {
        WaitQueue* queue = &notification->Point.Queue;
        queue->Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        notification->BoundReceives = true;
        queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        receiver->WaitingFor = &notification->Point.Header;
        receiver->WaitingForKind = ObjectKind.Notification;
    }

    /// <summary>A bound thread has begun to wait at an endpoint, and perhaps been woken again since: bits that came just before
    /// reach it now.</summary>
    public static void LookAgain(Cpu* cpu, Notification* notification)
    {
        WaitQueue* queue = &notification->Point.Queue;
        queue->Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        if (notification->Bits != 0 && notification->BoundReceives)
        {
            Signalled(cpu, notification, 0);
        }
        else
        {
            queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        }
    }

    /// <summary>The bound thread, claimed, receives no more.</summary>
    public static void EndReceiving(Cpu* cpu, Notification* notification)
    {
        notification->Point.Queue.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        notification->BoundReceives = false;
        SeededBugs.Alter(SeededBug.LeftReceiving, ref notification->BoundReceives, true);
        notification->Point.Queue.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
    }

    /// <summary>
    /// Binds a notification, of which the caller holds a reference that becomes the binding's, to a thread that is not
    /// receiving. <see cref="Error.BadState"/> if either is bound; then the reference stays the caller's.
    /// </summary>
    public static Error Bind(Cpu* cpu, Notification* notification, Thread* thread)
    {
        WaitQueue* queue = &notification->Point.Queue;
        queue->Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        bool free = notification->Bound == null && thread->Ipc.Bound == null;
        if (free)
        {
            notification->Bound = thread;
            thread->Ipc.Bound = notification;
        }

        queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        return free ? Error.None : Error.BadState;
    }

    /// <summary>A thread that does not wait, and that this CPU owns or runs, has no notification bound any more.</summary>
    public static void Unbind(Cpu* cpu, Thread* thread)
    {
        Notification* notification = thread->Ipc.Bound;
        if (notification == null)
        {
            return;
        }

        thread->Ipc.Bound = null;
        notification->Point.Queue.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        notification->Bound = null;
        notification->BoundReceives = false;
        notification->Point.Queue.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        References<TMachine>.Drop(cpu, ObjectKind.Notification, notification->Point.Header.Reference);
    }

    private static Thread* FirstClaimed(Cpu* cpu, WaitQueue* queue)
    {
        Thread* waiter = queue->First;
        while (waiter != null && !TryClaim(cpu, waiter))
        {
            waiter = waiter->QueueNext;
        }

        if (waiter != null)
        {
            queue->Remove(waiter);
            waiter->WaitingIn = null;
        }

        return waiter;
    }

    private static bool TryClaim(Cpu* cpu, Thread* thread) =>
        Ownership<TMachine>.TryClaim(cpu, thread, new ThreadState(TMachine.Load(&thread->StateWord)));
}
