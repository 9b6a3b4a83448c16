using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched.Place;

/// <summary>
/// Keeping the load of CPUs even over time. A CPU on which threads wait pushes one, every so often, to the CPU of the least
/// load; one that nobody waits on does nothing, so it needs no tick. It pushes if that does not make the imbalance larger:
/// so n + 1 equal threads go round n CPUs, each alone as often as the others, and get equal shares.
/// </summary>
/// <remarks>Load: under the fair policy the weights of queued and running threads; under the others, 1024 a thread. Loads of
/// other CPUs are read without locks: a wrong move is mended by the next.</remarks>
public static unsafe class LoadBalance<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>The shortest time between two pushes of one CPU.</summary>
    public static Duration PushInterval => Duration.FromMilliseconds(10);

    /// <summary>How long a thread waits on a CPU in vain until it is pushed without having run there.</summary>
    public static Duration StarvationLimit => Duration.FromMilliseconds(1000);

    /// <summary>How many queued threads are looked at for one to push.</summary>
    public const int ScanLimit = 64;

    /// <summary>The running thread's slice is over: a time to push a queued one, if it is time.</summary>
    public static void AtSliceEnd(Cpu* cpu, Instant now)
    {
        if (cpu->Kernel->CpuCount != 1 && TMachine.Load(&cpu->RunQueue.Count) != 0 && now >= cpu->NextPush)
        {
            Push(cpu, now);
        }
    }

    /// <summary>The load of a CPU, as a hint.</summary>
    public static ulong LoadOf(Cpu* cpu, Cpu* other)
    {
        bool idle = new CpuMask(TMachine.Load(&cpu->Kernel->IdleMask)).Has(other->Id);
        ulong queued = TMachine.Load(&other->RunQueue.Count);
        if ((SchedulingPolicy)TMachine.Load((uint*)&other->RunQueue.Policy) != SchedulingPolicy.Fair)
        {
            return (queued + (idle ? 0ul : 1)) * SchedulingLimits.DefaultWeight;
        }

        return other->RunQueue.Fair.QueuedWeightHint<TMachine>()
            + (idle ? 0 : FairQueue.WeightIn(TMachine.Load(&other->RunningUrgency)));
    }

    private static void Push(Cpu* cpu, Instant now)
    {
        ulong load = LoadOf(cpu, cpu);
        Cpu* target = LeastLoaded(cpu);
        ulong theirs = LoadOf(cpu, target);
        if (load <= theirs)
        {
            return;
        }

        ulong most = load - theirs;
        cpu->RunQueue.Acquire<TMachine>(cpu);
        Thread* thread = LongestResident(cpu, target->Id, most);
        bool waits = thread != null && cpu->PushDeferred == 0
            && IsLongerResident(cpu, cpu->Current, thread, target->Id, most);
        if (thread != null && !waits)
        {
            cpu->RunQueue.Dequeue(cpu, thread);
            Ownership<TMachine>.SetLocation(cpu, thread, ThreadLocation.Claimed, cpu->Id);
        }

        cpu->RunQueue.Release<TMachine>(cpu);
        if (waits)
        {
            // Its turn is the running thread's, which is queued from now on: at the end of the next slice, then.
            cpu->PushDeferred = 1;
            return;
        }

        cpu->PushDeferred = 0;
        cpu->NextPush = now + PushInterval;
        if (thread != null)
        {
            MigrateTo(cpu, target, thread, most);
        }
    }

    private static void MigrateTo(Cpu* cpu, Cpu* target, Thread* thread, ulong loadDifference)
    {
        EventCounters.Count(cpu, Counter.BalancePushes);
        if (loadDifference >= 3 * WeightOf(cpu, thread))
        {
            // One push a period does not even it out: overload that migration cannot keep up with.
            EventCounters.Count(cpu, Counter.BalanceBehind);
        }

        WakeInbox<TMachine>.Push(cpu, target, thread);
        Wakeups<TMachine>.SendRescheduleIpi(cpu, target);
    }

    // The thread that has been on this CPU longest, of those that may go: it is this CPU's turn to be rid of it. Under the
    // queue's lock.
    private static Thread* LongestResident(Cpu* cpu, uint target, ulong maxWeight)
    {
        Thread* longest = null;
        Thread* thread = cpu->RunQueue.First;
        for (int i = 0; i < ScanLimit && thread != null; i++)
        {
            if (longest == null ? CanMigrate(cpu, thread, target, maxWeight) : IsLongerResident(cpu, thread, longest, target, maxWeight))
            {
                longest = thread;
            }

            thread = cpu->RunQueue.After(thread);
        }

        return longest;
    }

    private static bool IsLongerResident(Cpu* cpu, Thread* thread, Thread* other, uint target, ulong maxWeight) =>
        thread->ResidentSince < other->ResidentSince && CanMigrate(cpu, thread, target, maxWeight);

    private static bool CanMigrate(Cpu* cpu, Thread* thread, uint target, ulong maxWeight) =>
        WeightOf(cpu, thread) <= maxWeight && RanHereOrStarved(cpu, thread) && new CpuMask(TMachine.Load(&thread->EffectiveAffinity)).Has(target);

    // Whoever were pushed from CPU to CPU faster than its turn comes would never run: so it first runs here, or waits in vain
    // for long enough.
    private static bool RanHereOrStarved(Cpu* cpu, Thread* thread) =>
        thread == cpu->Current
        || thread->RunnableSince > thread->ResidentSince
        || cpu->AccountedUntil > thread->ResidentSince + StarvationLimit;

    // Nearest upwards among equals, so that what goes round goes round in one direction.
    private static Cpu* LeastLoaded(Cpu* cpu)
    {
        Kernel* kernel = cpu->Kernel;
        Cpu* best = null;
        ulong least = ulong.MaxValue;
        for (uint i = 1; i < kernel->CpuCount; i++)
        {
            uint id = cpu->Id + i < kernel->CpuCount ? cpu->Id + i : cpu->Id + i - kernel->CpuCount;
            Cpu* other = kernel->CpuAt(id);
            ulong load = LoadOf(cpu, other);
            if (load < least)
            {
                least = load;
                best = other;
            }
        }

        return best;
    }

    private static ulong WeightOf(Cpu* cpu, Thread* thread) =>
        cpu->RunQueue.Policy == SchedulingPolicy.Fair ? (ulong)thread->Weight : SchedulingLimits.DefaultWeight;
}
