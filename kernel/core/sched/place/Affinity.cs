using Lachesis.Core.Accounting;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched.Place;

/// <summary>Changing where a thread may run, wherever it is just now.</summary>
public static unsafe class Affinity<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Allows a thread only the CPUs of <paramref name="mask"/>, which has one that runs. A queued thread moves at once;
    /// one that runs elsewhere at its CPU's next kernel entry, which this asks for; the caller itself in <see
    /// cref="EnforceOnCurrent"/>; a suspended one when it is resumed.
    /// </summary>
    /// <remarks>
    /// The mask is written, then the generations advance, then the state is read. A CPU that moves the thread reads it after it became
    /// the owner; if it still read the old one, the state read here already names the CPU that has to be told.
    /// </remarks>
    public static void Set(Cpu* cpu, Thread* thread, CpuMask mask)
    {
        if (ThreadControl<TMachine>.SetAffinity(cpu, thread, mask))
        {
            Enforce(cpu, thread);
        }
    }

    /// <summary>Sees to it that a thread, whose mask the caller has written and fenced, leaves a CPU that this forbids, wherever it
    /// is; the caller holds a reference to it.</summary>
    public static void Enforce(Cpu* cpu, Thread* thread)
    {
        CpuMask mask = new(TMachine.Load(&thread->EffectiveAffinity));
        while (true)
        {
            ThreadState seen = new(TMachine.Load(&thread->StateWord));
            switch (seen.Location)
            {
                case ThreadLocation.Queued when mask.Has(seen.Cpu):
                    // It stays; but a CPU that it may use only now may idle.
                    Scheduler<TMachine>.KickIdleFor(cpu, thread);
                    return;
                case ThreadLocation.Queued:
                    if (QueuedThreads<TMachine>.TryDequeue(cpu, thread, seen.Cpu))
                    {
                        Wakeups<TMachine>.MakeRunnable(cpu, thread);
                        return;
                    }

                    continue;
                case ThreadLocation.Running or ThreadLocation.Inbox or ThreadLocation.Claimed when seen.Cpu != cpu->Id:
                    Wakeups<TMachine>.SendRescheduleIpi(cpu, cpu->Kernel->CpuAt(seen.Cpu));
                    return;
                default:
                    return;
            }
        }
    }

    /// <summary>The current thread leaves this CPU if it may no longer run here.</summary>
    public static void EnforceOnCurrent(Cpu* cpu)
    {
        Thread* thread = cpu->Current;
        if (Scheduler<TMachine>.MayRunHere(cpu, thread))
        {
            return;
        }

        Instant now = TMachine.Now(cpu);
        CpuAccounting.ChargeThread(cpu, thread, now);
        thread->RunnableSince = now;
        cpu->Current = null;
        Scheduler<TMachine>.HandleNotRunnableHere(cpu, thread);
        Scheduler<TMachine>.Reschedule(cpu, now);
    }
}
