using System;
using Lachesis.Abi;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>The sums of a fair queue, from which lags follow; the running thread is among its threads.</summary>
internal readonly unsafe struct LagSums
{
    // Of a request that a thread may overrun before its lag counts as an accident: an interrupt's latency.
    private const double OverrunNs = SchedulingLimits.MinSliceNs;

    private readonly long _origin;
    private readonly Int128 _moment;

    /// <summary>Adds up a queue, and another thread as if it were in it.</summary>
    public LagSums(FairQueue* queue, Thread* another = null)
    {
        Thread* first = First(queue);
        _origin = first == null ? 0 : first->Fair.VirtualRuntime.Value;
        for (Thread* thread = first; thread != null; thread = Next(queue, thread))
        {
            Count++;
            Weight += thread->Weight;
            _moment += (Int128)unchecked(thread->Fair.VirtualRuntime.Value - _origin) * thread->Weight;
        }

        if (another != null)
        {
            Weight += another->Weight;
            _moment += (Int128)unchecked(another->Fair.VirtualRuntime.Value - _origin) * another->Weight;
        }
    }

    /// <summary>How many threads.</summary>
    public int Count { get; }

    /// <summary>Their weights.</summary>
    public long Weight { get; }

    /// <summary>What a thread is owed, in nanoseconds of service.</summary>
    public double LagOf(Thread* thread)
    {
        Int128 behind = _moment - ((Int128)unchecked(thread->Fair.VirtualRuntime.Value - _origin) * Weight);
        return LagWatch.ToServiceTime((double)behind / Weight, thread->Weight);
    }

    /// <summary>The most lag that a thread keeps when it leaves.</summary>
    public static double MaxKeptLag(Thread* thread) =>
        thread->Fair.Slice + OverrunNs;

    /// <summary>The running thread, else the first queued one.</summary>
    public static Thread* First(FairQueue* queue) => queue->Running != null ? queue->Running : queue->Tree->First;

    /// <summary>The one after.</summary>
    public static Thread* Next(FairQueue* queue, Thread* thread) =>
        thread == queue->Running ? queue->Tree->First : DeadlineTree.Next(thread);

    /// <summary>Whether a thread is among them.</summary>
    public static bool Holds(FairQueue* queue, Thread* thread)
    {
        Thread* at = First(queue);
        while (at != null && at != thread)
        {
            at = Next(queue, at);
        }

        return at != null;
    }
}
