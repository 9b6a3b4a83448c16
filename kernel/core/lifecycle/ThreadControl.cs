using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Lifecycle;

/// <summary>Suspending, resuming and killing a thread, wherever it is just now.</summary>
/// <remarks>
/// A thread with a pending stop has an empty effective affinity mask (<see cref="Thread.EffectiveAffinity"/>), so the affinity check
/// that every path to running a thread makes finds the stop. Stop and mask are written, then the handoff generations advance, then the
/// state is read (<see cref="EnforcePendingStop"/>). A CPU that moves the thread reads the mask after it became the owner; if it read
/// the old mask, the state read here already names that CPU, which then gets a remote stop.
/// </remarks>
public static unsafe class ThreadControl<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>The thread, to which the caller holds a reference, does not run until it is resumed. <see
    /// cref="Error.BadState"/> if it has ended.</summary>
    public static Error Suspend(Cpu* cpu, Thread* thread)
    {
        if (!TryLockAlive(cpu, thread))
        {
            return Error.BadState;
        }

        TMachine.Store(&thread->PendingStop, thread->PendingStop | (ulong)PendingStops.Suspended);
        UpdateEffectiveAffinity(cpu, thread);
        EnforcePendingStop(cpu, thread);
        return Error.None;
    }

    /// <summary>The thread is no longer suspended, and goes on where it was. <see cref="Error.BadState"/> if it has
    /// ended.</summary>
    public static Error Resume(Cpu* cpu, Thread* thread)
    {
        if (!TryLockAlive(cpu, thread))
        {
            return Error.BadState;
        }

        TMachine.Store(&thread->PendingStop, thread->PendingStop & ~(ulong)PendingStops.Suspended);
        UpdateEffectiveAffinity(cpu, thread);

        ThreadState seen = new(TMachine.Load(&thread->StateWord));
        if (seen.Location != ThreadLocation.Suspended)
        {
            // Its mask may have changed while the stop was pending, and no CPU was told.
            Affinity<TMachine>.Enforce(cpu, thread);
        }
        else if (Ownership<TMachine>.TryClaim(cpu, thread, seen))
        {
            // If it is killed as well, it stands still once more.
            ApplyPendingStop(cpu, thread);
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
        if (!TryLockAlive(cpu, thread))
        {
            return Error.BadState;
        }

        if ((thread->PendingStop & (ulong)PendingStops.Killed) == 0)
        {
            thread->ExitCode = code;
            TMachine.Store(&thread->PendingStop, thread->PendingStop | (ulong)PendingStops.Killed);
        }

        UpdateEffectiveAffinity(cpu, thread);
        EnforcePendingStop(cpu, thread);
        return Error.None;
    }

    /// <summary>The thread is to run on the CPUs of <paramref name="mask"/> alone. False while a stop
    /// is pending: the mask then takes effect when the thread is resumed.</summary>
    public static bool SetAffinity(Cpu* cpu, Thread* thread, CpuMask mask)
    {
        thread->Joiners.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        thread->RequestedAffinity = mask.Bits;
        bool free = thread->PendingStop == 0;
        UpdateEffectiveAffinity(cpu, thread);
        return free;
    }

    /// <summary>Applies a pending stop wherever the thread is, or requests it from the CPU that owns the thread. The caller holds a
    /// reference to the thread. No effect if no stop is pending.</summary>
    public static void EnforcePendingStop(Cpu* cpu, Thread* thread)
    {
        while (TMachine.Load(&thread->PendingStop) != 0)
        {
            ThreadState seen = new(TMachine.Load(&thread->StateWord));
            switch (seen.Location)
            {
                case ThreadLocation.Queued:
                    if (!QueuedThreads<TMachine>.TryDequeue(cpu, thread, seen.Cpu))
                    {
                        continue;
                    }

                    ApplyPendingStop(cpu, thread);
                    return;
                case ThreadLocation.Inbox:
                case ThreadLocation.Running or ThreadLocation.Claimed when seen.Cpu != cpu->Id:
                    RemoteStop<TMachine>.Request(cpu, cpu->Kernel->CpuAt(seen.Cpu), thread);
                    return;
                case ThreadLocation.Created or ThreadLocation.Blocked or ThreadLocation.Suspended when IsKillPending(thread):
                    if (!Ownership<TMachine>.TryClaim(cpu, thread, seen))
                    {
                        continue;
                    }

                    ApplyPendingStop(cpu, thread);
                    return;
                default:
                    return;
            }
        }
    }

    /// <summary>What becomes of a thread that this CPU owns, and that waits for nothing or is killed: it dies, stands still, or
    /// is made runnable.</summary>
    public static void ApplyPendingStop(Cpu* cpu, Thread* thread)
    {
        if (IsKillPending(thread))
        {
            ThreadLifecycle<TMachine>.End(cpu, thread, thread->ExitCode);
        }
        else
        {
            Wakeups<TMachine>.MakeRunnable(cpu, thread);
        }
    }

    /// <summary>
    /// Suspends a thread that this CPU owns and that waits for nothing. False if the stop was cancelled meanwhile: the thread is
    /// this CPU's again.
    /// </summary>
    /// <remarks>
    /// A CPU that resumes it writes the mask, fences, and then reads the state: either that CPU finds the thread here, or this CPU
    /// finds the mask. A CPU that kills it and finds it claimed has sent this CPU a remote stop, which then ends it.
    /// </remarks>
    public static bool EnterSuspended(Cpu* cpu, Thread* thread)
    {
        if (thread->EnqueueReason == EnqueueReason.Moved)
        {
            // It was runnable; to the scheduler a suspended thread sleeps.
            CpuAccounting.ChargeRunDelayOnDequeue(thread, TMachine.Now(cpu));
            thread->EnqueueReason = EnqueueReason.Woken;
        }

        Ownership<TMachine>.SetLocation(cpu, thread, ThreadLocation.Suspended, cpu->Id);
        TMachine.Fence();
        ThreadState seen = new(TMachine.Load(&thread->StateWord));
        return TMachine.Load(&thread->EffectiveAffinity) == 0
            || seen.Location != ThreadLocation.Suspended
            || !Ownership<TMachine>.TryClaim(cpu, thread, seen);
    }

    // A thread's end is published under the same lock, so a stop that is set under it comes in time or not at all.
    private static bool TryLockAlive(Cpu* cpu, Thread* thread)
    {
        thread->Joiners.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        if (new ThreadState(TMachine.Load(&thread->StateWord)).Location != ThreadLocation.Dead)
        {
            return true;
        }

        thread->Joiners.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        return false;
    }

    private static void UpdateEffectiveAffinity(Cpu* cpu, Thread* thread)
    {
        SpinLock.CheckHeld<TMachine>(&thread->Joiners.Lock, cpu);
        TMachine.Store(&thread->EffectiveAffinity, thread->PendingStop == 0 ? thread->RequestedAffinity : 0);
        thread->Joiners.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        DirectHandoffGenerations<TMachine>.AdvanceAll(cpu->Kernel);
    }

    private static bool IsKillPending(Thread* thread) => (TMachine.Load(&thread->PendingStop) & (ulong)PendingStops.Killed) != 0;
}
