using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Machine;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched.Place;

/// <summary>Where a runnable thread goes, and who is told. Every decision is counted by its reason.</summary>
public static unsafe class Wakeups<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Makes a thread runnable that this CPU has claimed (<see cref="ThreadLocation.Claimed"/>): onto the CPU where it last ran if
    /// that is idle, else onto the nearest idle one that it may use, else where it last ran. A thread that never ran and
    /// finds no idle CPU goes where the fewest wait. One with a pending stop is suspended instead.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MakeRunnable(Cpu* cpu, Thread* thread)
    {
        // In a system call the running thread is not charged yet; one that ends or was interrupted is.
        bool charged = cpu->InInterrupt != 0 || cpu->Current == null;
        Instant now = charged ? cpu->AccountedUntil : TMachine.Now(cpu);
        if (thread->EnqueueReason != EnqueueReason.Moved)
        {
            thread->RunnableSince = now;
        }

        ulong allowed = TMachine.Load(&thread->EffectiveAffinity);
        bool noneIdle = (TMachine.Load(&cpu->Kernel->IdleMask) & allowed) == 0;
        PlacementOverride.DisableFastPath(ref noneIdle);
        if (noneIdle && thread->LastCpu == cpu->Id && new CpuMask(allowed).Has(cpu->Id) && cpu->Current != null)
        {
            EventCounters.Count(cpu, Counter.PlacedLastBusy);
            EnqueueHere(cpu, thread, now);
            return;
        }

        SelectCpuAndEnqueue(cpu, thread, now);
    }

    /// <summary>
    /// The same as the last that a system call does, which gives no error: a thread that is more urgent than the caller runs at
    /// once, where it would otherwise be queued and then chosen.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Error MakeRunnableAtCallEnd(Cpu* cpu, Thread* thread)
    {
        if (CanPreemptCurrent(cpu, thread))
        {
            Scheduler<TMachine>.Preempt(cpu, thread);
            return Error.None;
        }

        MakeRunnable(cpu, thread);
        return Scheduler<TMachine>.ReturnAfterWakeups(cpu, Error.None);
    }

    // Whether a claimed thread would be woken here and run next, with nothing else to be looked at.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool CanPreemptCurrent(Cpu* cpu, Thread* thread)
    {
        ulong allowed = TMachine.Load(&thread->EffectiveAffinity);
        return cpu->RunQueue.Policy == SchedulingPolicy.Priority
            && thread->Priority > cpu->Current->Priority
            && thread->LastCpu == cpu->Id
            && (cpu->NeedResched | TMachine.Load(&cpu->Inbox) | (TMachine.Load(&cpu->Kernel->IdleMask) & allowed)) == 0
            && Scheduler<TMachine>.MayRunHere(cpu, thread)
            && !Scheduler<TMachine>.HasNewParameters(thread);
    }

    /// <summary>
    /// Tells the nearest of the idle <paramref name="idleCpus"/> that a queue has a thread for it to steal. It is claimed
    /// first, so that of several threads queued in a row each finds a helper of its own.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void KickNearestIdle(Cpu* cpu, CpuMask idleCpus)
    {
        while (!idleCpus.IsEmpty)
        {
            uint nearest = idleCpus.NearestTo(cpu->Id);
            if (Idle<TMachine>.TryClaim(cpu->Kernel, nearest))
            {
                SendRescheduleIpi(cpu, cpu->Kernel->CpuAt(nearest));
                return;
            }

            idleCpus = idleCpus.Without(nearest);
        }
    }

    /// <summary>A queued thread's parameters have changed: its CPU looks again whether it should run.</summary>
    public static void RequestReschedule(Cpu* cpu, Cpu* owner)
    {
        if (owner != cpu)
        {
            SendRescheduleIpi(cpu, owner);
        }
        else if (cpu->Current != null && cpu->NeedResched == 0)
        {
            cpu->SetNeedResched(ReschedReason.Wake);
        }
    }

    /// <summary>A thread's ledger is being read. A CPU that runs it alone may not enter the kernel for long: this reading
    /// lacks what the thread has used since, but the next one will not.</summary>
    public static void RequestCharge(Cpu* cpu, Thread* thread)
    {
        ThreadState state = new(TMachine.Load(&thread->StateWord));
        if (state.Location == Threads.ThreadLocation.Running && state.Cpu != cpu->Id)
        {
            SendRescheduleIpi(cpu, cpu->Kernel->CpuAt(state.Cpu));
        }
    }

    /// <summary>
    /// Makes another CPU enter the kernel soon: it empties its inbox and looks again whether its thread may go on. One
    /// interrupt at a time: the target takes the flag back with a fence before it looks.
    /// </summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void SendRescheduleIpi(Cpu* cpu, Cpu* target)
    {
        if (TMachine.Exchange(&target->ReschedulePending, 1) != 0)
        {
            EventCounters.Count(cpu, Counter.ReschedulesSuppressed);
            return;
        }

        EventCounters.Count(cpu, Counter.ReschedulesSent);
        TMachine.SendRescheduleIpi(cpu, target);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void SelectCpuAndEnqueue(Cpu* cpu, Thread* thread, Instant now)
    {
        CpuMask allowed = new(TMachine.Load(&thread->EffectiveAffinity));
        while (allowed.IsEmpty)
        {
            if (ThreadControl<TMachine>.EnterSuspended(cpu, thread))
            {
                return;
            }

            thread->RunnableSince = now;
            allowed = new(TMachine.Load(&thread->EffectiveAffinity));
        }

        uint target = SelectAndClaimCpu(cpu, thread, allowed);
        if (target == cpu->Id)
        {
            EnqueueHere(cpu, thread, now);
        }
        else
        {
            PushTo(cpu, cpu->Kernel->CpuAt(target), thread);
        }
    }

    // Into another CPU's inbox; that one is interrupted if it would not look by itself, or should at once.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void PushTo(Cpu* cpu, Cpu* target, Thread* thread)
    {
        // Whether the target is interrupted depends on them.
        Scheduler<TMachine>.ApplyNewParameters(thread);
        EventCounters.Count(cpu, Counter.WakesRemote);
        WakeInbox<TMachine>.Push(cpu, target, thread);
        if (TMachine.Load(&target->NeedsRescheduleIpi) != 0 || Urgency<TMachine>.IsMoreUrgent(cpu, target, thread))
        {
            SendRescheduleIpi(cpu, target);
        }
        else
        {
            EventCounters.Count(cpu, Counter.ReschedulesSuppressed);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void EnqueueHere(Cpu* cpu, Thread* thread, Instant now)
    {
        if (cpu->RunQueue.TracksRunning && cpu->Current != null)
        {
            // Where the woken one is put depends on how far the running one has come.
            CpuAccounting.ChargeThread(cpu, cpu->Current, now);
        }

        EventCounters.Count(cpu, Counter.WakesLocal);
        Scheduler<TMachine>.Enqueue(cpu, thread);
        PreemptionTimer<TMachine>.ArmForSliceEnd(cpu);
    }

    // The CPU that a woken thread goes to, counted by its reason. If that is another one that idles, it is claimed; if a waker or
    // the CPU itself was quicker, the thread goes where it would go if none idled.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint SelectAndClaimCpu(Cpu* cpu, Thread* thread, CpuMask allowed)
    {
        uint tried = PlacementOverride.NoCpu;
        PlacementOverride.SelectCpu(cpu, thread, allowed, ref tried);
        if (tried != PlacementOverride.NoCpu)
        {
            return tried;
        }

        CpuMask idle = new CpuMask(TMachine.Load(&cpu->Kernel->IdleMask)) & allowed;
        CpuChoice choice = SelectCpu(cpu, thread, allowed, idle);
        if (choice.IsIdle && choice.Cpu != cpu->Id && !Idle<TMachine>.TryClaim(cpu->Kernel, choice.Cpu))
        {
            choice = SelectBusyCpu(cpu, thread, allowed);
        }

        EventCounters.Count(cpu, choice.Reason);
        return choice.Cpu;
    }

    // The rule of placement; it changes nothing. The idle CPUs are of those allowed.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static CpuChoice SelectCpu(Cpu* cpu, Thread* thread, CpuMask allowed, CpuMask idle)
    {
        bool isNew = thread->LastCpu == Thread.NoCpu;
        uint last = isNew ? cpu->Id : thread->LastCpu;
        bool lastIsIdle = last == cpu->Id ? cpu->Current == null && !isNew && allowed.Has(last) : idle.Has(last);
        if (lastIsIdle)
        {
            return new(last, Counter.PlacedLastIdle);
        }

        return idle.IsEmpty ? SelectBusyCpu(cpu, thread, allowed) : new(idle.NearestTo(last), Counter.PlacedOtherIdle);
    }

    // The same when no CPU idles that the thread may use.
    private static CpuChoice SelectBusyCpu(Cpu* cpu, Thread* thread, CpuMask allowed)
    {
        uint last = thread->LastCpu == Thread.NoCpu ? FewestQueued(cpu->Kernel, cpu->Id, allowed) : thread->LastCpu;
        return allowed.Has(last) ? new(last, Counter.PlacedLastBusy) : new(allowed.NearestTo(last), Counter.PlacedByMask);
    }

    // Bounded by the number of CPUs. Counts are read without locks: a hint is enough here, stealing evens out the rest.
    private static uint FewestQueued(Kernel* kernel, uint origin, CpuMask allowed)
    {
        uint best = allowed.NearestTo(origin);
        ulong fewest = ulong.MaxValue;
        for (uint i = 0; i < kernel->CpuCount; i++)
        {
            uint id = origin + i < kernel->CpuCount ? origin + i : origin + i - kernel->CpuCount;
            ulong count = TMachine.Load(&kernel->CpuAt(id)->RunQueue.Count);
            if (allowed.Has(id) && count < fewest)
            {
                fewest = count;
                best = id;
            }
        }

        return best;
    }
}
