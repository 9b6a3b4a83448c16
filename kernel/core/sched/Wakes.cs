using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched;

/// <summary>Where a runnable thread goes, and who is told. Every decision is counted by its reason.</summary>
public static unsafe class Wakes<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Makes a thread runnable that this CPU has claimed (<see cref="Place.Waking"/>): onto the CPU where it last ran if that is
    /// idle, else onto the nearest idle one that it may use, else where it last ran. A thread that never ran and finds no idle
    /// CPU goes where the fewest wait.
    /// </summary>
    public static void MakeRunnable(Cpu* cpu, Thread* thread)
    {
        uint target = Place(cpu, thread);
        if (target == cpu->Id)
        {
            cpu->Counters.Increment(Counter.WakesLocal);
            Scheduler<TMachine>.Enqueue(cpu, thread);
            Scheduler<TMachine>.ArmTimer(cpu);
            return;
        }

        cpu->Counters.Increment(Counter.WakesRemote);
        Cpu* other = cpu->Kernel->CpuAt(target);
        WakeInbox<TMachine>.Push(other, thread);
        if (TMachine.Load(ref other->NeedsInterrupt) != 0)
        {
            Interrupt(cpu, other);
        }
        else
        {
            cpu->Counters.Increment(Counter.ReschedulesSuppressed);
        }
    }

    /// <summary>Tells the nearest of the idle <paramref name="helpers"/> that this CPU's queue has a thread for it to steal.</summary>
    public static void OfferTo(Cpu* cpu, CpuMask helpers) => Interrupt(cpu, cpu->Kernel->CpuAt(helpers.NearestTo(cpu->Id)));

    /// <summary>
    /// Makes another CPU enter the kernel soon: it empties its inbox and looks again whether its thread may go on. One interrupt
    /// at a time: the target takes the flag back with a fence before it looks.
    /// </summary>
    public static void Interrupt(Cpu* cpu, Cpu* target)
    {
        if (TMachine.Exchange(ref target->ReschedulePending, 1) != 0)
        {
            cpu->Counters.Increment(Counter.ReschedulesSuppressed);
            return;
        }

        cpu->Counters.Increment(Counter.ReschedulesSent);
        TMachine.SendReschedule(cpu, target);
    }

    private static uint Place(Cpu* cpu, Thread* thread)
    {
        Kernel* kernel = cpu->Kernel;
        CpuMask allowed = new CpuMask(TMachine.Load(ref thread->AffinityBits)) & kernel->Online;
        CpuMask idle = new CpuMask(TMachine.Load(ref kernel->IdleMask)) & allowed;
        uint last = thread->LastCpu;
        if (allowed.Has(last))
        {
            if (idle.Has(last) && Idle<TMachine>.TryClaim(kernel, last))
            {
                cpu->Counters.Increment(Counter.PlacedLastIdle);
                return last;
            }

            if (cpu->Current == null && last == cpu->Id)
            {
                cpu->Counters.Increment(Counter.PlacedLastIdle);
                return last;
            }
        }

        if (!idle.IsEmpty)
        {
            uint nearest = idle.NearestTo(last);
            if (Idle<TMachine>.TryClaim(kernel, nearest))
            {
                cpu->Counters.Increment(Counter.PlacedOtherIdle);
                return nearest;
            }
        }

        if (thread->HasRun == 0)
        {
            last = LeastLoaded(kernel, cpu->Id, allowed);
        }

        if (allowed.Has(last))
        {
            cpu->Counters.Increment(Counter.PlacedLastBusy);
            return last;
        }

        cpu->Counters.Increment(Counter.PlacedByMask);
        return allowed.NearestTo(last);
    }

    // Bounded by the number of CPUs. Counts are read without locks: a hint is enough here, stealing evens out the rest.
    private static uint LeastLoaded(Kernel* kernel, uint origin, CpuMask allowed)
    {
        uint best = allowed.NearestTo(origin);
        ulong fewest = ulong.MaxValue;
        for (uint i = 0; i < kernel->CpuCount; i++)
        {
            uint id = origin + i < kernel->CpuCount ? origin + i : origin + i - kernel->CpuCount;
            ulong count = TMachine.Load(ref kernel->CpuAt(id)->RunQueue.Count);
            if (allowed.Has(id) && count < fewest)
            {
                fewest = count;
                best = id;
            }
        }

        return best;
    }
}
