using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched.Fair;

/// <summary>Coming and going: what a thread takes with it and where it is put.</summary>
public unsafe partial struct FairQueue
{
    // Beyond its request, lag is not kept: the longest that a thread can overrun a request is an interrupt's latency.
    private const long OverrunNs = SchedulingLimits.MinRequestNs;

    private const int WeightBits = 17;

    /// <summary>
    /// The parameters of a thread that is queued here, or runs from here, change: its lag and the distance of its deadline
    /// stay the same in real service, so in virtual time they scale by old / new weight, about V, which does not move.
    /// </summary>
    public void Reweigh(Thread* thread, SchedulingParameters parameters)
    {
        bool queued = thread != _running;
        VirtualTime zeroLag = ZeroLag();
        if (queued)
        {
            Subtract(thread);
        }

        long lag = zeroLag - thread->Fair.Runtime;
        long distance = thread->Fair.Deadline - thread->Fair.Runtime;
        long old = thread->Weight;
        Parameters.Apply(thread, parameters);
        SeededBugs.Alter(SeededBug.UnscaledLag, ref old, thread->Weight);
        thread->Fair.Runtime = zeroLag + -Scale(lag, old, thread->Weight);
        thread->Fair.Deadline = thread->Fair.Runtime + Scale(distance, old, thread->Weight);
        if (queued)
        {
            Add(thread, thread->Fair.Runtime);
        }
    }

    /// <summary>The same for a thread that is in no queue.</summary>
    public static void ReweighAbsent(Thread* thread, SchedulingParameters parameters)
    {
        long old = thread->Weight;
        Parameters.Apply(thread, parameters);
        long lag = thread->Fair.Lag;

        // By a shorter request, as if it had had that when it left.
        thread->Fair.Lag = Clamp(thread, Scale(lag, old, thread->Weight));

        // As far from V, as it was when the thread left, as its lag says now.
        thread->Fair.Runtime += lag - thread->Fair.Lag;
        thread->Fair.DeadlineDistance = Scale(thread->Fair.DeadlineDistance, old, thread->Weight);
    }

    /// <summary>
    /// Puts a thread that is queued here at a virtual runtime and deadline, near V. No system call does that: the simulator begins
    /// published sequences with it.
    /// </summary>
    public void Reposition(Thread* thread, VirtualTime runtime, VirtualTime deadline)
    {
        Subtract(thread);
        thread->Fair.Runtime = runtime;
        thread->Fair.Deadline = deadline;
        Add(thread, runtime);
    }

    /// <summary>What a thread that wakes now asks for first, in nanoseconds of service.</summary>
    public static long RequestAtWake(Thread* thread, FairFeatures features) =>
        (features & FairFeatures.ShortBursts) == 0
            ? thread->Fair.FullRequest
            : RequestForBurst(thread, thread->Ledger.Runtime.Nanoseconds - thread->Fair.BurstStart.Nanoseconds);

    private static long RequestForBurst(Thread* thread, long lastBurst)
    {
        long request = thread->Fair.FullRequest;
        long twice = 2 * lastBurst;
        long least = twice > SchedulingLimits.MinRequestNs ? twice : SchedulingLimits.MinRequestNs;
        return least < request ? least : request;
    }

    // Clamped to what a request of its class explains, however short its bursts are: while it waits for others' requests it comes
    // to be owed more than its own next burst. V is that with the thread still in.
    private readonly void KeepLag(Thread* thread, uint cpu)
    {
        long lag = ZeroLag() - thread->Fair.Runtime;
        thread->Fair.Lag = Clamp(thread, lag);
        thread->Fair.DeadlineDistance = thread->Fair.Deadline - thread->Fair.Runtime;
        thread->Fair.LagCpu = cpu;
    }

    private static long Clamp(Thread* thread, long lag)
    {
        long most = VirtualLength(thread->Fair.FullRequest + OverrunNs, thread->Weight);
        SeededBugs.Alter(SeededBug.UnclampedLag, ref most, long.MaxValue);
        return lag > most ? most : lag < -most ? -most : lag;
    }

    // Adding a thread of weight w at v moves V by (v - V) w / (W + w). To have lag L afterwards it is put L (W + w) / W
    // behind V as it was before. Gives its virtual runtime, which is in the thread too but would be read back from memory.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private VirtualTime Place(Thread* thread, uint cpu, FairFeatures features)
    {
        if (_weight == 0)
        {
            _zero = ZeroLag();
        }

        long weight = TotalWeight();
        VirtualTime runtime = ZeroLag();
        if (weight != 0)
        {
            long lag = thread->Fair.Lag;
            long ahead = -(lag + (lag * thread->Weight / weight));
            if (thread->Arrival == Arrival.Woken && thread->Fair.LagCpu == cpu)
            {
                // What it owed is paid off as V passes it by: it is where it was, unless V is there already. Who is owed is
                // behind V, so that this says nothing. Without branches: no processor can guess which it is.
                long still = Greater(thread->Fair.Runtime - runtime, 0);
                ahead = Lesser(still, ahead);
            }

            runtime += ahead;
        }

        thread->Fair.Runtime = runtime;
        thread->Fair.Deadline = runtime + FirstDistance(thread, features);
        return runtime;
    }

    // Who moved keeps the distance of its deadline; who woke makes a new request; who is new a half one, so that a new
    // thread soon shows what it does.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static long FirstDistance(Thread* thread, FairFeatures features)
    {
        FairEntity* entity = &thread->Fair;
        Arrival arrival = thread->Arrival;
        if (arrival == Arrival.Moved && entity->DeadlineDistance > 0)
        {
            return entity->DeadlineDistance;
        }

        entity->Urgency = entity->FullUrgency;
        if (arrival != Arrival.Woken)
        {
            return arrival == Arrival.New ? entity->VirtualRequest / 2 : entity->VirtualRequest;
        }

        long distance = (features & FairFeatures.ShortBursts) == 0 ? entity->VirtualRequest : DistanceForBurst(thread);
        entity->BurstStart = thread->Ledger.Runtime;
        return distance;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long DistanceForBurst(Thread* thread)
    {
        long request = RequestAtWake(thread, FairFeatures.ShortBursts);
        thread->Fair.Urgency = UrgencyOf(request, thread->Weight);
        return VirtualLength(request, thread->Weight);
    }

    /// <summary>How urgent a thread is to those who look from other CPUs: the shorter its request, the greater. The weight
    /// stands in the low bits, for their estimate of the load.</summary>
    public static ulong UrgencyOf(long requestNs, long weight) =>
        ((ulong)(SchedulingLimits.MaxRequestNs - requestNs) << WeightBits) | (ulong)weight;

    /// <summary>The weight in a word of <see cref="UrgencyOf"/>.</summary>
    public static ulong WeightIn(ulong urgency) => urgency & ((1 << WeightBits) - 1);

    /// <summary>The same request at another weight.</summary>
    public static ulong WithWeight(ulong urgency, long weight) =>
        (urgency >> WeightBits << WeightBits) | (ulong)weight;

    /// <summary>The virtual nanoseconds of so many nanoseconds of service.</summary>
    public static long VirtualLength(long serviceNs, long weight) => serviceNs * SchedulingLimits.DefaultWeight / weight;

    private static long Scale(long virtualTime, long oldWeight, long newWeight) =>
        oldWeight == newWeight ? virtualTime : virtualTime * oldWeight / newWeight;
}
