using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Entry;

/// <summary>
/// What the core does about an interrupt. The machine has saved the running thread's registers (if one ran) and answers the
/// interrupt controller; afterwards it goes on with <see cref="Cpu.Current"/>, or idles.
/// </summary>
public static unsafe class Interrupts<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>This CPU's timer fired.</summary>
    public static void HandleTimer(Cpu* cpu)
    {
        Instant now = Enter(cpu);
        EventCounters.Count(cpu, Counter.TimerInterrupts);
        cpu->TimerDeadline = Instant.Never;
        Waits<TMachine>.ExpireTimers(cpu, now);
        Thread* thread = cpu->Current;
        if (thread != null && now >= thread->SliceEnd)
        {
            cpu->SetNeedResched(ReschedReason.SliceEnd);
            LoadBalance<TMachine>.AtSliceEnd(cpu, now);
        }

        Leave(cpu, now);
    }

    /// <summary>Another CPU asked this one to look at its inbox, at others' queues, at its policy, at remote stops, or at
    /// whether its thread may go on.</summary>
    public static void HandleRescheduleIpi(Cpu* cpu)
    {
        Instant now = Enter(cpu);
        EventCounters.Count(cpu, Counter.ReschedulesReceived);

        // A fence: a waker that still saw the flag set, and so sent nothing, pushed before what is read from here on.
        TMachine.Exchange(&cpu->ReschedulePending, 0);
        if (cpu->Current != null && WakeInbox<TMachine>.HasAny(cpu))
        {
            Scheduler<TMachine>.DrainInbox(cpu);
        }

        if (TMachine.Load(&cpu->RemoteStops) != 0)
        {
            cpu->WorkPending |= (ulong)PendingWork.RemoteStops;
        }

        PolicyChange<TMachine>.ApplyRequested(cpu, now);
        if (cpu->Current != null && TMachine.Load(&cpu->RunQueue.Count) != 0)
        {
            // Somebody may have changed a queued thread's parameters.
            cpu->SetNeedResched(ReschedReason.Wake);
        }

        Leave(cpu, now);
    }

    /// <summary>Does a step of the work that waits for an idle CPU, with interrupts off; idle calls it again while some is
    /// left.</summary>
    public static void RunIdleWork(Cpu* cpu)
    {
        Instant now = Enter(cpu);
        Leave(cpu, now);
    }

    private static Instant Enter(Cpu* cpu)
    {
        Instant now = TMachine.Now(cpu);
        if (cpu->Current != null)
        {
            CpuAccounting.ChargeThread(cpu, cpu->Current, now);
        }
        else
        {
            CpuAccounting.ChargeIdle(cpu, now);
            Idle<TMachine>.ClearIdle(cpu);
        }

        cpu->InInterrupt = 1;
        return now;
    }

    private static void Leave(Cpu* cpu, Instant now)
    {
        if (cpu->WorkPending != 0)
        {
            RunPendingWork(cpu);
        }

        Thread* thread = cpu->Current;
        if (thread != null && !Scheduler<TMachine>.MayRunHere(cpu, thread))
        {
            thread->RunnableSince = now;
            cpu->Current = null;
            Scheduler<TMachine>.HandleNotRunnableHere(cpu, thread);
        }

        // From here on it is a switch like any other, at the expense of who runs next; so its slice, which begins now, is
        // charged in full when it ends.
        now = TMachine.Now(cpu);
        CpuAccounting.ChargeKernel(cpu, now);
        cpu->InInterrupt = 0;
        if (cpu->Current == null)
        {
            Scheduler<TMachine>.Reschedule(cpu, now);
        }
        else
        {
            ContinueOrReschedule(cpu, now);
        }
    }

    private static void RunPendingWork(Cpu* cpu)
    {
        if ((cpu->WorkPending & (ulong)PendingWork.RemoteStops) != 0)
        {
            RemoteStop<TMachine>.HandleRequests(cpu);
        }

        if ((cpu->WorkPending & (ulong)PendingWork.Policy) != 0)
        {
            PolicyChange<TMachine>.RequeueOldPolicyThreads(cpu);
        }

        if ((cpu->WorkPending & (ulong)PendingWork.Teardown) != 0)
        {
            Teardown<TMachine>.Step(cpu);
        }
    }

    // The running thread goes on, unless there is a reason to look whether another one should.
    private static void ContinueOrReschedule(Cpu* cpu, Instant now)
    {
        if (cpu->NeedResched == 0 && Scheduler<TMachine>.HasNewParameters(cpu->Current))
        {
            cpu->SetNeedResched(ReschedReason.Wake);
        }

        if (cpu->NeedResched != 0)
        {
            Scheduler<TMachine>.HandleNeedResched(cpu, now);
        }
        else
        {
            PreemptionTimer<TMachine>.Program(cpu);
        }
    }
}
