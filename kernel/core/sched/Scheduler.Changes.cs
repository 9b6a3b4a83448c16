using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched;

/// <summary>The running thread makes way: because it asks to, because it is time to look again, or by direct handoff.</summary>
public static unsafe partial class Scheduler<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>The running thread lets others run first, if there are any. Always <see cref="Error.None"/>.</summary>
    public static Error Yield(Cpu* cpu)
    {
        Instant now = TMachine.Now(cpu);
        CpuAccounting.ChargeThread(cpu, cpu->Current, now);
        ReconsiderCurrent(cpu, ReschedReason.Yield, now);
        return Error.None;
    }

    /// <summary>
    /// The running thread, charged up to <paramref name="now"/>, goes on or makes way for another one, as the policy says
    /// for the reason noted in <see cref="Cpu.NeedResched"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void HandleNeedResched(Cpu* cpu, Instant now) => ReconsiderCurrent(cpu, cpu->NeedReschedReason, now);

    /// <summary>
    /// Direct handoff: a thread that this CPU has claimed, and that may run here, runs at once and the running one is queued;
    /// if the policy does not allow that now, the claimed one is queued, and false.
    /// </summary>
    public static bool TryHandOffTo(Cpu* cpu, Thread* thread)
    {
        Thread* before = cpu->Current;
        Instant now = TMachine.Now(cpu);
        CpuAccounting.ChargeThread(cpu, before, now);
        thread->RunnableSince = now;
        thread->ResidentSince = now;
        PrepareEnqueue(cpu, thread);
        cpu->RunQueue.Acquire<TMachine>(cpu);
        bool runs = cpu->RunQueue.TryHandOff(cpu, before, thread);
        Thread* queued = runs ? before : thread;
        Ownership<TMachine>.SetLocation(cpu, queued, ThreadLocation.Queued, cpu->Id);
        if (runs)
        {
            Ownership<TMachine>.SetLocation(cpu, thread, ThreadLocation.Running, cpu->Id);
        }

        cpu->RunQueue.Release<TMachine>(cpu);
        EventCounters.Count(cpu, Counter.WakesLocal);
        if (!runs)
        {
            EventCounters.Count(cpu, Counter.HandoffsRefused);
            AfterEnqueue(cpu, thread);
            PreemptionTimer<TMachine>.ArmForSliceEnd(cpu);
            return false;
        }

        before->RunnableSince = now;
        EventCounters.CountIfMeasured(cpu, Counter.PicksHandedOver);
        KickIdleFor(cpu, before);
        Dispatch(cpu, thread, now);
        return true;
    }

    /// <summary>A thread that this CPU has claimed, and that may run here, preempts the running one, which is less urgent under
    /// the priority policy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Preempt(Cpu* cpu, Thread* thread)
    {
        Thread* before = cpu->Current;
        Instant now = TMachine.Now(cpu);
        CpuAccounting.ChargeThread(cpu, before, now, tracksRunning: false);
        before->SliceLeft = before->SliceEnd - now;
        thread->RunnableSince = now;
        PrepareEnqueue(cpu, thread);
        cpu->RunQueue.Acquire<TMachine>(cpu);
        cpu->RunQueue.RequeuePreempted(before);
        before->RunnableSince = now;
        Ownership<TMachine>.SetLocationHere(cpu, before, ThreadLocation.Running, ThreadLocation.Queued);
        Ownership<TMachine>.SetLocationHere(cpu, thread, ThreadLocation.Claimed, ThreadLocation.Running);
        cpu->RunQueue.Release<TMachine>(cpu);
        StartRunning(cpu, thread);
        Ledger.CountPreemption(before);
        EventCounters.Count(cpu, Counter.Preemptions);
        EventCounters.Count(cpu, Counter.WakesLocal);
        EventCounters.Count(cpu, Counter.PlacedLastBusy);
        EventCounters.CountIfMeasured(cpu, Counter.PicksHandedOver);
        KickIdleFor(cpu, before);
        Dispatch(cpu, thread, now);
    }

    /// <summary>
    /// The end of a system call that may have woken others for this CPU: gives its error, unless one of them runs now; then
    /// the caller finds it in its context.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Error ReturnAfterWakeups(Cpu* cpu, Error error) => cpu->NeedResched == 0 ? error : PreemptAtCallEnd(cpu, error);

    // The running thread, which is charged, goes on or makes way.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReconsiderCurrent(Cpu* cpu, ReschedReason reason, Instant now)
    {
        Thread* thread = cpu->Current;
        bool changes = reason != ReschedReason.Yield && HasNewParameters(thread);
        PrepareToReconsider(cpu, changes);
        if (reason == ReschedReason.Wake)
        {
            thread->SliceLeft = thread->SliceEnd - now;
        }

        cpu->RunQueue.Acquire<TMachine>(cpu);
        if (changes)
        {
            cpu->RunQueue.ApplyRunningParameters(thread, RequestedParameters(thread));
        }

        Thread* next = cpu->RunQueue.ReplaceRunning(cpu, thread, reason);
        if (next == null)
        {
            cpu->RunQueue.Release<TMachine>(cpu);
            KeepCurrent(cpu, thread, now);
            return;
        }

        thread->RunnableSince = now;
        Ownership<TMachine>.SetLocationHere(cpu, thread, ThreadLocation.Running, ThreadLocation.Queued);
        Ownership<TMachine>.SetLocationHere(cpu, next, ThreadLocation.Queued, ThreadLocation.Running);
        cpu->RunQueue.Release<TMachine>(cpu);
        CountExchange(cpu, thread, reason);
        KickIdleFor(cpu, thread);
        SwitchTo(cpu, next, now);
    }

    // All that may change the choice comes first: wakers see that this CPU chooses, and what they pushed by then is queued.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PrepareToReconsider(Cpu* cpu, bool changesParameters)
    {
        if (changesParameters)
        {
            // Perhaps to a lower priority.
            Urgency<TMachine>.PublishNone(cpu);
        }

        if (WakeInbox<TMachine>.HasAny(cpu))
        {
            DrainInbox(cpu);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void CountExchange(Cpu* cpu, Thread* thread, ReschedReason reason)
    {
        if (reason != ReschedReason.Yield)
        {
            Ledger.CountPreemption(thread);
            EventCounters.Count(cpu, Counter.Preemptions);
        }

        EventCounters.CountIfMeasured(cpu, Counter.PicksExchanged);
    }

    // To a thread of this CPU's queue, which may have lost the right to run here meanwhile.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SwitchTo(Cpu* cpu, Thread* next, Instant now)
    {
        if (MayRunHere(cpu, next))
        {
            Dispatch(cpu, next, now);
            return;
        }

        cpu->Current = null;
        HandleNotRunnableHere(cpu, next);
        Urgency<TMachine>.PublishNone(cpu);
        RescheduleSlowPath(cpu, now);
    }

    // The running thread stays, perhaps with a new slice.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void KeepCurrent(Cpu* cpu, Thread* thread, Instant now)
    {
        EventCounters.CountIfMeasured(cpu, Counter.PicksKept);
        cpu->NeedResched = 0;
        thread->SliceEnd = now + cpu->RunQueue.SliceOf(thread);
        Urgency<TMachine>.Publish(cpu, thread);
        PreemptionTimer<TMachine>.Program(cpu);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Error PreemptAtCallEnd(Cpu* cpu, Error error)
    {
        cpu->Current->Context.Rax = (ulong)error;
        HandleNeedResched(cpu, CpuAccounting.ChargeCurrentToNow<TMachine>(cpu));
        return error;
    }
}
