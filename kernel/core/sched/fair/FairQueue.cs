using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched.Fair;

/// <summary>
/// The fair policy of one CPU: Earliest Eligible Virtual Deadline First (Stoica &amp; Abdel-Wahab, "Earliest Eligible Virtual
/// Deadline First", 1995). docs/scheduling.md tells its rules in the order in which a thread meets them.
/// </summary>
/// <remarks>
/// <para>The zero-lag point is V = zero + sum((v - zero) * w) / sum(w), over the queued threads and the running one. The
/// queued ones are summed as they come and go; the running one, whose v moves, is added where V is asked for. zero is any
/// point near V: <see cref="RebaseIfFar"/> moves it along, so that no product here exceeds 63 bits.</para>
/// <para>Products: (v - zero) * w of one thread is at most its lag in real nanoseconds times 1024, below 2^38, plus the
/// distance of zero from V, at most 2^20, times w, below 2^17. Summed over 2^20 threads: below 2^59.</para>
/// <para>All under the run queue's lock.</para>
/// </remarks>
public unsafe partial struct FairQueue
{
    // How far V may lie from zero, as a power of two of virtual nanoseconds, before zero follows.
    private const int RebaseShift = 20;

    // A difference of virtual times that can be multiplied by any sum of weights: 2^26 * 10^5 * 10^6 < 2^63.
    private const long SafeToMultiply = 1 << 26;

    private DeadlineTree _tree;
    private Thread* _running;
    private VirtualTime _zeroVruntime;
    private long _weightedSum;
    [Shared(PlainIn = "FairQueue")]
    private long _queuedWeight;

    /// <summary>The queued threads.</summary>
    public DeadlineTree* Tree => (DeadlineTree*)Unsafe.AsPointer(ref _tree);

    /// <summary>The running thread, if it runs under this policy, or null.</summary>
    public readonly Thread* Running => _running;

    /// <summary>Sum of the weights of the queued threads.</summary>
    public readonly long QueuedWeight => _queuedWeight;

    /// <summary><see cref="QueuedWeight"/> as others may read it without the lock.</summary>
    public ulong QueuedWeightHint<TMachine>()
        where TMachine : struct, IMachine => TMachine.Load((ulong*)Unsafe.AsPointer(ref _queuedWeight));

    /// <summary>
    /// Charges service to a thread: its virtual runtime moves by service * 1024 / weight. What the division leaves over is
    /// kept for the next time, so that many short charges come to the same as one long. Gives the virtual
    /// nanoseconds.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static long Charge(Thread* thread, Duration service)
    {
        long moved = service.Nanoseconds;
        if (thread->Weight != SchedulingLimits.DefaultWeight)
        {
            moved = ServiceToVirtualWithRemainder(thread, moved);
        }

        thread->Fair.VirtualRuntime += moved;
        return moved;
    }

    /// <summary>The zero-lag point V, rounded down: who has had exactly its share stands there.</summary>
    public readonly VirtualTime ZeroLag()
    {
        if (_queuedWeight == 0)
        {
            // However long the running one has been alone: the product of that would not fit some day.
            return _running == null ? _zeroVruntime : _running->Fair.VirtualRuntime;
        }

        return _zeroVruntime + FloorDivide(TotalWeightedSum(), TotalWeight());
    }

    /// <summary>Whether a thread of this queue, or the running one, is owed service or even: v does not exceed V.</summary>
    public readonly bool IsEligible(Thread* thread) =>
        IsAtMostAverage(thread->Fair.VirtualRuntime - _zeroVruntime, TotalWeightedSum(), TotalWeight());

    /// <summary>Adds a thread that comes from elsewhere, where its lag puts it.</summary>
    public void Enqueue(Thread* thread, uint cpu, FairFeatures features)
    {
        EnqueueEntity(thread, PlaceEntity(thread, cpu, features));
    }

    /// <summary>Takes a queued thread out, for another CPU or policy: it keeps its lag and the distance of its
    /// deadline.</summary>
    public void Dequeue(Thread* thread, uint cpu)
    {
        SaveLag(thread, cpu);
        DequeueEntity(thread);
    }

    /// <summary>The running thread leaves the CPU and is not queued here: it keeps its lag and the distance of its
    /// deadline.</summary>
    public void StopRunning(Thread* thread, uint cpu)
    {
        SaveLag(thread, cpu);
        _running = null;
        if (_queuedWeight == 0)
        {
            // Nobody is left whose mean could be V: it stays where it is until somebody comes.
            _zeroVruntime = thread->Fair.VirtualRuntime;
            _weightedSum = 0;
        }
    }

