using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Ipc;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Calls;

/// <summary>System calls on notifications; <see cref="SystemCall"/> says what each does.</summary>
public static unsafe class NotificationCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary><see cref="SystemCall.Signal"/>.</summary>
    public static Error Signal(Cpu* cpu, ulong handle, ulong bits)
    {
        Notification* notification = Lock(cpu, handle, Rights.Write, out ulong badge, out Error error);
        if (notification == null)
        {
            return error;
        }

        Thread* waiter = Notifications<TMachine>.Deliver(cpu, notification, badge == 0 ? bits : badge);
        if (waiter == null)
        {
            return Error.None;
        }

        Waits<TMachine>.Detach(cpu, waiter);
        return Wakes<TMachine>.MakeRunnableLast(cpu, waiter);
    }

    /// <summary><see cref="SystemCall.Wait"/>.</summary>
    public static Error Wait(Cpu* cpu, ulong handle, ulong deadline)
    {
        if (deadline > long.MaxValue)
        {
            return Error.BadArgument;
        }

        Notification* notification = Lock(cpu, handle, Rights.Read, out _, out Error error);
        if (notification == null)
        {
            return error;
        }

        ulong bits = notification->Bits;
        if (bits != 0)
        {
            return Take(cpu, notification, bits);
        }

        Thread* thread = cpu->Current;
        WaitQueue* queue = &notification->Point.Queue;
        Instant now = Waits<TMachine>.StopRunning(cpu, thread, deadline == 0 ? Instant.Never : new Instant((long)deadline));
        thread->WaitingIn = queue;
        queue->AppendByPriority(thread);
        cpu->Current = null;
        Ownership<TMachine>.MoveHere(cpu, thread, Place.Running, Place.Blocked);
        queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        Scheduler<TMachine>.Reschedule(cpu, now);
        return Results.AfterBlocking(cpu);
    }

    /// <summary><see cref="SystemCall.Poll"/>.</summary>
    public static Error Poll(Cpu* cpu, ulong handle)
    {
        Notification* notification = Lock(cpu, handle, Rights.Read, out _, out Error error);
        if (notification == null)
        {
            return error;
        }

        ulong bits = notification->Bits;
        if (bits == 0)
        {
            notification->Point.Queue.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
            return Error.WouldBlock;
        }

        return Take(cpu, notification, bits);
    }

    /// <summary><see cref="SystemCall.NotificationBind"/>.</summary>
    public static Error Bind(Cpu* cpu, ulong handle)
    {
        Notification* notification = Lock(cpu, handle, Rights.Read, out _, out Error error);
        if (notification == null)
        {
            return error;
        }

        // Its last capability may have been deleted since it was found: the lock keeps its slot from being free, no more.
        bool lives = References<TMachine>.TryTake(&notification->Point.Header);
        notification->Point.Queue.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        if (!lives)
        {
            return Error.StaleHandle;
        }

        error = Notifications<TMachine>.Bind(cpu, notification, cpu->Current);
        if (error != Error.None)
        {
            References<TMachine>.Drop(cpu, ObjectKind.Notification, notification->Point.Header.Reference);
        }

        return Scheduler<TMachine>.AfterWakes(cpu, error);
    }

    /// <summary><see cref="SystemCall.NotificationUnbind"/>.</summary>
    public static Error Unbind(Cpu* cpu)
    {
        bool bound = cpu->Current->Ipc.Bound != null;
        Notifications<TMachine>.Unbind(cpu, cpu->Current);
        return Scheduler<TMachine>.AfterWakes(cpu, bound ? Error.None : Error.BadState);
    }

    // The notification that the caller's handle names, its queue locked; null with an error.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Notification* Lock(Cpu* cpu, ulong handle, Rights needed, out ulong badge, out Error error)
    {
        badge = 0;
        error = Error.None;
        Process* process = cpu->Current->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (!Lookups<TMachine>.TryFind(cpu, process, handle, ObjectKind.Notification, needed, out CapabilitySlot* slot))
        {
            error = Lookups<TMachine>.Refuse(cpu, handle, ObjectKind.Notification);
            return null;
        }

        badge = slot->Badge;
        Notification* notification = (Notification*)cpu->Kernel->Notifications.At(slot->Object.Index);
        notification->Point.Queue.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return notification;
    }

    private static Error Take(Cpu* cpu, Notification* notification, ulong bits)
    {
        notification->Bits = 0;
        notification->Point.Queue.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        return Results.Ok(cpu, bits);
    }
}
