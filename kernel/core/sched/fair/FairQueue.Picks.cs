using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched.Fair;

/// <summary>Choosing: who runs next, and who goes back into the queue for it.</summary>
public unsafe partial struct FairQueue
{
    // How many queued threads are looked at for one with a shorter request than the running one's.
    private const int ShorterScanLimit = 8;

    /// <summary>Takes out the eligible thread of the earliest deadline, which runs from now on; null if none is queued.
    /// Nobody runs meanwhile.</summary>
    public Thread* Take()
    {
        Thread* best = Best();
        if (best != null)
        {
            Subtract(best);
            _running = best;
        }

        return best;
    }

    /// <summary>Puts the running thread back into the queue, with a new request if it has used up the last.</summary>
    public void PutBack(Thread* thread)
    {
        if (thread->Fair.Runtime >= thread->Fair.Deadline)
        {
            StartRequest(thread);
        }

        _running = null;
        Add(thread, thread->Fair.Runtime);
    }

    /// <summary>
    /// Who runs instead of the running thread, which is put back; null if it goes on. At the end of its slice, whoever is
    /// the best, itself included; at a wake, whoever may preempt it.
    /// </summary>
    public Thread* Exchange(Thread* running, SwitchReason reason, FairFeatures features)
    {
        if (running->Fair.Runtime >= running->Fair.Deadline)
        {
            StartRequest(running);
        }

        bool protects = reason == SwitchReason.Wake && (features & FairFeatures.RunToParity) != 0;
        Thread* best = protects ? Shorter(running) : null;
        if (best == null)
        {
            best = Best();
            if (best == null || Keeps(running, best, reason, protects))
            {
                return null;
            }
        }

        Swap(best, running);
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
    public Thread* ExchangeForYield(Thread* running)
    {
        Thread* first = _tree.First;
        if (first == null)
        {
            return null;
        }

        FairEntity* yielder = &running->Fair;
        VirtualTime its = first->Fair.Runtime;
        VirtualTime runtime = yielder->Runtime < yielder->Deadline ? yielder->Deadline : yielder->Runtime;
        yielder->Runtime = runtime;
        yielder->Deadline = runtime + yielder->VirtualRequest;
        yielder->Urgency = yielder->FullUrgency;
        if (first == _tree.Last)
        {
            return its <= runtime ? TakeTurns(first, running) : null;
        }

        // Mostly the first is behind the yielder and the mean of the others, and so behind V.
        Thread* best = its <= runtime && IsAtMost(its - _zero, _sum, _weight) ? first : Best();
        if (best != null)
        {
            Swap(best, running);
        }

        return best;
    }

    /// <summary>
    /// Direct handoff: a woken thread runs instead of the running one, which is put back, if it is eligible; otherwise it
    /// is queued, and false.
    /// </summary>
    public bool HandOver(Thread* running, Thread* woken, uint cpu, FairFeatures features)
    {
        Place(woken, cpu, features);
        if (!IsEligibleWithAll(woken))
        {
            Add(woken, woken->Fair.Runtime);
            return false;
        }

        PutBack(running);
        _running = woken;
        return true;
    }

    /// <summary>The same while nobody runs.</summary>
    public bool TakeOver(Thread* woken, uint cpu, FairFeatures features)
    {
        Place(woken, cpu, features);
        if (!IsEligibleWithAll(woken))
        {
            Add(woken, woken->Fair.Runtime);
            return false;
        }

        _running = woken;
        return true;
    }

    // Whether a thread that was placed, and is not among the others yet, is eligible among all of them.
    private bool IsEligibleWithAll(Thread* woken) =>
        IsAtMost(woken->Fair.Runtime - _zero, TotalSum() + Moment(woken), TotalWeight() + woken->Weight);

    // The best of the queued ones, by EEVDF: eligible, then by deadline. With someone running, perhaps none is eligible.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private readonly Thread* Best()
    {
        Thread* first = _tree.First;
        if (first == null)
        {
            return null;
        }

        long sum = TotalSum();
        long weight = TotalWeight();
        return IsAtMost(first->Fair.Runtime - _zero, sum, weight) ? first : _tree.FirstUpTo(_zero + FloorDivide(sum, weight));
    }

    // With one other thread, the tree needs no search and the sum is that of one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Thread* TakeTurns(Thread* other, Thread* running)
    {
        _zero = running->Fair.Runtime;
        _sum = 0;
        _weight = running->Weight;
        _tree.ReplaceOnly(running);
        _running = other;
        return other;
    }

    // At a wake, the first by deadline of the eligible ones whose request is shorter than the running thread's. Others may stand
    // before it in the tree: threads that were preempted and have little left of a long request. They would not preempt, and
    // must not hide from the running thread one that does.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private readonly Thread* Shorter(Thread* running)
    {
        Thread* thread = _tree.First;
        for (int i = 0; i < ShorterScanLimit && thread != null; i++)
        {
            if (IsShorter(thread, running) && IsEligible(thread))
            {
                return thread;
            }

            thread = DeadlineTree.Next(thread);
        }

        return null;
    }

    // Whether the running thread goes on although another one is eligible.
    private readonly bool Keeps(Thread* running, Thread* best, SwitchReason reason, bool protects)
    {
        long lag = ZeroLag() - running->Fair.Runtime;
        if (lag < 0)
        {
            return false;
        }

        if (reason == SwitchReason.SliceEnd)
        {
            return running->Fair.Deadline < best->Fair.Deadline;
        }

        return (protects && lag > 0) || running->Fair.Deadline <= best->Fair.Deadline;
    }

    // Whether a thread's request is shorter than another's, whatever their weights.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsShorter(Thread* thread, Thread* than) =>
        thread->Fair.Urgency >> WeightBits > than->Fair.Urgency >> WeightBits;

    // Instead of the best of the queue, the running thread is in it. Virtual runtimes only grow here, so the sum can only
    // outgrow its bound upwards.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Swap(Thread* best, Thread* running)
    {
        _sum += Moment(running) - Moment(best);
        _weight += running->Weight - best->Weight;
        if (_sum > _weight << BoundShift)
        {
            Rebase();
        }

        _tree.Remove(best);
        _tree.Insert(running);
        _running = best;
    }

    private static void StartRequest(Thread* thread)
    {
        thread->Fair.Deadline = thread->Fair.Runtime + thread->Fair.VirtualRequest;
        thread->Fair.Urgency = thread->Fair.FullUrgency;
    }
}
