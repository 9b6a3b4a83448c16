using System.Runtime.CompilerServices;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched;

/// <summary>
/// When a CPU next looks up from what it runs: its timer, and whether those who push into its inbox must interrupt it.
/// </summary>
public static unsafe class PreemptionTimer<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Before this CPU goes back to its thread: sets the timer, and says whether wakers must interrupt it. With others
    /// waiting, the slice timer will make it look at its inbox by itself; alone, it has no such timer.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Program(Cpu* cpu)
    {
        if (TMachine.Load(&cpu->RunQueue.Count) != 0)
        {
            TMachine.Store(&cpu->NeedsRescheduleIpi, 0);
        }
        else if (cpu->NeedsRescheduleIpi == 0)
        {
            RequestRescheduleIpis(cpu);
        }

        Arm(cpu);
    }

    /// <summary>The same for a thread that this CPU has just begun to run, with less to look at if others wait.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ProgramAtDispatch(Cpu* cpu, Thread* thread)
    {
        if (TMachine.Load(&cpu->RunQueue.Count) == 0 || cpu->WorkPending != 0)
        {
            Program(cpu);
            return;
        }

        TMachine.Store(&cpu->NeedsRescheduleIpi, 0);
        Instant needed = Instant.Earlier(cpu->Timers.EarliestHint, thread->SliceEnd);
        if (needed < cpu->TimerDeadline)
        {
            SetTimer(cpu, needed);
        }
    }

    /// <summary>
    /// Sets the timer for the earliest thing that matters to this CPU: a sleeper, or the end of the running thread's slice
    /// when others wait. A timer that is set for earlier stays: it finds nothing to do and comes back here.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Arm(Cpu* cpu)
    {
        Instant needed = cpu->Timers.EarliestHint;
        Thread* thread = cpu->Current;
        if (thread != null)
        {
            // Not by the count alone: a thief may have emptied the queue since wakers were told that no interrupt is needed.
            if (cpu->NeedsRescheduleIpi == 0 || TMachine.Load(&cpu->RunQueue.Count) != 0)
            {
                needed = Instant.Earlier(needed, thread->SliceEnd);
            }

            if ((cpu->NeedResched | cpu->WorkPending) != 0)
            {
                needed = Instant.Earlier(needed, NextWorkDue(cpu));
            }
        }

        if (needed < cpu->TimerDeadline)
        {
            SetTimer(cpu, needed);
        }
    }

    /// <summary>
    /// After a thread was queued: the running one, if any, now has a slice that ends. Nothing else of <see
    /// cref="Arm"/> can have become due earlier.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ArmForSliceEnd(Cpu* cpu)
    {
        Thread* thread = cpu->Current;
        if (thread != null && thread->SliceEnd < cpu->TimerDeadline)
        {
            SetTimer(cpu, thread->SliceEnd);
        }
    }

    // Whoever asked to look again is not in a position to switch: the timer comes at once and does.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Instant NextWorkDue(Cpu* cpu) =>
        cpu->NeedResched != 0 ? cpu->AccountedUntil : cpu->AccountedUntil + Teardown<TMachine>.StepInterval;

    // A waker that pushed before it could see the flag sent no interrupt: so look once more after setting it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RequestRescheduleIpis(Cpu* cpu)
    {
        TMachine.Store(&cpu->NeedsRescheduleIpi, 1);
        TMachine.Fence();
        if (WakeInbox<TMachine>.HasAny(cpu))
        {
            Scheduler<TMachine>.DrainInbox(cpu);
            TMachine.Store(&cpu->NeedsRescheduleIpi, 0);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SetTimer(Cpu* cpu, Instant deadline)
    {
        cpu->TimerDeadline = deadline;
        TMachine.SetTimer(cpu, deadline);
    }
}
