using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched;

/// <summary>Changing where a thread may run, wherever it is just now.</summary>
public static unsafe class Affinity<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Allows a thread only the CPUs of <paramref name="mask"/>, which has one that runs. A queued thread moves at once;
    /// one that runs elsewhere at its CPU's next kernel entry, which this asks for; the caller itself in <see
    /// cref="SettleCurrent"/>; a suspended one when it is resumed.
    /// </summary>
    /// <remarks>
    /// The mask is written, then a fence, then the state is read. Whoever moves the thread reads the mask after it became
    /// the owner; if it still read the old one, the state read here already names the CPU that has to be told.
    /// </remarks>
    public static void Set(Cpu* cpu, Thread* thread, CpuMask mask)
    {
        if (!Fates<TMachine>.SetAffinity(cpu, thread, mask))
        {
            return;
        }

        while (true)
        {
            ThreadState seen = new(TMachine.Load(&thread->StateWord));
            switch (seen.Place)
            {
                case Place.Queued when mask.Has(seen.Cpu):
                    // It stays; but a CPU that it may use only now may idle.
                    Scheduler<TMachine>.OfferToIdle(cpu, thread);
                    return;
                case Place.Queued:
                    if (Queues<TMachine>.TryRemove(cpu, thread, seen.Cpu))
                    {
                        Wakes<TMachine>.MakeRunnable(cpu, thread);
                        return;
                    }

                    continue;
                case Place.Running or Place.Inbox or Place.Waking when seen.Cpu != cpu->Id:
                    Wakes<TMachine>.Interrupt(cpu, cpu->Kernel->CpuAt(seen.Cpu));
                    return;
                default:
                    return;
            }
        }
    }

    /// <summary>The current thread leaves this CPU if it may no longer run here.</summary>
    public static void SettleCurrent(Cpu* cpu)
    {
        Thread* thread = cpu->Current;
        if (Scheduler<TMachine>.MayRunHere(cpu, thread))
        {
            return;
        }

        Time.Instant now = TMachine.Now(cpu);
        Accounting.ChargeThread(cpu, thread, now);
        thread->RunnableSince = now;
        cpu->Current = null;
        Scheduler<TMachine>.Divert(cpu, thread);
        Scheduler<TMachine>.Reschedule(cpu, now);
    }
}
