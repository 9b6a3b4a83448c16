using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Check;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Notifications;

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
        WaitQueue* queue = &notification->Waitable.Queue;
        queue->Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        SignalLocked(cpu, notification, bits);
    }

    /// <summary>The same with the lock of the notification's queue held, and given back.</summary>
    public static void SignalLocked(Cpu* cpu, Notification* notification, ulong bits)
    {
        Thread* waiter = DeliverBits(cpu, notification, bits);
        if (waiter != null)
        {
            Waits<TMachine>.CompleteWait(cpu, waiter);
        }
    }

    /// <summary>Adds bits, with the lock of the queue held, which is given back: who gets them, claimed and still to be made
    /// runnable, or null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Thread* DeliverBits(Cpu* cpu, Notification* notification, ulong bits)
    {
        SpinLock.CheckHeld<TMachine>(&notification->Waitable.Queue.Lock, cpu);
        WaitQueue* queue = &notification->Waitable.Queue;
        ulong all = notification->Bits | bits;
        Thread* waiter = queue->First;
        if (all == 0 || waiter == null || !Ownership<TMachine>.TryClaimWaiter(cpu, waiter))
        {
            return DeliverBitsSlowpath(cpu, notification, all);
        }

        WaitQueue.RemoveFirst(queue, waiter);
        waiter->WaitingIn = null;
        notification->Bits = 0;
        SpinLock.Release<TMachine>(&queue->Lock, cpu, LockRank.WaitQueue);
        waiter->Context.Rdx = all;
        return waiter;
    }

    // To another waiter, the first being on its way out, or to the bound thread; or to nobody.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Thread* DeliverBitsSlowpath(Cpu* cpu, Notification* notification, ulong pendingBits)
    {
        WaitQueue* queue = &notification->Waitable.Queue;
        Thread* waiter = pendingBits == 0 ? null : ClaimFirstWaiter(cpu, queue);
        bool isBound = pendingBits != 0 && waiter == null && notification->BoundThreadReceiving && TryClaim(cpu, notification->BoundThread);
        if (isBound)
        {
            waiter = notification->BoundThread;
            notification->BoundThreadReceiving = false;
        }

        notification->Bits = waiter == null ? pendingBits : 0;
        queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        if (isBound)
        {
            waiter->WaitingFor = null;
            waiter->Context.Rdi = MessageTag.Signals;
        }

        if (waiter != null)
        {
            waiter->Context.Rdx = pendingBits;
        }

        return waiter;
    }

    /// <summary>The bound notification's bits become what the current thread, which is about to receive, has received; false
    /// if there are none.</summary>
    public static bool TryTakeBoundBits(Cpu* cpu, Thread* receiver)
    {
        Notification* notification = receiver->Ipc.BoundNotification;
        WaitQueue* queue = &notification->Waitable.Queue;
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
    /// waits are found by <see cref="RecheckBoundBits"/>.</summary>
    public static void BeginBoundReceive(Cpu* cpu, Thread* receiver, Notification* notification)
    {
        WaitQueue* queue = &notification->Waitable.Queue;
        queue->Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        notification->BoundThreadReceiving = true;
        queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        receiver->WaitingFor = &notification->Waitable.Header;
        receiver->WaitingForKind = ObjectKind.Notification;
    }

    /// <summary>A bound thread has begun to wait at an endpoint, and perhaps been woken again since: bits that came just before
    /// reach it now.</summary>
    public static void RecheckBoundBits(Cpu* cpu, Notification* notification)
    {
        WaitQueue* queue = &notification->Waitable.Queue;
        queue->Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        if (notification->Bits != 0 && notification->BoundThreadReceiving)
        {
            SignalLocked(cpu, notification, 0);
        }
        else
        {
            queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        }
    }

    /// <summary>The bound thread, claimed, receives no more.</summary>
    public static void EndBoundReceive(Cpu* cpu, Notification* notification)
    {
        notification->Waitable.Queue.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        notification->BoundThreadReceiving = false;
        SeededBugs.Inject(SeededBug.StaleBoundReceive, ref notification->BoundThreadReceiving, true);
        notification->Waitable.Queue.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
    }

    /// <summary>
    /// Binds a notification, of which the caller holds a reference that becomes the binding's, to a thread that is not
    /// receiving. <see cref="Error.BadState"/> if either is bound; then the reference stays the caller's.
    /// </summary>
    public static Error Bind(Cpu* cpu, Notification* notification, Thread* thread)
    {
        WaitQueue* queue = &notification->Waitable.Queue;
        queue->Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        bool free = notification->BoundThread == null && thread->Ipc.BoundNotification == null;
        if (free)
        {
            notification->BoundThread = thread;
            thread->Ipc.BoundNotification = notification;
        }

        queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        return free ? Error.None : Error.BadState;
    }

    /// <summary>A thread that does not wait, and that this CPU owns or runs, has no notification bound any more.</summary>
    public static void Unbind(Cpu* cpu, Thread* thread)
    {
        Notification* notification = thread->Ipc.BoundNotification;
        if (notification == null)
        {
            return;
        }

        thread->Ipc.BoundNotification = null;
        notification->Waitable.Queue.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        notification->BoundThread = null;
        notification->BoundThreadReceiving = false;
        notification->Waitable.Queue.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        References<TMachine>.Drop(cpu, ObjectKind.Notification, notification->Waitable.Header.Reference);
    }

    private static Thread* ClaimFirstWaiter(Cpu* cpu, WaitQueue* queue)
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
