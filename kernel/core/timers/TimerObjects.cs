using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Notifications;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched;
using Lachesis.Core.Time;

namespace Lachesis.Core.Timers;

/// <summary>Setting and cancelling timers, and letting them fire. Whoever calls holds a reference to the timer, but for <see
/// cref="Expire"/>.</summary>
public static unsafe class TimerObjects<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>The timer fires at <paramref name="deadline"/>, at once if that has passed, and then every <paramref
    /// name="period"/>, unless that is 0. Whatever it was set to before is forgotten.</summary>
    public static void Set(Cpu* cpu, Timer* timer, Instant deadline, Duration period)
    {
        timer->Lock.Acquire<TMachine>(cpu, LockRank.Timer);
        Dequeue(cpu, timer);
        timer->Overruns = 0;
        timer->Period = period;
        timer->Armed = true;
        Enqueue(cpu, timer, deadline);
        timer->Lock.Release<TMachine>(cpu, LockRank.Timer);
        PreemptionTimer<TMachine>.Arm(cpu);
    }

    /// <summary>The timer does not fire any more, once this has returned, unless it is doing so. Gives the overruns since it was
    /// set.</summary>
    public static ulong Cancel(Cpu* cpu, Timer* timer)
    {
        timer->Lock.Acquire<TMachine>(cpu, LockRank.Timer);
        Dequeue(cpu, timer);
        timer->Armed = false;
        ulong overruns = timer->Overruns;
        timer->Lock.Release<TMachine>(cpu, LockRank.Timer);
        return overruns;
    }

    /// <summary>From now on the timer signals these bits of a notification, the caller's reference to which becomes the
    /// timer's.</summary>
    public static void Bind(Cpu* cpu, Timer* timer, Notification* target, ulong bits)
    {
        timer->Lock.Acquire<TMachine>(cpu, LockRank.Timer);
        Notification* before = timer->Target;
        timer->Target = target;
        timer->Bits = bits;
        timer->Lock.Release<TMachine>(cpu, LockRank.Timer);
        ReleaseTarget(cpu, before);
    }

    /// <summary>
    /// A timer was just taken out of this CPU's queue, whose lock is held and given back here: it fires, unless it was set
    /// anew, cancelled or destroyed meanwhile; a periodic one goes back into the queue.
    /// </summary>
    /// <remarks>Who drops the last reference takes the queue's lock before the slot is free, so under it the header can be
    /// looked at.</remarks>
    public static void Expire(Cpu* cpu, Timer* timer, Instant now)
    {
        SpinLock.CheckHeld<TMachine>(&cpu->Timers.Lock, cpu);
        bool lives = References<TMachine>.TryTake(&timer->Header);
        cpu->Timers.Lock.Release<TMachine>(cpu, LockRank.TimerQueue);
        if (!lives)
        {
            return;
        }

        timer->Lock.Acquire<TMachine>(cpu, LockRank.Timer);
        Notification* target = null;
        ulong bits = timer->Bits;
        if (timer->Armed && timer->Node.HeapSlot == 0)
        {
            ScheduleNextPeriod(cpu, timer, now);
            target = timer->Target;
        }

        if (target != null)
        {
            References<TMachine>.Take(&target->Waitable.Header);
        }

        timer->Lock.Release<TMachine>(cpu, LockRank.Timer);
        if (target != null)
        {
            Notifications<TMachine>.Signal(cpu, target, bits);
            ReleaseTarget(cpu, target);
        }

        References<TMachine>.Drop(cpu, ObjectKind.Timer, timer->Header.Reference);
    }

    /// <summary>The last reference to the timer has gone: it leaves its queue, and its slot is free.</summary>
    public static void Destroy(Cpu* cpu, Timer* timer)
    {
        Cancel(cpu, timer);
        ReleaseTarget(cpu, timer->Target);
        cpu->Kernel->Timers.Free<TMachine>(cpu, timer);
    }

    // Counted from the instant at which it was due, not from now, so that lateness does not add up.
    private static void ScheduleNextPeriod(Cpu* cpu, Timer* timer, Instant now)
    {
        long period = timer->Period.Nanoseconds;
        if (period == 0)
        {
            timer->Armed = false;
            return;
        }

        // Not late at all, if it was set anew meanwhile and has fired on another CPU, whose clock may be a little ahead.
        long late = (now - timer->Node.Deadline).Nanoseconds;
        long missed = late > 0 ? late / period : 0;
        timer->Overruns += (ulong)missed;
        Enqueue(cpu, timer, timer->Node.Deadline + new Duration(period * (missed + 1)));
    }

    // Always the own CPU's: nobody else may add to it.
    private static void Enqueue(Cpu* cpu, Timer* timer, Instant deadline)
    {
        timer->Node.Deadline = deadline;
        timer->Node.Cpu = (ushort)cpu->Id;
        cpu->Timers.Lock.Acquire<TMachine>(cpu, LockRank.TimerQueue);
        bool added = cpu->Timers.Add(&timer->Node);
        cpu->Timers.Lock.Release<TMachine>(cpu, LockRank.TimerQueue);
        if (!added)
        {
            TMachine.Panic(cpu, "timer queue over capacity");
        }
    }

    // Through the lock of the queue that it was last in, even if it is in none any more: whoever takes it out there has then
    // seen whether it lives.
    private static void Dequeue(Cpu* cpu, Timer* timer)
    {
        TimerQueue* queue = &cpu->Kernel->CpuAt(timer->Node.Cpu)->Timers;
        queue->Lock.Acquire<TMachine>(cpu, LockRank.TimerQueue);
        if (timer->Node.HeapSlot != 0)
        {
            queue->CheckQueued<TMachine>(cpu, &timer->Node);
            queue->Remove(&timer->Node);
        }

        queue->Lock.Release<TMachine>(cpu, LockRank.TimerQueue);
    }

    private static void ReleaseTarget(Cpu* cpu, Notification* target)
    {
        if (target != null)
        {
            References<TMachine>.Drop(cpu, ObjectKind.Notification, target->Waitable.Header.Reference);
        }
    }
}
