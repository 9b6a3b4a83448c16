using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Check;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched.Fair;

/// <summary>Coming and going: what a thread takes with it and where it is put.</summary>
public unsafe partial struct FairQueue
{
    // Beyond its request, lag is not kept: the longest that a thread can overrun a request is an interrupt's latency.
    private const long MaxOverrunNs = SchedulingLimits.MinSliceNs;

    private const int WeightBits = 17;

    /// <summary>
    /// The parameters of a thread that is queued here, or runs from here, change: its lag and the distance of its deadline
    /// stay the same in real service, so in virtual time they scale by old / new weight, about V, which does not move.
    /// </summary>
    public void Reweight(Thread* thread, SchedulingParameters parameters)
    {
        bool queued = thread != _running;
        VirtualTime zeroLag = ZeroLag();
        if (queued)
        {
            DequeueEntity(thread);
        }

        long lag = zeroLag - thread->Fair.VirtualRuntime;
        long distance = thread->Fair.Deadline - thread->Fair.VirtualRuntime;
        long old = thread->Weight;
        ParameterUpdates.Apply(thread, parameters);
        SeededBugs.Inject(SeededBug.UnscaledLag, ref old, thread->Weight);
        thread->Fair.VirtualRuntime = zeroLag + -RescaleByWeight(lag, old, thread->Weight);
        thread->Fair.Deadline = thread->Fair.VirtualRuntime + RescaleByWeight(distance, old, thread->Weight);
        if (queued)
        {
            EnqueueEntity(thread, thread->Fair.VirtualRuntime);
        }
    }

    /// <summary>The same for a thread that is in no queue.</summary>
    public static void ReweightDequeued(Thread* thread, SchedulingParameters parameters)
    {
        long old = thread->Weight;
        ParameterUpdates.Apply(thread, parameters);
        long lag = thread->Fair.Lag;

        // By a shorter request, as if it had had that when it left.
        thread->Fair.Lag = ClampLag(thread, RescaleByWeight(lag, old, thread->Weight));

        // As far from V, as it was when the thread left, as its lag says now.
        thread->Fair.VirtualRuntime += lag - thread->Fair.Lag;
        thread->Fair.RelativeDeadline = RescaleByWeight(thread->Fair.RelativeDeadline, old, thread->Weight);
    }

    /// <summary>
    /// Puts a thread that is queued here at a virtual runtime and deadline, near V. No system call does that: the simulator begins
    /// published sequences with it.
    /// </summary>
    public void Reposition(Thread* thread, VirtualTime runtime, VirtualTime deadline)
    {
        DequeueEntity(thread);
        thread->Fair.VirtualRuntime = runtime;
        thread->Fair.Deadline = deadline;
        EnqueueEntity(thread, runtime);
    }

    /// <summary>What a thread that wakes now asks for first, in nanoseconds of service.</summary>
    public static long SliceAtWakeup(Thread* thread, FairFeatures features) =>
        (features & FairFeatures.ShortBursts) == 0
            ? thread->Fair.Slice
            : SliceForBurst(thread, thread->Ledger.Runtime.Nanoseconds - thread->Fair.BurstStart.Nanoseconds);

    private static long SliceForBurst(Thread* thread, long lastBurstNs)
    {
        long request = thread->Fair.Slice;
        long twice = 2 * lastBurstNs;
        long least = twice > SchedulingLimits.MinSliceNs ? twice : SchedulingLimits.MinSliceNs;
        return least < request ? least : request;
    }

    // Clamped to what a request of its class explains, however short its bursts are: while it waits for others' requests it comes
    // to be owed more than its own next burst. V is that with the thread still in.
    private readonly void SaveLag(Thread* thread, uint cpu)
    {
        long lag = ZeroLag() - thread->Fair.VirtualRuntime;
        thread->Fair.Lag = ClampLag(thread, lag);
        thread->Fair.RelativeDeadline = thread->Fair.Deadline - thread->Fair.VirtualRuntime;
        thread->Fair.LagCpu = cpu;
    }

