using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Machine;
using Lachesis.Core.Memory;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched;

/// <summary>
/// Who runs on a CPU. It gets its next thread in one of three ways: <see cref="Reschedule"/>, when nobody runs; <see
/// cref="Yield"/> and <see cref="HandleNeedResched"/>, when the running thread may make way; <see cref="TryHandOffTo"/>, when one hands over to another.
/// </summary>
public static unsafe partial class Scheduler<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Chooses what this CPU runs next: empties the inbox, takes the next of the run queue, else steals, else idles. Before:
    /// it has no current thread, and its time is charged up to <paramref name="now"/>. After: <see cref="Cpu.Current"/> is
    /// a running thread with its address space loaded, or null and the CPU is idle.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Reschedule(Cpu* cpu, Instant now)
    {
        Urgency<TMachine>.PublishNone(cpu);
        if (!WakeInbox<TMachine>.HasAny(cpu))
        {
            Thread* next = PickNext(cpu);
            if (next != null && MayRunHere(cpu, next))
            {
                Dispatch(cpu, next, now);
                return;
            }

            if (next != null)
            {
                HandleNotRunnableHere(cpu, next);
            }
        }

        RescheduleSlowPath(cpu, now);
    }

    /// <summary>Whether a thread that this CPU owns may go on running on it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool MayRunHere(Cpu* cpu, Thread* thread) =>
        (TMachine.Load(&thread->EffectiveAffinity) >> (int)cpu->Id & 1) != 0 && TMachine.Load(&thread->Process->ExitPending) == 0;

    /// <summary>What becomes of a thread that this CPU runs, or was about to, and may not: it dies, stands still, or moves to a
    /// CPU that it may run on.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void HandleNotRunnableHere(Cpu* cpu, Thread* thread)
    {
        EventCounters.CountIfMeasured(cpu, Counter.PicksDiverted);
        StopRunning(cpu, thread, EnqueueReason.Moved);
        Ownership<TMachine>.SetLocation(cpu, thread, ThreadLocation.Claimed, cpu->Id);
        if (TMachine.Load(&thread->Process->ExitPending) != 0)
        {
            ThreadLifecycle<TMachine>.End(cpu, thread, thread->Process->ExitCode);
        }
        else
        {
            ThreadControl<TMachine>.ApplyPendingStop(cpu, thread);
        }
    }

    // With everything that may come up: something in the inbox, threads that may not run here, nothing to run.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RescheduleSlowPath(Cpu* cpu, Instant now)
    {
        while (true)
        {
            Thread* next = WakeInbox<TMachine>.HasAny(cpu) ? TakeFromInbox(cpu) : null;
            if (next == null)
            {
                next = PickNext(cpu);
            }

            if (next == null)
            {
                next = Idle<TMachine>.PublishIdleOrSteal(cpu, out bool halt);
                if (halt)
                {
                    EventCounters.CountIfMeasured(cpu, Counter.PicksNone);
                    return;
                }

                EventCounters.CountIfMeasured(cpu, Counter.PicksStolen, next == null ? 0 : 1);
            }

            if (next != null && MayRunHere(cpu, next))
            {
                Dispatch(cpu, next, now);
                return;
            }

            if (next != null)
            {
                HandleNotRunnableHere(cpu, next);
            }
        }
    }

    // Becomes the owner of the next thread of the queue: it counts as running here from the moment it leaves the list.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Thread* PickNext(Cpu* cpu)
    {
        if (TMachine.Load(&cpu->RunQueue.Count) == 0)
        {
            // Only this CPU adds to its queue, so an empty one stays empty.
            return null;
        }

        cpu->RunQueue.Acquire<TMachine>(cpu);
        Thread* thread = cpu->RunQueue.PickNext(cpu);
        if (thread != null)
        {
            Ownership<TMachine>.SetLocation(cpu, thread, ThreadLocation.Running, cpu->Id);
        }

        cpu->RunQueue.Release<TMachine>(cpu);
        EventCounters.CountIfMeasured(cpu, Counter.PickCandidates);
        EventCounters.CountIfMeasured(cpu, Counter.PicksQueued, thread == null ? 0 : 1);
        return thread;
    }

    // Moves what others woke for this CPU into its queue; a single one, with nobody else to choose from, runs without having
    // been queued.
    private static Thread* TakeFromInbox(Cpu* cpu)
    {
        Thread* thread = WakeInbox<TMachine>.TakeAll(cpu);
        if (TMachine.Load(&cpu->RunQueue.Count) != 0 || thread->QueueNext != null)
        {
            EnqueueAll(cpu, thread);
            return null;
        }

        PrepareEnqueue(cpu, thread);
        Ownership<TMachine>.SetLocation(cpu, thread, ThreadLocation.Running, cpu->Id);
        StartRunning(cpu, thread);
        EventCounters.CountIfMeasured(cpu, Counter.PicksArrived);
        return thread;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Dispatch(Cpu* cpu, Thread* thread, Instant now)
    {
        if (thread->LastCpu != cpu->Id)
        {
            RecordMigration(cpu, thread);
        }

        Ledger.CountSwitch(thread);
        EventCounters.Count(cpu, Counter.ContextSwitches);
        CpuAccounting.ChargeRunDelayOnDispatch<TMachine>(cpu, thread, now);
        thread->SliceEnd = now + cpu->RunQueue.SliceOf(thread);
        cpu->Current = thread;
        cpu->ReturnsToContext = 1;
        cpu->NeedResched = 0;
        Urgency<TMachine>.Publish(cpu, thread);
        if (cpu->LoadedProcess != thread->Process)
        {
            AddressSpaces<TMachine>.Switch(cpu, thread->Process);
        }

        PreemptionTimer<TMachine>.ProgramAtDispatch(cpu, thread);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RecordMigration(Cpu* cpu, Thread* thread)
    {
        if (thread->LastCpu != Thread.NoCpu)
        {
            Ledger.CountMigration(thread);
            EventCounters.Count(cpu, Counter.MigrationsIn);
            EventCounters.CountRemote<TMachine>(cpu->Kernel->CpuAt(thread->LastCpu), Counter.MigrationsOut);
        }

        thread->LastCpu = cpu->Id;
        thread->Ipc.DirectHandoffGeneration = 0;
    }
}
