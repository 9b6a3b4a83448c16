using System.Runtime.CompilerServices;
using Lachesis.Core.Machine;
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
    public static void To(Cpu* cpu, Thread* thread, Instant now)
    {
        Urgency<TMachine>.PublishNone(cpu);
        if (cpu->RunQueue.Count != 0 || WakeInbox<TMachine>.HasAny(cpu) || !Scheduler<TMachine>.MayRunHere(cpu, thread))
        {
            ToAmongOthers(cpu, thread, now);
            return;
        }

        thread->RunnableSince = now;
        Scheduler<TMachine>.PrepareToEnter(cpu, thread);
        Ownership<TMachine>.MoveHere(cpu, thread, Place.Waking, Place.Running);
        Scheduler<TMachine>.Begin(cpu, thread);
        Scheduler<TMachine>.Dispatch(cpu, thread, now);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void ToAmongOthers(Cpu* cpu, Thread* thread, Instant now)
    {
        bool here = thread->LastCpu == cpu->Id && !WakeInbox<TMachine>.HasAny(cpu) && Scheduler<TMachine>.MayRunHere(cpu, thread);
        if (!here)
        {
            Wakes<TMachine>.MakeRunnable(cpu, thread);
            Scheduler<TMachine>.Reschedule(cpu, now);
            return;
        }

        thread->RunnableSince = now;
        thread->ResidentSince = now;
        Scheduler<TMachine>.PrepareToEnter(cpu, thread);
        cpu->RunQueue.Acquire<TMachine>(cpu);
        bool runs = cpu->RunQueue.TakeOver(cpu, thread);
        Ownership<TMachine>.Move(cpu, thread, runs ? Place.Running : Place.Queued, cpu->Id);
        cpu->RunQueue.Release<TMachine>(cpu);
        Measure.Events.Count(cpu, Abi.Counter.WakesLocal);
        if (runs)
        {
            Scheduler<TMachine>.Dispatch(cpu, thread, now);
            return;
        }

        Measure.Events.Count(cpu, Abi.Counter.HandoffsRefused);
        Scheduler<TMachine>.OfferToIdle(cpu, thread);
        Scheduler<TMachine>.Reschedule(cpu, now);
    }
}
