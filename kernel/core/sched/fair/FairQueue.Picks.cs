using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched.Fair;

/// <summary>Choosing: who runs next, and who goes back into the queue for it.</summary>
public unsafe partial struct FairQueue
{
    // How many queued threads are looked at for one with a shorter request than the running one's.
    private const int ShorterSliceScanLimit = 8;

    /// <summary>Takes out the eligible thread of the earliest deadline, which runs from now on; null if none is queued.
    /// Nobody runs meanwhile.</summary>
    public Thread* PickNext()
    {
        Thread* best = PickEevdf();
        if (best != null)
        {
            DequeueEntity(best);
            _running = best;
        }

        return best;
    }

    /// <summary>Puts the running thread back into the queue, with a new request if it has used up the last.</summary>
    public void RequeueRunning(Thread* thread)
    {
        if (thread->Fair.VirtualRuntime >= thread->Fair.Deadline)
        {
            StartSlice(thread);
        }

        _running = null;
        EnqueueEntity(thread, thread->Fair.VirtualRuntime);
    }

    /// <summary>
    /// Who runs instead of the running thread, which is put back; null if it goes on. At the end of its slice, whoever is
    /// the best, itself included; at a wake, whoever may preempt it.
    /// </summary>
    public Thread* ReplaceRunning(Thread* running, ReschedReason reason, FairFeatures features)
    {
        if (running->Fair.VirtualRuntime >= running->Fair.Deadline)
        {
            StartSlice(running);
        }

        bool protects = reason == ReschedReason.Wake && (features & FairFeatures.RunToParity) != 0;
        Thread* best = protects ? FirstEligibleShorterSlice(running) : null;
        if (best == null)
        {
            best = PickEevdf();
            if (best == null || KeepsRunning(running, best, reason, protects))
            {
                return null;
            }
        }

        SwapRunning(best, running);
        return best;
    }

    /// <summary>
    /// The running thread yields: who runs instead of it, and it is put back; null if nobody else is eligible.
    /// </summary>
    /// <remarks>It forfeits the rest of its request, as if it had been served, and makes a new one. Threads that yield to each
    /// other so take strict turns, as long as none runs longer than its request in between. It forfeits no more than that:
    /// lags keep their bounds, whatever the weights, so a heavy thread may have to yield more than once before it is a light
    /// one's turn.</remarks>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Thread* ReplaceYielding(Thread* running)
    {
        Thread* first = _tree.First;
        if (first == null)
        {
            return null;
        }

        FairEntity* yielder = &running->Fair;
        VirtualTime its = first->Fair.VirtualRuntime;
        VirtualTime runtime = yielder->VirtualRuntime < yielder->Deadline ? yielder->Deadline : yielder->VirtualRuntime;
        yielder->VirtualRuntime = runtime;
        yielder->Deadline = runtime + yielder->VirtualSlice;
        yielder->Urgency = yielder->SliceUrgency;
        if (first == _tree.Last)
        {
            return its <= runtime ? SwapWithOnlyQueued(first, running) : null;
        }

        // Mostly the first is behind the yielder and the mean of the others, and so behind V.
        Thread* best = its <= runtime && IsAtMostAverage(its - _zeroVruntime, _weightedSum, _queuedWeight) ? first : PickEevdf();
        if (best != null)
        {
            SwapRunning(best, running);
        }

        return best;
    }

    /// <summary>
    /// Direct handoff: a woken thread runs instead of the running one, which is put back, if it is eligible; otherwise it
    /// is queued, and false.
    /// </summary>
    public bool TryHandOff(Thread* running, Thread* woken, uint cpu, FairFeatures features)
    {
        PlaceEntity(woken, cpu, features);
        if (!IsEligibleIfAdded(woken))
        {
            EnqueueEntity(woken, woken->Fair.VirtualRuntime);
            return false;
        }

        RequeueRunning(running);
        _running = woken;
        return true;
    }

    /// <summary>The same while nobody runs.</summary>
    public bool TryRunAtOnce(Thread* woken, uint cpu, FairFeatures features)
    {
        PlaceEntity(woken, cpu, features);
        if (!IsEligibleIfAdded(woken))
        {
            EnqueueEntity(woken, woken->Fair.VirtualRuntime);
            return false;
        }

        _running = woken;
        return true;
    }

    // Whether a thread that was placed, and is not among the others yet, is eligible among all of them.
    private bool IsEligibleIfAdded(Thread* woken) =>
        IsAtMostAverage(woken->Fair.VirtualRuntime - _zeroVruntime, TotalWeightedSum() + WeightedOffset(woken), TotalWeight() + woken->Weight);

    // The best of the queued ones, by EEVDF: eligible, then by deadline. With someone running, perhaps none is eligible.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Thread* PickEevdf()
    {
        Thread* first = _tree.First;
        if (first == null)
        {
            return null;
        }

        long sum = TotalWeightedSum();
        long weight = TotalWeight();
        return IsAtMostAverage(first->Fair.VirtualRuntime - _zeroVruntime, sum, weight) ? first : _tree.EarliestEligible(_zeroVruntime + FloorDivide(sum, weight));
    }

    // With one other thread, the tree needs no search and the sum is that of one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Thread* SwapWithOnlyQueued(Thread* other, Thread* running)
    {
        _zeroVruntime = running->Fair.VirtualRuntime;
        _weightedSum = 0;
        _queuedWeight = running->Weight;
        _tree.ReplaceOnly(running);
        _running = other;
        return other;
    }

    // At a wake, the first by deadline of the eligible ones whose request is shorter than the running thread's. Others may stand
    // before it in the tree: threads that were preempted and have little left of a long request. They would not preempt, and
    // must not hide from the running thread one that does.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly Thread* FirstEligibleShorterSlice(Thread* running)
    {
        Thread* thread = _tree.First;
        for (int i = 0; i < ShorterSliceScanLimit && thread != null; i++)
        {
            if (HasShorterSlice(thread, running) && IsEligible(thread))
            {
                return thread;
            }

            thread = DeadlineTree.Next(thread);
        }

        return null;
    }

    // Whether the running thread goes on although another one is eligible.
    private readonly bool KeepsRunning(Thread* running, Thread* best, ReschedReason reason, bool protectSlice)
    {
        long lag = ZeroLag() - running->Fair.VirtualRuntime;
        if (lag < 0)
        {
            return false;
        }

        if (reason == ReschedReason.SliceEnd)
        {
            return running->Fair.Deadline < best->Fair.Deadline;
        }

        return (protectSlice && lag > 0) || running->Fair.Deadline <= best->Fair.Deadline;
    }

    // Whether a thread's request is shorter than another's, whatever their weights.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool HasShorterSlice(Thread* thread, Thread* other) =>
        thread->Fair.Urgency >> WeightBits > other->Fair.Urgency >> WeightBits;

    // Instead of the best of the queue, the running thread is in it. Virtual runtimes only grow here, so the sum can only
    // outgrow its bound upwards.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void SwapRunning(Thread* best, Thread* running)
    {
        _weightedSum += WeightedOffset(running) - WeightedOffset(best);
        _queuedWeight += running->Weight - best->Weight;
        if (_weightedSum > _queuedWeight << RebaseShift)
        {
            Rebase();
        }

        _tree.Remove(best);
        _tree.Insert(running);
        _running = best;
    }

    private static void StartSlice(Thread* thread)
    {
        thread->Fair.Deadline = thread->Fair.VirtualRuntime + thread->Fair.VirtualSlice;
        thread->Fair.Urgency = thread->Fair.SliceUrgency;
    }
}