    /// <summary>A thread that was in no queue runs at once: placed as if queued, then picked.</summary>
    public void StartRunning(Thread* thread, uint cpu, FairFeatures features)
    {
        PlaceEntity(thread, cpu, features);
        _running = thread;
    }

    /// <summary>How long a thread may run before its request is served: until then its slice lasts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Duration RemainingSlice(Thread* thread)
    {
        long left = thread->Fair.Deadline - thread->Fair.VirtualRuntime;
        return new Duration(thread->Weight == SchedulingLimits.DefaultWeight ? left : VirtualToService(left, thread->Weight));
    }

    /// <summary>
    /// What is left of a sleeper's lag: being owed service lasts, debt is paid off as V passes it by, as if it had stayed
    /// in the queue until it was even (delayed dequeue). So a nap forgives nothing, a sleep long enough everything.
    /// </summary>
    public readonly long LagAfterSleep(Thread* thread)
    {
        long lag = thread->Fair.Lag;
        long now = ZeroLag() - thread->Fair.VirtualRuntime;
        if (lag >= 0 || now >= 0)
        {
            return BranchlessMax(lag, 0);
        }

        // V was further ahead with the thread in it, and would be now: its distance from V with the thread is W / (W + w) of
        // that without.
        now -= now * thread->Weight / (TotalWeight() + thread->Weight);
        return BranchlessMax(now, lag);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void EnqueueEntity(Thread* thread, VirtualTime runtime)
    {
        if (_queuedWeight == 0)
        {
            _zeroVruntime = runtime;
            _weightedSum = 0;
        }

        _weightedSum += (runtime - _zeroVruntime) * thread->Weight;
        _queuedWeight += thread->Weight;
        RebaseIfFar();
        _tree.Insert(thread);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void DequeueEntity(Thread* thread)
    {
        _weightedSum -= WeightedOffset(thread);
        _queuedWeight -= thread->Weight;
        _tree.Remove(thread);
        if (_queuedWeight == 0)
        {
            // The sum is 0 now; let zero be near whoever is next.
            _zeroVruntime = thread->Fair.VirtualRuntime;
        }
    }

    // Moves zero to the mean of the queued ones once it has fallen behind. What the division leaves over stays in the sum.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RebaseIfFar()
    {
        long bound = _queuedWeight << RebaseShift;
        if (_weightedSum > bound || _weightedSum < -bound)
        {
            Rebase();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Rebase()
    {
        long by = FloorDivide(_weightedSum, _queuedWeight);
        _zeroVruntime += by;
        _weightedSum -= by * _queuedWeight;
    }

    private readonly long TotalWeightedSum() => _running == null ? _weightedSum : _weightedSum + WeightedOffset(_running);

    private readonly long TotalWeight() => _running == null ? _queuedWeight : _queuedWeight + _running->Weight;

    private readonly long WeightedOffset(Thread* thread) => (thread->Fair.VirtualRuntime - _zeroVruntime) * thread->Weight;

    // offset <= sum / weight. By multiplication, unless the offset is so large that the product might not fit.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool IsAtMostAverage(long offset, long sum, long weight) =>
        (ulong)(offset + SafeToMultiply) <= 2 * SafeToMultiply ? offset * weight <= sum : offset <= FloorDivide(sum, weight);

    // Without a branch, of numbers whose difference fits.
    private static long BranchlessMin(long a, long b) => b + ((a - b) & ((a - b) >> 63));

    private static long BranchlessMax(long a, long b) => a - ((a - b) & ((a - b) >> 63));

    // Division rounds towards zero; before it, as the sign is known then and the quotient is waited for.
    private static long FloorDivide(long value, long divisor) => (value - ((divisor - 1) & (value >> 63))) / divisor;

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static long ServiceToVirtualWithRemainder(Thread* thread, long service)
    {
        long scaled = (service * SchedulingLimits.DefaultWeight) + thread->Fair.Remainder;
        long moved = scaled / thread->Weight;
        thread->Fair.Remainder = scaled - (moved * thread->Weight);
        return moved;
    }

    // The least service after which so much virtual time has passed.
    private static long VirtualToService(long virtualTime, long weight) =>
        ((virtualTime * weight) + SchedulingLimits.DefaultWeight - 1) / SchedulingLimits.DefaultWeight;
}
