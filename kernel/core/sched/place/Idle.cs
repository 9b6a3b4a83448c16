using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Machine;
using Lachesis.Core.Memory;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched.Place;

/// <summary>What a CPU does with nothing in its own queue: says that it is idle, looks for work once more, and
/// halts.</summary>
/// <remarks>
/// The order matters. It publishes its idle bit and its wish for interrupts, fences, and only then looks at its inbox and at
/// other queues. Whoever makes a thread runnable does it the other way round: push or enqueue, fence, look at the bits. So
/// at least one of the two sees the other, and no thread waits beside a sleeping CPU.
/// </remarks>
public static unsafe class Idle<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>How many threads of another CPU's queue an idle CPU looks at for one that it may run.</summary>
    public const int StealScanLimit = 64;

    /// <summary>
    /// Gives a thread stolen from another CPU, which this CPU now owns. Otherwise null: with <paramref name="halt"/>, this
    /// CPU is published as idle; without, something came into its inbox meanwhile and it is not.
    /// </summary>
    public static Thread* PublishIdleOrSteal(Cpu* cpu, out bool halt)
    {
        halt = false;
        AddressSpaces<TMachine>.Unload(cpu);
        TMachine.Store(&cpu->NeedsRescheduleIpi, 1);
        SetBit(&cpu->Kernel->IdleMask, cpu->Id);
        if (WakeInbox<TMachine>.HasAny(cpu))
        {
            ClearIdle(cpu);
            return null;
        }

        Thread* stolen = Steal(cpu);
        if (stolen != null)
        {
            ClearIdle(cpu);
            return stolen;
        }

        halt = true;
        cpu->ReturnsToContext = 1;
        EventCounters.Count(cpu, Counter.IdleEntries);
        PreemptionTimer<TMachine>.Arm(cpu);
        return null;
    }

    /// <summary>This CPU is no longer idle. A waker may have taken the bit already.</summary>
    public static void ClearIdle(Cpu* cpu) => TryClearBit(&cpu->Kernel->IdleMask, cpu->Id);

    /// <summary>
    /// Takes an idle CPU's bit, so that other wakers look elsewhere; false if it has gone. The winner must give it a thread.
    /// </summary>
    public static bool TryClaim(Kernel* kernel, uint id) => TryClearBit(&kernel->IdleMask, id);

    // Nearest first, all CPUs once, at most StealScanLimit threads of each.
    private static Thread* Steal(Cpu* cpu)
    {
        Kernel* kernel = cpu->Kernel;
        for (uint i = 1; i < kernel->CpuCount; i++)
        {
            uint id = cpu->Id + i;
            Cpu* victim = kernel->CpuAt(id < kernel->CpuCount ? id : id - kernel->CpuCount);
            if (TMachine.Load(&victim->RunQueue.Count) == 0)
            {
                continue;
            }

            EventCounters.Count(cpu, Counter.StealsTried);
            Thread* thread = StealFrom(cpu, victim);
            if (thread != null)
            {
                EventCounters.Count(cpu, Counter.StealsWon);
                return thread;
            }
        }

        return null;
    }

    private static Thread* StealFrom(Cpu* cpu, Cpu* victim)
    {
        victim->RunQueue.Acquire<TMachine>(cpu);
        Thread* thread = victim->RunQueue.First;
        for (int i = 0; i < StealScanLimit && thread != null; i++)
        {
            if (new CpuMask(TMachine.Load(&thread->EffectiveAffinity)).Has(cpu->Id))
            {
                victim->RunQueue.Dequeue(victim, thread);
                Ownership<TMachine>.SetLocation(cpu, thread, ThreadLocation.Running, cpu->Id);
                break;
            }

            thread = i + 1 < StealScanLimit ? victim->RunQueue.After(thread) : null;
        }

        victim->RunQueue.Release<TMachine>(cpu);
        if (thread != null)
        {
            Scheduler<TMachine>.StartRunning(cpu, thread);
        }

        // Against Affinity.Set, which writes the mask and then reads the state: either it sees that the thread runs here
        // now, or this CPU sees the new mask when it looks once more.
        TMachine.Fence();
        return thread;
    }

    private static void SetBit(ulong* mask, uint bit)
    {
        ulong seen = TMachine.Load(mask);
        while (true)
        {
            ulong found = TMachine.CompareExchange(mask, seen | 1ul << (int)bit, seen);
            if (found == seen)
            {
                return;
            }

            seen = found;
        }
    }

    private static bool TryClearBit(ulong* mask, uint bit)
    {
        ulong seen = TMachine.Load(mask);
        while ((seen >> (int)bit & 1) != 0)
        {
            ulong found = TMachine.CompareExchange(mask, seen & ~(1ul << (int)bit), seen);
            if (found == seen)
            {
                return true;
            }

            seen = found;
        }

        return false;
    }
}
