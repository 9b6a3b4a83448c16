using System;
using Lachesis.Abi;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>What must hold for one CPU's fair queue: tree, sums, requests. Everything is added up anew, in 128 bits.</summary>
internal static unsafe class FairInvariants
{
    /// <summary>Gives how many threads are queued.</summary>
    internal static uint Check(FairQueue* queue)
    {
        DeadlineTree* tree = queue->Tree;
        uint count = DeadlineTreeInvariants.Check(tree);
        Int128 weight = 0;
        for (Thread* thread = tree->First; thread != null; thread = DeadlineTree.Next(thread))
        {
            weight += thread->Weight;
            CheckRequest(thread, queued: true);
        }

        Require(weight == queue->QueuedWeight, "a fair queue's weight is not the sum of its threads' weights");
        if (queue->Running != null)
        {
            CheckRequest(queue->Running, queued: false);
        }

        CheckZeroLag(queue);
        return count;
    }

    /// <summary>Sum of (v - origin) * w over a queue and the running thread; the total weight.</summary>
    internal static Int128 WeightedSum(FairQueue* queue, long origin, out Int128 weight)
    {
        Int128 moment = 0;
        weight = 0;
        for (Thread* thread = queue->Tree->First; thread != null; thread = DeadlineTree.Next(thread))
        {
            moment += (Int128)unchecked(thread->Fair.VirtualRuntime.Value - origin) * thread->Weight;
            weight += thread->Weight;
        }

        Thread* running = queue->Running;
        if (running != null)
        {
            moment += (Int128)unchecked(running->Fair.VirtualRuntime.Value - origin) * running->Weight;
            weight += running->Weight;
        }

        return moment;
    }

    /// <summary>Rounded down.</summary>
    internal static long FloorDivide(Int128 value, Int128 by)
    {
        Int128 quotient = value / by;
        return (long)(value - (quotient * by) < 0 ? quotient - 1 : quotient);
    }

    private static void CheckZeroLag(FairQueue* queue)
    {
        Thread* any = queue->Running != null ? queue->Running : queue->Tree->First;
        if (any == null)
        {
            return;
        }

        long origin = any->Fair.VirtualRuntime.Value;
        Int128 moment = WeightedSum(queue, origin, out Int128 weight);
        Require(
            unchecked(queue->ZeroLag().Value - origin) == FloorDivide(moment, weight),
            "V is not the weighted mean of the virtual runtimes");
        for (Thread* thread = queue->Tree->First; thread != null; thread = DeadlineTree.Next(thread))
        {
            Int128 offset = (Int128)unchecked(thread->Fair.VirtualRuntime.Value - origin) * weight;
            Require(queue->IsEligible(thread) == (offset <= moment), "a thread is eligible and not owed service, or the reverse");
        }
    }

    // A queued thread asks for something. Nobody asks for more than a request.
    private static void CheckRequest(Thread* thread, bool queued)
    {
        FairEntity* entity = &thread->Fair;
        long left = entity->Deadline - entity->VirtualRuntime;
        Require(!queued || left >= 0, "a queued thread's request has been served and it has no new one");
        long request = FairQueue.ServiceToVirtual(SchedulingLimits.MaxSliceNs, thread->Weight);
        Require(left <= request, "a deadline lies further away than the longest request");
        Require(
            thread->Weight == new SchedulingParameters(thread->AppliedParameters).Weight,
            "a thread's weight is not the one in force");
        Require(entity->Remainder >= 0 && entity->Remainder < thread->Weight, "a charge leaves over more than a division can");
    }
}
