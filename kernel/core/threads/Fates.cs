using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Threads;

/// <summary>Suspending, resuming and killing a thread, wherever it is just now.</summary>
/// <remarks>
/// A thread with a fate has no CPU that it may run on (<see cref="Thread.AffinityBits"/>), so whoever is about to run it finds
/// that out by the question that it asks anyway. Fate and mask are written, then a fence, then the state is read (<see
/// cref="Reach"/>). Whoever moves the thread reads the mask after it became the owner; if it still read the old one, the
/// state read here already names the CPU that has to be summoned.
/// </remarks>
public static unsafe class Fates<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>The thread, to which the caller holds a reference, does not run until it is resumed. <see
    /// cref="Error.BadState"/> if it has ended.</summary>
    public static Error Suspend(Cpu* cpu, Thread* thread)
    {
        if (!TryBegin(cpu, thread))
        {
            return Error.BadState;
        }

        TMachine.Store(&thread->Fate, thread->Fate | (ulong)ThreadFate.Suspended);
        Decide(cpu, thread);
        Reach(cpu, thread);
        return Error.None;
    }

    /// <summary>The thread is no longer suspended, and goes on where it was. <see cref="Error.BadState"/> if it has
    /// ended.</summary>
    public static Error Resume(Cpu* cpu, Thread* thread)
    {
        if (!TryBegin(cpu, thread))
        {
            return Error.BadState;
        }

        TMachine.Store(&thread->Fate, thread->Fate & ~(ulong)ThreadFate.Suspended);
        Decide(cpu, thread);

        // If it is killed as well, it stands still once more.
        ThreadState seen = new(TMachine.Load(&thread->StateWord));
        if (seen.Place == Place.Suspended && Ownership<TMachine>.TryClaim(cpu, thread, seen))
        {
            Meet(cpu, thread);
        }

        return Error.None;
    }

    /// <summary>
    /// The thread, to which the caller holds a reference, ends with <paramref name="code"/>: at once, or, if it is some other
    /// CPU's just now, as soon as that one enters the kernel. Of several kills the first gives the code. <see
    /// cref="Error.BadState"/> if it has ended.
    /// </summary>
    public static Error Kill(Cpu* cpu, Thread* thread, ulong code)
    {
        if (!TryBegin(cpu, thread))
        {
            return Error.BadState;
        }

        if ((thread->Fate & (ulong)ThreadFate.Killed) == 0)
        {
            thread->ExitCode = code;
            TMachine.Store(&thread->Fate, thread->Fate | (ulong)ThreadFate.Killed);
        }

        Decide(cpu, thread);
        Reach(cpu, thread);
        return Error.None;
    }

    /// <summary>The thread is to run on the CPUs of <paramref name="mask"/> alone. Whether that is so already: not while it has
    /// a fate.</summary>
    public static bool SetAffinity(Cpu* cpu, Thread* thread, CpuMask mask)
    {
        thread->Joiners.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        thread->WantedAffinity = mask.Bits;
        bool free = thread->Fate == 0;
        Decide(cpu, thread);
        return free;
    }

    /// <summary>Sees to it that a thread with a fate gets what is due to it wherever it is; the caller holds a reference to it.
    /// Nothing to do for one that has none any more.</summary>
    public static void Reach(Cpu* cpu, Thread* thread)
    {
        while (TMachine.Load(&thread->Fate) != 0)
        {
            ThreadState seen = new(TMachine.Load(&thread->StateWord));
            switch (seen.Place)
            {
                case Place.Queued:
                    if (!Queues<TMachine>.TryRemove(cpu, thread, seen.Cpu))
                    {
                        continue;
                    }

                    Meet(cpu, thread);
                    return;
                case Place.Inbox:
                case Place.Running or Place.Waking when seen.Cpu != cpu->Id:
                    Summons<TMachine>.Send(cpu, cpu->Kernel->CpuAt(seen.Cpu), thread);
                    return;
                case Place.Created or Place.Blocked or Place.Suspended when IsKilled(thread):
                    if (!Ownership<TMachine>.TryClaim(cpu, thread, seen))
                    {
                        continue;
                    }

                    Meet(cpu, thread);
                    return;
                default:
                    return;
            }
        }
    }

    /// <summary>What becomes of a thread that this CPU owns, and that waits for nothing or is killed: it dies, stands still, or
    /// is made runnable.</summary>
    public static void Meet(Cpu* cpu, Thread* thread)
    {
        if (IsKilled(thread))
        {
            ThreadLifecycle<TMachine>.End(cpu, thread, thread->ExitCode);
        }
        else
        {
            Wakes<TMachine>.MakeRunnable(cpu, thread);
        }
    }

    /// <summary>
    /// A thread that this CPU owns, and that waits for nothing, stands still. False if its fate has changed meanwhile, and it
    /// is this CPU's again.
    /// </summary>
    /// <remarks>
    /// Who resumes it writes the mask, fences, and then reads the state: either it finds the thread here, or this CPU finds
    /// the mask. Who kills it, and finds it on its way, has summoned this CPU, which then ends it.
    /// </remarks>
    public static bool StandStill(Cpu* cpu, Thread* thread)
    {
        if (thread->Arrival == Arrival.Moved)
        {
            // It was runnable; whoever stands still sleeps as far as the scheduler is concerned.
            Accounting.BreakWait(thread, TMachine.Now(cpu));
            thread->Arrival = Arrival.Woken;
        }

        Ownership<TMachine>.Move(cpu, thread, Place.Suspended, cpu->Id);
        TMachine.Fence();
        ThreadState seen = new(TMachine.Load(&thread->StateWord));
        return TMachine.Load(&thread->AffinityBits) == 0
            || seen.Place != Place.Suspended
            || !Ownership<TMachine>.TryClaim(cpu, thread, seen);
    }

    // A thread's end is published under the same lock, so a fate that is decided under it comes in time or not at all.
    private static bool TryBegin(Cpu* cpu, Thread* thread)
    {
        thread->Joiners.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        if (new ThreadState(TMachine.Load(&thread->StateWord)).Place != Place.Dead)
        {
            return true;
        }

        thread->Joiners.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        return false;
    }

    private static void Decide(Cpu* cpu, Thread* thread)
    {
        TMachine.Store(&thread->AffinityBits, thread->Fate == 0 ? thread->WantedAffinity : 0);
        thread->Joiners.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        TMachine.Fence();
    }

    private static bool IsKilled(Thread* thread) => (TMachine.Load(&thread->Fate) & (ulong)ThreadFate.Killed) != 0;
}
