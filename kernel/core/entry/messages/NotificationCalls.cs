using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Notifications;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Entry;

/// <summary>System calls on notifications; <see cref="SystemCall"/> says what each does.</summary>
public static unsafe class NotificationCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary><see cref="SystemCall.Signal"/>.</summary>
    public static Error Signal(Cpu* cpu, ulong handle, ulong bits)
    {
        Notification* notification = LookUpAndLock(cpu, handle, Rights.Write, out ulong badge, out Error error);
        if (notification == null)
        {
            return error;
        }

        Thread* waiter = Notifications<TMachine>.DeliverBits(cpu, notification, badge == 0 ? bits : badge);
        if (waiter == null)
        {
            return Error.None;
        }

        Waits<TMachine>.CancelWait(cpu, waiter);
        return Wakeups<TMachine>.MakeRunnableAtCallEnd(cpu, waiter);
    }

    /// <summary><see cref="SystemCall.Wait"/>.</summary>
    public static Error Wait(Cpu* cpu, ulong handle, ulong deadline)
    {
        if (deadline > long.MaxValue)
        {
            return Error.BadArgument;
        }

        Notification* notification = LookUpAndLock(cpu, handle, Rights.Read, out _, out Error error);
        if (notification == null)
        {
            return error;
        }

        ulong bits = notification->Bits;
        if (bits != 0)
        {
            return TakeBits(cpu, notification, bits);
        }

        Thread* thread = cpu->Current;
        WaitQueue* queue = &notification->Waitable.Queue;
        Instant now = Waits<TMachine>.PrepareToBlock(cpu, thread, deadline == 0 ? Instant.Never : new Instant((long)deadline));
        thread->WaitingIn = queue;
        queue->InsertByPriority(thread);
        cpu->Current = null;
        Ownership<TMachine>.SetLocationHere(cpu, thread, ThreadLocation.Running, ThreadLocation.Blocked);
        queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        Scheduler<TMachine>.Reschedule(cpu, now);
        return Results.AfterBlocking(cpu);
    }

    /// <summary><see cref="SystemCall.Poll"/>.</summary>
    public static Error Poll(Cpu* cpu, ulong handle)
    {
        Notification* notification = LookUpAndLock(cpu, handle, Rights.Read, out _, out Error error);
        if (notification == null)
        {
            return error;
        }

        ulong bits = notification->Bits;
        if (bits == 0)
        {
            notification->Waitable.Queue.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
            return Error.WouldBlock;
        }

        return TakeBits(cpu, notification, bits);
    }

    /// <summary><see cref="SystemCall.NotificationBind"/>.</summary>
    public static Error Bind(Cpu* cpu, ulong handle)
    {
        Notification* notification = LookUpAndLock(cpu, handle, Rights.Read, out _, out Error error);
        if (notification == null)
        {
            return error;
        }

        // Its last capability may have been deleted since it was found: the lock keeps its slot from being free, no more.
        bool lives = References<TMachine>.TryTake(&notification->Waitable.Header);
        notification->Waitable.Queue.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        if (!lives)
        {
            return Error.StaleHandle;
        }

        error = Notifications<TMachine>.Bind(cpu, notification, cpu->Current);
        if (error != Error.None)
        {
            References<TMachine>.Drop(cpu, ObjectKind.Notification, notification->Waitable.Header.Reference);
        }

        return Scheduler<TMachine>.ReturnAfterWakeups(cpu, error);
    }

    /// <summary><see cref="SystemCall.NotificationUnbind"/>.</summary>
    public static Error Unbind(Cpu* cpu)
    {
        bool bound = cpu->Current->Ipc.BoundNotification != null;
        Notifications<TMachine>.Unbind(cpu, cpu->Current);
        return Scheduler<TMachine>.ReturnAfterWakeups(cpu, bound ? Error.None : Error.BadState);
    }

    // The notification that the caller's handle names, its queue locked; null with an error.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Notification* LookUpAndLock(Cpu* cpu, ulong handle, Rights needed, out ulong badge, out Error error)
    {
        badge = 0;
        error = Error.None;
        Process* process = cpu->Current->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (!CapabilityLookup<TMachine>.TryFind(cpu, process, handle, ObjectKind.Notification, needed, out CapabilitySlot* slot))
        {
            error = CapabilityLookup<TMachine>.FailLookup(cpu, handle, ObjectKind.Notification);
            return null;
        }

        badge = slot->Badge;
        Notification* notification = (Notification*)cpu->Kernel->Notifications.At(slot->Object.Index);
        notification->Waitable.Queue.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return notification;
    }

    private static Error TakeBits(Cpu* cpu, Notification* notification, ulong bits)
    {
        notification->Bits = 0;
        notification->Waitable.Queue.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        return Results.Ok(cpu, bits);
    }
}
