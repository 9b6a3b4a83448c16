using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Check;
using Lachesis.Core.Machine;
using Lachesis.Core.Notifications;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Rings;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Lifecycle;

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
        Thread* thread = (Thread*)cpu->Kernel->Threads.Allocate<TMachine>(cpu);
        created = thread;
        if (thread == null)
        {
            return Error.PoolFull;
        }

        thread->Process = process;
        References<TMachine>.Take(&process->Header);
        TMachine.Store(&thread->EffectiveAffinity, process->Cpus.Bits);
        thread->RequestedAffinity = process->Cpus.Bits;
        thread->Context.Rip = entry;
        thread->Context.Rsp = stack;
        thread->Context.Rdi = argument;
        if (thread->AppliedParameters != process->Parameters.Bits)
        {
            TMachine.Store(&thread->RequestedParameters, process->Parameters.Bits);
            ParameterUpdates.Apply(thread, process->Parameters);
        }

        thread->SiblingNext = process->FirstThread;
        if (process->FirstThread != null)
        {
            process->FirstThread->SiblingPrevious = thread;
        }

        process->FirstThread = thread;
        process->LiveThreads++;
        TMachine.Store(&thread->StateWord, new ThreadState(ThreadLocation.Created, cpu->Id, thread->Header.Generation).Word);
        return Error.None;
    }

    /// <summary>Makes a created thread runnable. <see cref="Error.BadState"/> if it was started before, or ended.</summary>
    public static Error Start(Cpu* cpu, Thread* thread)
    {
        ThreadState seen = new(TMachine.Load(&thread->StateWord));
        if (seen.Location != ThreadLocation.Created || !Ownership<TMachine>.TryClaim(cpu, thread, seen))
        {
            return Error.BadState;
        }

        Wakeups<TMachine>.MakeRunnable(cpu, thread);
        return Error.None;
    }

    /// <summary>The current thread ends, and another one runs.</summary>
    public static void ExitCurrent(Cpu* cpu, ulong code)
    {
        Thread* thread = cpu->Current;
        Instant now = TMachine.Now(cpu);
        CpuAccounting.ChargeThread(cpu, thread, now);
        Scheduler<TMachine>.StopRunning(cpu, thread, EnqueueReason.Moved);
        cpu->Current = null;
        Ownership<TMachine>.SetLocation(cpu, thread, ThreadLocation.Claimed, cpu->Id);
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
        Waits<TMachine>.CancelWait(cpu, thread);
        Notifications<TMachine>.Unbind(cpu, thread);
        SeededBugs.Inject(SeededBug.LeakedRing, ref *(ulong*)&thread->Context.Ring, 0ul);
        if (thread->Context.Ring != null)
        {
            RingExecution<TMachine>.AbortCurrentRequest(cpu, thread);
        }

        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        UnlinkFromProcess(cpu, process, thread);
        process->EndedThreadsLedger.Add(in thread->Ledger);
        TMachine.FetchAdd(&cpu->Kernel->ThreadsEnded, 1);
        process->LiveThreads--;
        bool last = process->LiveThreads == 0 && process->Phase == ProcessPhase.Alive;
        process->Lock.Release<TMachine>(cpu, LockRank.Process);

        // Joiners look at the state under the queue's lock before they wait, so none is added after this.
        thread->Joiners.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        thread->ExitCode = code;
        Ownership<TMachine>.SetLocation(cpu, thread, ThreadLocation.Dead, cpu->Id);
        thread->Joiners.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        if (last)
        {
            ProcessLifecycle<TMachine>.BeginExit(cpu, process, code);
        }

        // From here on the process, too, may be gone.
        if (Waits<TMachine>.CompleteSomeWaits(cpu, &thread->Joiners, code))
        {
            References<TMachine>.Drop(cpu, ObjectKind.Thread, thread->Header.Reference);
        }
        else
        {
            Teardown<TMachine>.Enqueue(cpu, thread);
        }
    }

    private static void UnlinkFromProcess(Cpu* cpu, Process* process, Thread* thread)
    {
        SpinLock.CheckHeld<TMachine>(&process->Lock, cpu);
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
