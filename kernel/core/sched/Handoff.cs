using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Machine;
using Lachesis.Core.Memory;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched;

/// <summary>
/// From a thread that has just blocked straight to the one that it woke, on the same CPU. A preference only: the woken thread
/// runs if it would have been the CPU's next choice anyway, or nothing else waits for the CPU.
/// </summary>
public static unsafe class Handoff<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// A thread that this CPU has claimed becomes runnable, on this CPU if it ran here last or nobody else waits for it, and
    /// at once if the policy allows; and the CPU chooses what it runs. Before and after: as <see
    /// cref="Scheduler{TMachine}.Reschedule"/>.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void WakeAndReschedule(Cpu* cpu, Thread* thread, Instant now)
    {
        ulong generation = TMachine.Load(&cpu->DirectHandoffGeneration);
        Urgency<TMachine>.PublishNone(cpu);
        if (TMachine.Load(&cpu->RunQueue.Count) != 0 || WakeInbox<TMachine>.HasAny(cpu) || !Scheduler<TMachine>.MayRunHere(cpu, thread))
        {
            WakeAndRescheduleContended(cpu, thread, now);
            return;
        }

        thread->RunnableSince = now;
        Scheduler<TMachine>.PrepareEnqueue(cpu, thread);
        Ownership<TMachine>.SetLocationHere(cpu, thread, ThreadLocation.Claimed, ThreadLocation.Running);
        Scheduler<TMachine>.StartRunning(cpu, thread);
        EventCounters.CountIfMeasured(cpu, Counter.PicksHandedOver);
        Scheduler<TMachine>.Dispatch(cpu, thread, now);
        thread->Ipc.DirectHandoffGeneration = cpu->RunQueue.TracksRunning ? 0 : generation;
    }

    /// <summary>
    /// Whether a thread that this CPU has claimed can go on here in place of the running one, which blocks, as it is: then <see
    /// cref="SwitchDirectly"/> does what <see cref="WakeAndReschedule"/> would. Nobody else is to run here, and the policy keeps no books about who
    /// does. What wakers are told is then what it says of the claimed one.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool CanSwitchDirectly(Cpu* cpu, Thread* running, Thread* thread)
    {
        if (!DirectHandoffGenerations<TMachine>.IsCurrent(cpu, thread))
        {
            return false;
        }

        if (thread->PriorityUrgency != running->PriorityUrgency && cpu->RunQueue.Policy == SchedulingPolicy.Priority)
        {
            // As it may be less urgent: a waker either is seen in the inbox, or sees this.
            TMachine.Store(&cpu->RunningUrgency, thread->PriorityUrgency);
            TMachine.Fence();
        }

        // Wakers must have been told that nobody else waits: another CPU may have emptied the queue since this one last looked.
        return (TMachine.Load(&cpu->RunQueue.Count) | cpu->NeedResched | TMachine.Load(&cpu->Inbox)) == 0 && cpu->NeedsRescheduleIpi != 0;
    }

    /// <summary>Notes of the running thread, which begins to wait for a message or an answer, that more than to let it run is to
    /// be done in the end, if it is so.</summary>
    public static void RequireFullWakeIfCleanupNeeded(Thread* thread)
    {
        if (thread->Timer.Deadline < Instant.Never || thread->WaitingFor != null)
        {
            thread->Ipc.DirectHandoffGeneration = 0;
        }
    }

    /// <summary>Charges the running thread, which blocks until another runs <see cref="SwitchDirectly"/>, up to now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PrepareToBlock(Cpu* cpu, Thread* thread, Instant now)
    {
        CpuAccounting.ChargeThread(cpu, thread, now, tracksRunning: false);
        EventCounters.Count(cpu, Counter.VoluntaryBlocks);
        Ledger.CountVoluntaryBlock(thread);
        thread->EnqueueReason = EnqueueReason.Woken;
    }

    /// <summary>The claimed thread runs from <paramref name="now"/> on. It has not waited for the CPU, and as nobody else does,
    /// the timer stays as it is.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SwitchDirectly(Cpu* cpu, Thread* thread, Instant now)
    {
        Ownership<TMachine>.SetLocationHere(cpu, thread, ThreadLocation.Claimed, ThreadLocation.Running);
        thread->ResidentSince = now;
        thread->SliceEnd = now + thread->SliceLeft;
        Ledger.CountSwitch(thread);
        EventCounters.Count(cpu, Counter.ContextSwitches);
        EventCounters.CountIfMeasured(cpu, Counter.PicksHandedOver);
        cpu->Current = thread;
        if (cpu->LoadedProcess != thread->Process)
        {
            AddressSpaces<TMachine>.Switch(cpu, thread->Process);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void WakeAndRescheduleContended(Cpu* cpu, Thread* thread, Instant now)
    {
        bool here = thread->LastCpu == cpu->Id && !WakeInbox<TMachine>.HasAny(cpu) && Scheduler<TMachine>.MayRunHere(cpu, thread);
        if (!here)
        {
            Wakeups<TMachine>.MakeRunnable(cpu, thread);
            Scheduler<TMachine>.Reschedule(cpu, now);
            return;
        }

        thread->RunnableSince = now;
        thread->ResidentSince = now;
        Scheduler<TMachine>.PrepareEnqueue(cpu, thread);
        cpu->RunQueue.Acquire<TMachine>(cpu);
        bool runs = cpu->RunQueue.TryRunAtOnce(cpu, thread);
        Ownership<TMachine>.SetLocation(cpu, thread, runs ? ThreadLocation.Running : ThreadLocation.Queued, cpu->Id);
        cpu->RunQueue.Release<TMachine>(cpu);
        EventCounters.Count(cpu, Counter.WakesLocal);
        if (runs)
        {
            EventCounters.CountIfMeasured(cpu, Counter.PicksHandedOver);
            Scheduler<TMachine>.Dispatch(cpu, thread, now);
            return;
        }

        EventCounters.Count(cpu, Counter.HandoffsRefused);
        Scheduler<TMachine>.KickIdleFor(cpu, thread);
        Scheduler<TMachine>.Reschedule(cpu, now);
    }
}
