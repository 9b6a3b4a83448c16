using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Measure;
using Lachesis.Core.Processes;
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
        Events.Measure(cpu, Counter.PicksHandedOver);
        Scheduler<TMachine>.Dispatch(cpu, thread, now);
    }

    /// <summary>
    /// Whether this CPU has nobody else to run, under a policy that keeps no books about who does, and a thread that it has
    /// claimed can go on here as it is: then <see cref="Quickly"/> does what <see cref="To"/> would.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool CanBeQuick(Cpu* cpu, Thread* thread)
    {
        SchedulingPolicy policy = cpu->RunQueue.Policy;
        if (policy == SchedulingPolicy.Fair)
        {
            return false;
        }

        Urgency<TMachine>.PublishNone(cpu);
        return (cpu->RunQueue.Count | TMachine.Load(&cpu->Inbox)) == 0
            && thread->Ipc.PlainOn == cpu->Id
            && Scheduler<TMachine>.MayRunHere(cpu, thread)
            && !Scheduler<TMachine>.HasNewParameters(thread);
    }

    /// <summary>Notes of the running thread, which begins to wait for a message or an answer, whether <see cref="CanBeQuick"/> may
    /// be true of it.</summary>
    public static void NoteIfPlain(Cpu* cpu, Thread* thread)
    {
        bool plain = thread->Timer.Deadline >= Instant.Never && thread->WaitingFor == null && !cpu->RunQueue.TracksRunning;
        thread->Ipc.PlainOn = plain ? cpu->Id : Thread.NoCpu;
    }

    /// <summary>Charges the running thread, which blocks, up to now.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Instant StopQuickly(Cpu* cpu, Thread* thread)
    {
        Instant now = TMachine.Now(cpu);
        Accounting.ChargeThread(cpu, thread, now, tracksRunning: false);
        Events.Count(cpu, Counter.VoluntaryBlocks);
        thread->Ledger.VoluntaryBlocks = thread->Ledger.VoluntaryBlocks + 1;
        thread->Arrival = Arrival.Woken;
        thread->Ipc.PlainOn = cpu->Id;
        return now;
    }

    /// <summary>The claimed thread runs from <paramref name="now"/> on. It has not waited for the CPU, and as nobody else does,
    /// neither the timer nor what wakers are told changes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Quickly(Cpu* cpu, Thread* thread, Instant now)
    {
        Ownership<TMachine>.MoveHere(cpu, thread, Place.Waking, Place.Running);
        thread->RunnableSince = now;
        thread->ResidentSince = now;
        thread->QueuedUnder = cpu->RunQueue.Policy;
        thread->SliceEnd = now + thread->SliceLeft;
        thread->Ledger.Switches = thread->Ledger.Switches + 1;
        Events.Count(cpu, Counter.ContextSwitches);
        Events.Measure(cpu, Counter.PicksHandedOver);
        cpu->Current = thread;
        cpu->Switched = 1;
        cpu->LookAgain = 0;
        Urgency<TMachine>.Publish(cpu, thread);
        if (cpu->LoadedProcess != thread->Process)
        {
            AddressSpaces<TMachine>.Switch(cpu, thread->Process);
        }
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
        Events.Count(cpu, Counter.WakesLocal);
        if (runs)
        {
            Events.Measure(cpu, Counter.PicksHandedOver);
            Scheduler<TMachine>.Dispatch(cpu, thread, now);
            return;
        }

        Events.Count(cpu, Counter.HandoffsRefused);
        Scheduler<TMachine>.OfferToIdle(cpu, thread);
        Scheduler<TMachine>.Reschedule(cpu, now);
    }
}
