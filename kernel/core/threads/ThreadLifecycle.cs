using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Time;

namespace Lachesis.Core.Threads;

/// <summary>Making, starting and ending threads.</summary>
public static unsafe class ThreadLifecycle<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Makes a thread of a process that is not dying, with one reference: its life's. It holds the process. Under its lock.
    /// <see cref="Error.PoolFull"/>.
    /// </summary>
    public static Error Create(Cpu* cpu, Process* process, ulong entry, ulong stack, ulong argument, out Thread* created)
    {
        SpinLock.CheckHeld<TMachine>(&process->Lock, cpu);
        Thread* thread = (Thread*)cpu->Kernel->Threads.Take<TMachine>(cpu);
        created = thread;
        if (thread == null)
        {
            return Error.PoolFull;
        }

        thread->Process = process;
        References<TMachine>.Take(&process->Header);
        thread->AffinityBits = process->Cpus.Bits;
        thread->WantedAffinity = process->Cpus.Bits;
        thread->Context.Rip = entry;
        thread->Context.Rsp = stack;
        thread->Context.Rdi = argument;
        if (thread->AppliedParameters != process->Parameters.Bits)
        {
            thread->WantedParameters = process->Parameters.Bits;
            Parameters.Apply(thread, process->Parameters);
        }

        thread->SiblingNext = process->FirstThread;
        if (process->FirstThread != null)
        {
            process->FirstThread->SiblingPrevious = thread;
        }

        process->FirstThread = thread;
        process->LiveThreads++;
        TMachine.Store(&thread->StateWord, new ThreadState(Place.Created, cpu->Id, thread->Header.Generation).Word);
        return Error.None;
    }

    /// <summary>Makes a created thread runnable. <see cref="Error.BadState"/> if it was started before, or ended.</summary>
    public static Error Start(Cpu* cpu, Thread* thread)
    {
        ThreadState seen = new(TMachine.Load(&thread->StateWord));
        if (seen.Place != Place.Created || !Ownership<TMachine>.TryClaim(cpu, thread, seen))
        {
            return Error.BadState;
        }

        Wakes<TMachine>.MakeRunnable(cpu, thread);
        return Error.None;
    }

    /// <summary>The current thread ends, and another one runs.</summary>
    public static void ExitCurrent(Cpu* cpu, ulong code)
    {
        Thread* thread = cpu->Current;
        Instant now = TMachine.Now(cpu);
        Accounting.ChargeThread(cpu, thread, now);
        Scheduler<TMachine>.Leave(cpu, thread, Arrival.Moved);
        cpu->Current = null;
        Ownership<TMachine>.Move(cpu, thread, Place.Waking, cpu->Id);
        End(cpu, thread, code);
        Scheduler<TMachine>.Reschedule(cpu, now);
    }

    /// <summary>
    /// Ends a thread that this CPU owns and does not run: whatever it waits in, its joiners learn the code, and with the
    /// last one the process begins to end.
    /// </summary>
    public static void End(Cpu* cpu, Thread* thread, ulong code)
    {
        Process* process = thread->Process;
        Waits<TMachine>.Detach(cpu, thread);
        Ipc.Notifications<TMachine>.Unbind(cpu, thread);
        SeededBugs.Alter(SeededBug.KeptRing, ref *(ulong*)&thread->Context.Ring, 0ul);
        if (thread->Context.Ring != null)
        {
            Rings.RingRun<TMachine>.Abandon(cpu, thread);
        }

        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        Unlink(process, thread);
        process->Ended.Add(in thread->Ledger);
        TMachine.FetchAdd(&cpu->Kernel->ThreadsEnded, 1);
        process->LiveThreads--;
        bool last = process->LiveThreads == 0 && process->Phase == ProcessPhase.Alive;
        process->Lock.Release<TMachine>(cpu, LockRank.Process);

        // Joiners look at the state under the queue's lock before they wait, so none is added after this.
        thread->Joiners.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        thread->ExitCode = code;
        Ownership<TMachine>.Move(cpu, thread, Place.Dead, cpu->Id);
        thread->Joiners.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        if (last)
        {
            ProcessLifecycle<TMachine>.BeginExit(cpu, process, code);
        }

        // From here on the process, too, may be gone.
        if (Waits<TMachine>.FinishSome(cpu, &thread->Joiners, code))
        {
            References<TMachine>.Drop(cpu, ObjectKind.Thread, thread->Header.Reference);
        }
        else
        {
            Teardown<TMachine>.Adopt(cpu, thread);
        }
    }

    private static void Unlink(Process* process, Thread* thread)
    {
        if (thread->SiblingPrevious == null)
        {
            process->FirstThread = thread->SiblingNext;
        }
        else
        {
            thread->SiblingPrevious->SiblingNext = thread->SiblingNext;
        }

        if (thread->SiblingNext != null)
        {
            thread->SiblingNext->SiblingPrevious = thread->SiblingPrevious;
        }
    }
}
