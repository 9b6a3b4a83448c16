using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Measure;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched;

/// <summary>
/// Who runs on a CPU. <see cref="Reschedule"/> is the one way in which a CPU gets its next thread: empty the inbox, take the
/// next of the run queue, else steal, else idle.
/// </summary>
public static unsafe class Scheduler<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Chooses what this CPU runs next. Before: it has no current thread, and its time is charged up to <paramref
    /// name="now"/>. After: <see cref="Cpu.Current"/> is a running thread with its address space loaded, or null and the
    /// CPU is idle.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Reschedule(Cpu* cpu, Instant now)
    {
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

    /// <summary>
    /// The running thread goes to the end of this CPU's queue, which is not empty, and the next one runs. The caller
    /// counts why. One turn of the queue under one lock; otherwise the same as <see cref="Enqueue"/> and <see
    /// cref="Reschedule"/>.
    /// </summary>
    public static void Rotate(Cpu* cpu)
    {
        Thread* thread = cpu->Current;
        Instant now = TMachine.Now(cpu);
        Accounting.ChargeThread(cpu, thread, now);
        if (WakeInbox<TMachine>.HasAny(cpu))
        {
            EmptyInbox(cpu);
        }

        cpu->RunQueue.Acquire<TMachine>(cpu);
        Thread* next = cpu->RunQueue.TakeFirst();
        Append(cpu, thread);
        if (next == null)
        {
            // Stolen since the caller looked.
            next = cpu->RunQueue.TakeFirst();
        }

        Ownership<TMachine>.Move(cpu, next, Place.Running, cpu->Id);
        cpu->RunQueue.Release<TMachine>(cpu);
        cpu->Current = null;
        OfferToIdle(cpu, thread);
        if (MayRunHere(cpu, next))
        {
            Dispatch(cpu, next, now);
            return;
        }

        Divert(cpu, next);
        RescheduleThoroughly(cpu, now);
    }

    /// <summary>
    /// The running thread goes to the end of this CPU's queue, and one that this CPU has claimed and that may run here
    /// runs at once.
    /// </summary>
    public static void SwitchTo(Cpu* cpu, Thread* thread)
    {
        Thread* before = cpu->Current;
        Instant now = TMachine.Now(cpu);
        Accounting.ChargeThread(cpu, before, now);
        cpu->Current = null;
        Enqueue(cpu, before);
        Ownership<TMachine>.Move(cpu, thread, Place.Running, cpu->Id);
        Events.Count(cpu, Counter.WakesLocal);
        Dispatch(cpu, thread, now);
    }

    /// <summary>
    /// Puts a thread that this CPU owns into its own run queue. If another CPU idles that may run it, that one is told, so
    /// that none idles for long while this one has work to give.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Enqueue(Cpu* cpu, Thread* thread)
    {
        cpu->RunQueue.Acquire<TMachine>(cpu);
        Append(cpu, thread);
        cpu->RunQueue.Release<TMachine>(cpu);
        OfferToIdle(cpu, thread);
    }

    /// <summary>Moves what others woke for this CPU into its queue.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void EmptyInbox(Cpu* cpu)
    {
        Thread* thread = WakeInbox<TMachine>.TakeAll(cpu);
        while (thread != null)
        {
            Thread* next = thread->QueueNext;
            Enqueue(cpu, thread);
            thread = next;
        }
    }

    /// <summary>Whether a thread that this CPU owns may go on running on it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool MayRunHere(Cpu* cpu, Thread* thread) =>
        (TMachine.Load(ref thread->AffinityBits) >> (int)cpu->Id & 1) != 0 && TMachine.Load(ref thread->Process->Dying) == 0;

    /// <summary>What becomes of a thread that this CPU owns and may not run: it dies, or moves to a CPU that it may run
    /// on.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Divert(Cpu* cpu, Thread* thread)
    {
        Ownership<TMachine>.Move(cpu, thread, Place.Waking, cpu->Id);
        if (TMachine.Load(ref thread->Process->Dying) != 0)
        {
            ThreadLifecycle<TMachine>.End(cpu, thread, thread->Process->ExitCode);
        }
        else
        {
            Wakes<TMachine>.MakeRunnable(cpu, thread);
        }
    }

    // With everything that may come up: something in the inbox, threads that may not run here, nothing to run.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RescheduleThoroughly(Cpu* cpu, Instant now)
    {
        while (true)
        {
            EmptyInbox(cpu);
            Thread* next = TakeNext(cpu);
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
        Thread* thread = cpu->RunQueue.TakeFirst();
        if (thread != null)
        {
            Ownership<TMachine>.Move(cpu, thread, Place.Running, cpu->Id);
        }

        cpu->RunQueue.Release<TMachine>(cpu);
        Events.Measure(cpu, Counter.PickCandidates);
        return thread;
    }

    // Under the queue's lock.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Append(Cpu* cpu, Thread* thread)
    {
        Ownership<TMachine>.Move(cpu, thread, Place.Queued, cpu->Id);
        cpu->RunQueue.Append(thread);
    }

    /// <summary>
    /// If a CPU idles that may run a queued thread, it is told. Against <see cref="Idle{TMachine}.EnterOrSteal"/>, which
    /// publishes the idle bit and then looks at the counts: one of the two sees the other.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void OfferToIdle(Cpu* cpu, Thread* thread)
    {
        TMachine.Fence();
        CpuMask helpers = new CpuMask(TMachine.Load(ref cpu->Kernel->IdleMask)) & new CpuMask(thread->AffinityBits);
        if (!helpers.IsEmpty)
        {
            Wakes<TMachine>.OfferTo(cpu, helpers);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Dispatch(Cpu* cpu, Thread* thread, Instant now)
    {
        if (thread->LastCpu != cpu->Id)
        {
            NoteMigration(cpu, thread);
        }

        thread->Ledger.Switches++;
        Events.Count(cpu, Counter.ContextSwitches);
        thread->SliceEnd = now + cpu->Kernel->Slice;
        cpu->Current = thread;
        cpu->Switched = 1;
        if (cpu->LoadedProcess != thread->Process)
        {
            AddressSpaces<TMachine>.Switch(cpu, thread->Process);
        }

        Attention<TMachine>.Settle(cpu);
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
