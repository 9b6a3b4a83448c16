using System;
using System.Collections.Generic;
using System.Linq;
using System.Numerics;
using Lachesis.Abi;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Fair;

/// <summary>A fair queue with threads of its own, and what the definitions say about it, in numbers that cannot
/// overflow.</summary>
internal sealed unsafe class FairBench : IDisposable
{
    /// <summary>The request of threads for which no other is said.</summary>
    public const uint Request = 1_000_000;

    private readonly NativeBlock _threads;
    private readonly NativeBlock _nodes;
    private readonly NativeBlock _queue = new((ulong)sizeof(FairQueue));

    /// <summary>A queue whose virtual time stands at <paramref name="origin"/>: somebody was there and left.</summary>
    public FairBench(int threads, long origin = 0)
    {
        _threads = new NativeBlock((ulong)threads * (ulong)sizeof(Thread));
        _nodes = new NativeBlock(DeadlineTree.MaxNodesFor((uint)threads) * (ulong)sizeof(DeadlineNode));
        Queue->Tree->Initialize((DeadlineNode*)_nodes.Start);
        Thread* first = Make(0);
        Queue->StartRunning(first, 0, FairFeatures.None);
        first->Fair.VirtualRuntime = new VirtualTime(origin);
        Queue->StopRunning(first, 0);
        Make(0);
    }

    public FairQueue* Queue => (FairQueue*)_queue.Start;

    /// <summary>The queued threads and the running one.</summary>
    public List<nint> Present
    {
        get
        {
            var present = new List<nint>();
            for (Thread* thread = Queue->Tree->First; thread != null; thread = DeadlineTree.Next(thread))
            {
                present.Add((nint)thread);
            }

            if (Queue->Running != null)
            {
                present.Add((nint)Queue->Running);
            }

            return present;
        }
    }

    /// <summary>The mean of the virtual runtimes, each counted as often as its thread weighs, rounded down.</summary>
    public VirtualTime Mean
    {
        get
        {
            (VirtualTime origin, BigInteger sum, BigInteger weight) = Moments;
            BigInteger quotient = BigInteger.DivRem(sum, weight, out BigInteger rest);
            return origin + (long)(rest < 0 ? quotient - 1 : quotient);
        }
    }

    private (VirtualTime Origin, BigInteger Sum, BigInteger Weight) Moments
    {
        get
        {
            List<nint> present = Present;
            VirtualTime origin = ((Thread*)present[0])->Fair.VirtualRuntime;
            BigInteger sum = present.Aggregate(
                BigInteger.Zero,
                (all, at) => all + (new BigInteger(((Thread*)at)->Fair.VirtualRuntime - origin) * ((Thread*)at)->Weight));
            BigInteger weight = present.Aggregate(BigInteger.Zero, (all, at) => all + ((Thread*)at)->Weight);
            return (origin, sum, weight);
        }
    }

    public void Dispose()
    {
        _threads.Dispose();
        _nodes.Dispose();
        _queue.Dispose();
    }

    public Thread* At(int index) => (Thread*)_threads.Start + index;

    /// <summary>A thread as new.</summary>
    public Thread* Make(int index, uint weight = SchedulingLimits.DefaultWeight, uint requestNs = Request)
    {
        Thread* thread = At(index);
        *thread = default;
        ParameterUpdates.Apply(thread, new SchedulingParameters(weight, 0, requestNs, Request));
        return thread;
    }

    /// <summary>A thread that makes a whole request when it enters, as one that slept.</summary>
    public Thread* MakeWoken(int index, uint weight = SchedulingLimits.DefaultWeight, uint requestNs = Request)
    {
        Thread* thread = Make(index, weight, requestNs);
        thread->EnqueueReason = EnqueueReason.Woken;
        return thread;
    }

    /// <summary>The same, and it enters.</summary>
    public Thread* Enter(int index, uint weight = SchedulingLimits.DefaultWeight, uint requestNs = Request)
    {
        Thread* thread = MakeWoken(index, weight, requestNs);
        Queue->Enqueue(thread, 0, FairFeatures.None);
        return thread;
    }

    /// <summary>The running thread runs.</summary>
    public void Run(long ns) => FairQueue.Charge(Queue->Running, new Duration(ns));

    /// <summary>The end of the running thread's slice; gives who runs then.</summary>
    public Thread* EndSlice() => Decide(ReschedReason.SliceEnd);

    /// <summary>The queue decides; gives who runs then.</summary>
    public Thread* Decide(ReschedReason reason, FairFeatures features = FairFeatures.None)
    {
        Queue->ReplaceRunning(Queue->Running, reason, features);
        return Queue->Running;
    }

    /// <summary>Whether v does not exceed V, by the definition.</summary>
    public bool IsOwed(Thread* thread)
    {
        (VirtualTime origin, BigInteger sum, BigInteger weight) = Moments;
        return (thread->Fair.VirtualRuntime - origin) * weight <= sum;
    }

    /// <summary>The lag of a thread in nanoseconds of service, rounded towards zero.</summary>
    public long ServiceLag(Thread* thread)
    {
        (VirtualTime origin, BigInteger sum, BigInteger weight) = Moments;
        BigInteger lag = sum - ((thread->Fair.VirtualRuntime - origin) * weight);
        return (long)(lag * thread->Weight / (weight * SchedulingLimits.DefaultWeight));
    }

    /// <summary>The queued thread of the least deadline among those who are owed service, or null.</summary>
    public Thread* EarliestOwed()
    {
        VirtualTime mean = Mean;
        nint best = Present.Where(at => at != (nint)Queue->Running && IsOwed((Thread*)at))
            .OrderBy(at => ((Thread*)at)->Fair.Deadline - mean)
            .FirstOrDefault();
        return (Thread*)best;
    }

    /// <summary>V is the mean, and eligible is who is owed service.</summary>
    public void Check()
    {
        List<nint> present = Present;
        Assert.Equal(present.Where(at => (Thread*)at != Queue->Running).Sum(at => ((Thread*)at)->Weight), Queue->QueuedWeight);
        if (present.Count == 0)
        {
            return;
        }

        VirtualTime mean = Mean;
        Assert.Equal(mean.Value, Queue->ZeroLag().Value);
        foreach (nint at in present)
        {
            // Virtual runtimes are whole numbers: who does not exceed the mean does not exceed it rounded down.
            Assert.Equal(((Thread*)at)->Fair.VirtualRuntime - mean <= 0, Queue->IsEligible((Thread*)at));
        }
    }
}
