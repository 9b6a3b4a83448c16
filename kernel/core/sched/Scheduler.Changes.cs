using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Measure;
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
        Accounting.ChargeThread(cpu, cpu->Current, now);
        Rotate(cpu, SwitchReason.Yield, now);
        return Error.None;
    }

    /// <summary>
    /// The running thread, charged up to <paramref name="now"/>, goes on or makes way for another one, as the policy says
    /// for the reason noted in <see cref="Cpu.LookAgain"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void LookAgain(Cpu* cpu, Instant now) => Rotate(cpu, (SwitchReason)(cpu->LookAgain - 1), now);

    /// <summary>
    /// Direct handoff: a thread that this CPU has claimed, and that may run here, runs at once and the running one is queued;
    /// if the policy does not allow that now, the claimed one is queued, and false.
    /// </summary>
    public static bool SwitchTo(Cpu* cpu, Thread* thread)
    {
        Thread* before = cpu->Current;
        Instant now = TMachine.Now(cpu);
        Accounting.ChargeThread(cpu, before, now);
        thread->RunnableSince = now;
        thread->ResidentSince = now;
        PrepareToEnter(cpu, thread);
        cpu->RunQueue.Acquire<TMachine>(cpu);
        bool runs = cpu->RunQueue.HandOver(cpu, before, thread);
        Thread* queued = runs ? before : thread;
        Ownership<TMachine>.Move(cpu, queued, Place.Queued, cpu->Id);
        if (runs)
        {
            Ownership<TMachine>.Move(cpu, thread, Place.Running, cpu->Id);
        }

        cpu->RunQueue.Release<TMachine>(cpu);
        Events.Count(cpu, Counter.WakesLocal);
        if (!runs)
        {
            Events.Count(cpu, Counter.HandoffsRefused);
            AfterQueueing(cpu, thread);
            Attention<TMachine>.ArmSliceTimer(cpu);
            return false;
        }

        before->RunnableSince = now;
        Events.Measure(cpu, Counter.PicksHandedOver);
        OfferToIdle(cpu, before);
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
        Accounting.ChargeThread(cpu, before, now, tracksRunning: false);
        before->SliceLeft = before->SliceEnd - now;
        thread->RunnableSince = now;
        PrepareToEnter(cpu, thread);
        cpu->RunQueue.Acquire<TMachine>(cpu);
        cpu->RunQueue.PutBack(before);
        before->RunnableSince = now;
        Ownership<TMachine>.MoveHere(cpu, before, Place.Running, Place.Queued);
        Ownership<TMachine>.MoveHere(cpu, thread, Place.Waking, Place.Running);
        cpu->RunQueue.Release<TMachine>(cpu);
        Begin(cpu, thread);
        before->Ledger.Preemptions = before->Ledger.Preemptions + 1;
        Events.Count(cpu, Counter.Preemptions);
        Events.Count(cpu, Counter.WakesLocal);
        Events.Count(cpu, Counter.PlacedLastBusy);
        Events.Measure(cpu, Counter.PicksHandedOver);
        OfferToIdle(cpu, before);
        Dispatch(cpu, thread, now);
    }

    /// <summary>
    /// The end of a system call that may have woken others for this CPU: gives its error, unless one of them runs now; then
    /// the caller finds it in its context.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Error AfterWakes(Cpu* cpu, Error error) => cpu->LookAgain == 0 ? error : LookAgainAfterCall(cpu, error);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Rotate(Cpu* cpu, SwitchReason reason, Instant now)
    {
        Thread* thread = cpu->Current;
        bool changes = reason != SwitchReason.Yield && HasNewParameters(thread);
        if (changes)
        {
            // Perhaps to a lower priority.
            Urgency<TMachine>.PublishNone(cpu);
        }

        if (WakeInbox<TMachine>.HasAny(cpu))
        {
            EmptyInbox(cpu);
        }

        if (reason == SwitchReason.Wake)
        {
            thread->SliceLeft = thread->SliceEnd - now;
        }

        cpu->RunQueue.Acquire<TMachine>(cpu);
        if (changes)
        {
            cpu->RunQueue.ReapplyRunning(thread, Wanted(thread));
        }

        Thread* next = cpu->RunQueue.Exchange(cpu, thread, reason);
        if (next == null)
        {
            cpu->RunQueue.Release<TMachine>(cpu);
            GoOn(cpu, thread, now);
            return;
        }

        thread->RunnableSince = now;
        Ownership<TMachine>.MoveHere(cpu, thread, Place.Running, Place.Queued);
        Ownership<TMachine>.MoveHere(cpu, next, Place.Queued, Place.Running);
        cpu->RunQueue.Release<TMachine>(cpu);
        if (reason != SwitchReason.Yield)
        {
            thread->Ledger.Preemptions = thread->Ledger.Preemptions + 1;
            Events.Count(cpu, Counter.Preemptions);
        }

        Events.Measure(cpu, Counter.PicksExchanged);
        OfferToIdle(cpu, thread);
        if (MayRunHere(cpu, next))
        {
            Dispatch(cpu, next, now);
            return;
        }

        cpu->Current = null;
        Divert(cpu, next);
        Urgency<TMachine>.PublishNone(cpu);
        RescheduleThoroughly(cpu, now);
    }

    // The running thread stays, perhaps with a new slice.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void GoOn(Cpu* cpu, Thread* thread, Instant now)
    {
        Events.Measure(cpu, Counter.PicksKept);
        cpu->LookAgain = 0;
        thread->SliceEnd = now + cpu->RunQueue.SliceOf(thread);
        Urgency<TMachine>.Publish(cpu, thread);
        Attention<TMachine>.Settle(cpu);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Error LookAgainAfterCall(Cpu* cpu, Error error)
    {
        cpu->Current->Context.Rax = (ulong)error;
        LookAgain(cpu, Accounting.Present<TMachine>(cpu));
        return error;
    }
}
