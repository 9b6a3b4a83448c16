using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Measure;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched;

/// <summary>
/// What the core does about an interrupt. The machine has saved the running thread's registers (if one ran) and answers the
/// interrupt controller; afterwards it goes on with <see cref="Cpu.Current"/>, or idles.
/// </summary>
public static unsafe class Interrupts<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>This CPU's timer fired.</summary>
    public static void Timer(Cpu* cpu)
    {
        Instant now = Enter(cpu);
        Events.Count(cpu, Counter.TimerInterrupts);
        cpu->TimerSetTo = Instant.Never;
        Waits<TMachine>.Expire(cpu, now);
        Thread* thread = cpu->Current;
        if (thread != null && now >= thread->SliceEnd)
        {
            cpu->LookAgain = (ulong)SwitchReason.SliceEnd + 1;
            Balance<TMachine>.AtSliceEnd(cpu, now);
        }

        Leave(cpu, now);
    }

    /// <summary>Another CPU asked this one to look at its inbox, at others' queues, at its policy, at the fate of threads, or at
    /// whether its thread may go on.</summary>
    public static void Reschedule(Cpu* cpu)
    {
        Instant now = Enter(cpu);
        Events.Count(cpu, Counter.ReschedulesReceived);

        // A fence: a waker that still saw the flag set, and so sent nothing, pushed before what is read from here on.
        TMachine.Exchange(&cpu->ReschedulePending, 0);
        if (cpu->Current != null && WakeInbox<TMachine>.HasAny(cpu))
        {
            Scheduler<TMachine>.EmptyInbox(cpu);
        }

        if (TMachine.Load(&cpu->Summons) != 0)
        {
            cpu->WorkPending |= (ulong)PendingWork.Summons;
        }

        Policies<TMachine>.Adopt(cpu, now);
        if (cpu->Current != null && cpu->RunQueue.Count != 0)
        {
            // Somebody may have changed a queued thread's parameters.
            cpu->LookAgain = (ulong)SwitchReason.Wake + 1;
        }

        Leave(cpu, now);
    }

    /// <summary>Does a step of the work that waits for an idle CPU, with interrupts off; idle calls it again while some is
    /// left.</summary>
    public static void IdleWork(Cpu* cpu)
    {
        Instant now = Enter(cpu);
        Leave(cpu, now);
    }

    private static Instant Enter(Cpu* cpu)
    {
        Instant now = TMachine.Now(cpu);
        if (cpu->Current != null)
        {
            Accounting.ChargeThread(cpu, cpu->Current, now);
        }
        else
        {
            Accounting.ChargeIdle(cpu, now);
            Idle<TMachine>.Leave(cpu);
        }

        cpu->InInterrupt = 1;
        return now;
    }

    private static void Leave(Cpu* cpu, Instant now)
    {
        if (cpu->WorkPending != 0)
        {
            Work(cpu);
        }

        Thread* thread = cpu->Current;
        if (thread != null && !Scheduler<TMachine>.MayRunHere(cpu, thread))
        {
            thread->RunnableSince = now;
            cpu->Current = null;
            Scheduler<TMachine>.Divert(cpu, thread);
        }

        // From here on it is a switch like any other, at the expense of who runs next; so its slice, which begins now, is
        // charged in full when it ends.
        now = TMachine.Now(cpu);
        Accounting.ChargeKernel(cpu, now);
        cpu->InInterrupt = 0;
        if (cpu->Current == null)
        {
            Scheduler<TMachine>.Reschedule(cpu, now);
        }
        else
        {
            GoOn(cpu, now);
        }
    }

    private static void Work(Cpu* cpu)
    {
        if ((cpu->WorkPending & (ulong)PendingWork.Summons) != 0)
        {
            Summons<TMachine>.Answer(cpu);
        }

        if ((cpu->WorkPending & (ulong)PendingWork.Policy) != 0)
        {
            Policies<TMachine>.MoveStrays(cpu);
        }

        if ((cpu->WorkPending & (ulong)PendingWork.Teardown) != 0)
        {
            Teardown<TMachine>.Step(cpu);
        }
    }

    // The running thread goes on, unless there is a reason to look whether another one should.
    private static void GoOn(Cpu* cpu, Instant now)
    {
        if (cpu->LookAgain == 0 && Scheduler<TMachine>.HasNewParameters(cpu->Current))
        {
            cpu->LookAgain = (ulong)SwitchReason.Wake + 1;
        }

        if (cpu->LookAgain != 0)
        {
            Scheduler<TMachine>.LookAgain(cpu, now);
        }
        else
        {
            Attention<TMachine>.Settle(cpu);
        }
    }
}
