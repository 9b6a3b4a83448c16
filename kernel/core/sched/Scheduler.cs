using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Measure;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched;

/// <summary>
/// Who runs on a CPU. It gets its next thread in one of three ways: <see cref="Reschedule"/>, when nobody runs; <see
/// cref="Yield"/> and <see cref="LookAgain"/>, when the running thread may make way; <see cref="SwitchTo"/>, when one hands over to another.
/// </summary>
public static unsafe class Scheduler<TMachine>
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
            Thread* next = TakeNext(cpu);
            if (next != null && MayRunHere(cpu, next))
            {
                Dispatch(cpu, next, now);
                return;
            }

            if (next != null)
            {
                Divert(cpu, next);
            }
        }

        RescheduleThoroughly(cpu, now);
    }

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
            thread->Ledger.Preemptions++;
            Events.Count(cpu, Counter.Preemptions);
        }

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
        cpu->LookAgain = 0;
        thread->SliceEnd = now + cpu->RunQueue.SliceOf(thread);
        Urgency<TMachine>.Publish(cpu, thread);
        Attention<TMachine>.Settle(cpu);
    }

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
        OfferToIdle(cpu, before);
        Dispatch(cpu, thread, now);
        return true;
    }

    /// <summary>
    /// Puts a thread that this CPU owns and that comes from elsewhere into its own run queue. If another CPU idles that may
    /// run it, that one is told, so that none idles for long while this one has work to give.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Enqueue(Cpu* cpu, Thread* thread)
    {
        thread->ResidentSince = cpu->AccountedUntil;
        PrepareToEnter(cpu, thread);
        cpu->RunQueue.Acquire<TMachine>(cpu);
        Ownership<TMachine>.Move(cpu, thread, Place.Queued, cpu->Id);
        cpu->RunQueue.Insert(cpu, thread);
        if (cpu->RunQueue.Count == 1)
        {
            // A crowd from now on: it has a while to dissolve by itself.
            cpu->NextBalance = cpu->AccountedUntil + Balance<TMachine>.Interval;
        }

        cpu->RunQueue.Release<TMachine>(cpu);
        AfterQueueing(cpu, thread);
    }

    /// <summary>Moves what others woke for this CPU into its queue.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void EmptyInbox(Cpu* cpu) => EnqueueAll(cpu, WakeInbox<TMachine>.TakeAll(cpu));

    /// <summary>A thread that this CPU owns, and that comes from elsewhere, runs on it from now on, without having been
    /// queued.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Begin(Cpu* cpu, Thread* thread)
    {
        thread->ResidentSince = cpu->AccountedUntil;
        thread->QueuedUnder = cpu->RunQueue.Policy;
        if (cpu->RunQueue.TracksRunning)
        {
            BeginInQueue(cpu, thread);
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void BeginInQueue(Cpu* cpu, Thread* thread)
    {
        cpu->RunQueue.Acquire<TMachine>(cpu);
        cpu->RunQueue.Begin(cpu, thread);
        cpu->RunQueue.Release<TMachine>(cpu);
    }

    /// <summary>
    /// The end of a system call that may have woken others for this CPU: gives its error, unless one of them runs now; then
    /// the caller finds it in its context.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Error AfterWakes(Cpu* cpu, Error error) => cpu->LookAgain == 0 ? error : LookAgainAfterCall(cpu, error);

    /// <summary>Whether a thread that this CPU owns may go on running on it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool MayRunHere(Cpu* cpu, Thread* thread) =>
        (TMachine.Load(ref thread->AffinityBits) >> (int)cpu->Id & 1) != 0 && TMachine.Load(ref thread->Process->Dying) == 0;

    /// <summary>What becomes of a thread that this CPU runs, or was about to, and may not: it dies, stands still, or moves to a
    /// CPU that it may run on.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Divert(Cpu* cpu, Thread* thread)
    {
        Leave(cpu, thread, Arrival.Moved);
        Ownership<TMachine>.Move(cpu, thread, Place.Waking, cpu->Id);
        if (TMachine.Load(ref thread->Process->Dying) != 0)
        {
            ThreadLifecycle<TMachine>.End(cpu, thread, thread->Process->ExitCode);
        }
        else
        {
            Fates<TMachine>.Meet(cpu, thread);
        }
    }

    /// <summary>A thread that this CPU runs, or was about to, and that is charged, is going elsewhere; it will enter a queue
    /// again as <paramref name="arrival"/> says.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Leave(Cpu* cpu, Thread* thread, Arrival arrival)
    {
        thread->Arrival = arrival;
        if (cpu->RunQueue.TracksRunning)
        {
            LeaveQueue(cpu, thread);
        }
    }

    /// <summary>
    /// A thread was queued: if a CPU idles that may run it, that one is told. Against <see
    /// cref="Idle{TMachine}.EnterOrSteal"/>, which publishes the idle bit and then looks at the counts: one of the two sees
    /// the other. The same for parameters that were set while it was being queued.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void OfferToIdle(Cpu* cpu, Thread* thread)
    {
        TMachine.Fence();
        if (HasNewParameters(thread))
        {
            Parameters.Reach<TMachine>(cpu, thread);
        }

        CpuMask helpers = new CpuMask(TMachine.Load(ref cpu->Kernel->IdleMask)) & new CpuMask(thread->AffinityBits);
        if (!helpers.IsEmpty)
        {
            Wakes<TMachine>.OfferTo(cpu, helpers);
        }
    }

    /// <summary>Whether parameters were set that are not in force yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasNewParameters(Thread* thread) =>
        TMachine.Load(ref thread->WantedParameters) != thread->AppliedParameters;

    /// <summary>Puts the parameters that are wanted of a thread in force that this CPU owns and that is in no
    /// queue.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void TakeParameters(Thread* thread)
    {
        if (HasNewParameters(thread))
        {
            Fair.FairQueue.ReweighAbsent(thread, Wanted(thread));
        }
    }

    // With everything that may come up: something in the inbox, threads that may not run here, nothing to run.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RescheduleThoroughly(Cpu* cpu, Instant now)
    {
        while (true)
        {
            Thread* next = WakeInbox<TMachine>.HasAny(cpu) ? TakeArrivals(cpu) : null;
            if (next == null)
            {
                next = TakeNext(cpu);
            }

            if (next == null)
            {
                next = Idle<TMachine>.EnterOrSteal(cpu, out bool halt);
                if (halt)
                {
                    return;
                }
            }

            if (next != null && MayRunHere(cpu, next))
            {
                Dispatch(cpu, next, now);
                return;
            }

            if (next != null)
            {
                Divert(cpu, next);
            }
        }
    }

    // Becomes the owner of the next thread of the queue: it counts as running here from the moment it leaves the list.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Thread* TakeNext(Cpu* cpu)
    {
        if (cpu->RunQueue.Count == 0)
        {
            // Only this CPU adds to its queue, so an empty one stays empty.
            return null;
        }

        cpu->RunQueue.Acquire<TMachine>(cpu);
        Thread* thread = cpu->RunQueue.TakeNext(cpu);
        if (thread != null)
        {
            Ownership<TMachine>.Move(cpu, thread, Place.Running, cpu->Id);
        }

        cpu->RunQueue.Release<TMachine>(cpu);
        Events.Measure(cpu, Counter.PickCandidates);
        return thread;
    }

    // Moves what others woke for this CPU into its queue; a single one, with nobody else to choose from, runs without having
    // been queued.
    private static Thread* TakeArrivals(Cpu* cpu)
    {
        Thread* thread = WakeInbox<TMachine>.TakeAll(cpu);
        if (cpu->RunQueue.Count != 0 || thread->QueueNext != null)
        {
            EnqueueAll(cpu, thread);
            return null;
        }

        PrepareToEnter(cpu, thread);
        Ownership<TMachine>.Move(cpu, thread, Place.Running, cpu->Id);
        Begin(cpu, thread);
        return thread;
    }

    private static void EnqueueAll(Cpu* cpu, Thread* thread)
    {
        while (thread != null)
        {
            Thread* next = thread->QueueNext;
            Enqueue(cpu, thread);
            thread = next;
        }
    }

    // Before the queue's lock: what a thread that comes from elsewhere has to bring along.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void PrepareToEnter(Cpu* cpu, Thread* thread)
    {
        TakeParameters(thread);
        if (thread->Fair.Lag < 0 && thread->Arrival == Arrival.Woken && thread->Fair.LagCpu != cpu->Id)
        {
            PayDebt(cpu, thread);
        }
    }

    // What a sleeper owed, it owed to the threads of the CPU that it left: how much of that is paid off, only V there tells.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void PayDebt(Cpu* cpu, Thread* thread)
    {
        PerCpuRunQueue* left = &cpu->Kernel->CpuAt(thread->Fair.LagCpu)->RunQueue;
        left->Acquire<TMachine>(cpu);
        thread->Fair.Lag = left->Fair.LagAfterSleep(thread);
        left->Release<TMachine>(cpu);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AfterQueueing(Cpu* cpu, Thread* thread)
    {
        OfferToIdle(cpu, thread);
        if (cpu->Current != null && cpu->LookAgain == 0 && Urgency<TMachine>.MayPreempt(cpu, thread))
        {
            cpu->LookAgain = (ulong)SwitchReason.Wake + 1;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Error LookAgainAfterCall(Cpu* cpu, Error error)
    {
        cpu->Current->Context.Rax = (ulong)error;
        LookAgain(cpu, Accounting.Present<TMachine>(cpu));
        return error;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LeaveQueue(Cpu* cpu, Thread* thread)
    {
        cpu->RunQueue.Acquire<TMachine>(cpu);
        cpu->RunQueue.Leave(cpu, thread);
        cpu->RunQueue.Release<TMachine>(cpu);
    }

    private static SchedulingParameters Wanted(Thread* thread) => new(TMachine.Load(ref thread->WantedParameters));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void Dispatch(Cpu* cpu, Thread* thread, Instant now)
    {
        if (thread->LastCpu != cpu->Id)
        {
            NoteMigration(cpu, thread);
        }

        thread->Ledger.Switches++;
        Events.Count(cpu, Counter.ContextSwitches);
        Accounting.EndWait<TMachine>(cpu, thread, now);
        thread->SliceEnd = now + cpu->RunQueue.SliceOf(thread);
        cpu->Current = thread;
        cpu->Switched = 1;
        cpu->LookAgain = 0;
        Urgency<TMachine>.Publish(cpu, thread);
        if (cpu->LoadedProcess != thread->Process)
        {
            AddressSpaces<TMachine>.Switch(cpu, thread->Process);
        }

        Attention<TMachine>.SettleFor(cpu, thread);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void NoteMigration(Cpu* cpu, Thread* thread)
    {
        if (thread->LastCpu != Thread.NoCpu)
        {
            thread->Ledger.Migrations++;
            Events.Count(cpu, Counter.MigrationsIn);
            Events.CountElsewhere<TMachine>(cpu->Kernel->CpuAt(thread->LastCpu), Counter.MigrationsOut);
        }

        thread->LastCpu = cpu->Id;
    }
}