    private static long ClampLag(Thread* thread, long lag)
    {
        long most = ServiceToVirtual(thread->Fair.Slice + MaxOverrunNs, thread->Weight);
        SeededBugs.Inject(SeededBug.UnclampedLag, ref most, long.MaxValue);
        return lag > most ? most : lag < -most ? -most : lag;
    }

    // Adding a thread of weight w at v moves V by (v - V) w / (W + w). To have lag L afterwards it is put L (W + w) / W
    // behind V as it was before. Gives its virtual runtime, which is in the thread too but would be read back from memory.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private VirtualTime PlaceEntity(Thread* thread, uint cpu, FairFeatures features)
    {
        if (_queuedWeight == 0)
        {
            _zeroVruntime = ZeroLag();
        }

        long weight = TotalWeight();
        VirtualTime runtime = ZeroLag();
        if (weight != 0)
        {
            long lag = thread->Fair.Lag;
            long ahead = -(lag + (lag * thread->Weight / weight));
            if (thread->EnqueueReason == EnqueueReason.Woken && thread->Fair.LagCpu == cpu)
            {
                // What it owed is paid off as V passes it by: it is where it was, unless V is there already. Who is owed is
                // behind V, so that this says nothing. Without branches: no processor can guess which it is.
                long still = BranchlessMax(thread->Fair.VirtualRuntime - runtime, 0);
                ahead = BranchlessMin(still, ahead);
            }

            runtime += ahead;
        }

        thread->Fair.VirtualRuntime = runtime;
        thread->Fair.Deadline = runtime + InitialRelativeDeadline(thread, features);
        return runtime;
    }

    // Who moved keeps the distance of its deadline; who woke makes a new request; who is new a half one, so that a new
    // thread soon shows what it does.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long InitialRelativeDeadline(Thread* thread, FairFeatures features)
    {
        FairEntity* entity = &thread->Fair;
        EnqueueReason arrival = thread->EnqueueReason;
        if (arrival == EnqueueReason.Moved && entity->RelativeDeadline > 0)
        {
            return entity->RelativeDeadline;
        }

        entity->Urgency = entity->SliceUrgency;
        if (arrival != EnqueueReason.Woken)
        {
            return arrival == EnqueueReason.New ? entity->VirtualSlice / 2 : entity->VirtualSlice;
        }

        long distance = (features & FairFeatures.ShortBursts) == 0 ? entity->VirtualSlice : VirtualSliceForBurst(thread);
        entity->BurstStart = thread->Ledger.Runtime;
        return distance;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long VirtualSliceForBurst(Thread* thread)
    {
        long request = SliceAtWakeup(thread, FairFeatures.ShortBursts);
        thread->Fair.Urgency = UrgencyOf(request, thread->Weight);
        return ServiceToVirtual(request, thread->Weight);
    }

    /// <summary>How urgent a thread is to those who look from other CPUs: the shorter its request, the greater. The weight
    /// stands in the low bits, for their estimate of the load.</summary>
    public static ulong UrgencyOf(long sliceNs, long weight) =>
        ((ulong)(SchedulingLimits.MaxSliceNs - sliceNs) << WeightBits) | (ulong)weight;

    /// <summary>The weight in a word of <see cref="UrgencyOf"/>.</summary>
    public static ulong WeightIn(ulong urgency) => urgency & ((1 << WeightBits) - 1);

    /// <summary>The same request at another weight.</summary>
    public static ulong WithWeight(ulong urgency, long weight) =>
        (urgency >> WeightBits << WeightBits) | (ulong)weight;

    /// <summary>The virtual nanoseconds of so many nanoseconds of service.</summary>
    public static long ServiceToVirtual(long serviceNs, long weight) => serviceNs * SchedulingLimits.DefaultWeight / weight;

    private static long RescaleByWeight(long virtualTime, long oldWeight, long newWeight) =>
        oldWeight == newWeight ? virtualTime : virtualTime * oldWeight / newWeight;
}
