using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Sched.Priority;
using Lachesis.Core.Sched.RoundRobin;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched;

/// <summary>
/// The runnable threads of one CPU, the running one not among them, and the policy that chooses among them. Each policy has
/// a structure of its own; after a change of policy threads are left over in that of the old one (strays), until they
/// are moved over in bounded steps (<see cref="PolicyChange{TMachine}"/>).
/// </summary>
/// <remarks>
/// The lock (<see cref="LockRank.RunQueue"/>) guards all of it; the owner CPU takes it to enqueue and pick, others to steal
/// and to take out or change a particular thread. <see cref="Count"/> is also read without it, as a hint.
/// </remarks>
public unsafe partial struct PerCpuRunQueue
{
    /// <summary>Guards the queue.</summary>
    public SpinLock Lock;

    /// <summary>How many threads are queued. A word: others read it without the lock.</summary>
    [Shared(PlainIn = "PerCpuRunQueue")]
    public ulong Count;

    /// <summary>The fair policy's threads.</summary>
    public FairQueue Fair;

    /// <summary>The policy in force. Changed by the owner CPU alone, under the lock.</summary>
    [Shared(PlainIn = "PerCpuRunQueue", WrittenByOwnCpu = true)]
    public SchedulingPolicy Policy;

    private RoundRobinQueue _roundRobin;
    private PriorityLevels _levels;
#pragma warning disable IDE0044 // Measured builds write it.
    private Instant _lockHeldSince;
#pragma warning restore IDE0044

    /// <summary>Sets the policy of a new queue.</summary>
    public void Initialize(SchedulingPolicy policy) => Policy = policy;

    /// <summary>Takes the lock; measured builds count how often, for how long it is waited for, and how long it is
    /// held.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Acquire<TMachine>(Cpu* cpu)
        where TMachine : struct, IMachine
    {
#if MEASURE
        if (!Lock.TryAcquire<TMachine>(cpu, LockRank.RunQueue))
        {
            Instant began = TMachine.Now(cpu);
            Lock.Acquire<TMachine>(cpu, LockRank.RunQueue);
            EventCounters.CountIfMeasured(cpu, Counter.RunQueueLocksContended);
            EventCounters.CountIfMeasured(cpu, Counter.RunQueueLockWaitNs, (TMachine.Now(cpu) - began).Nanoseconds);
        }

        EventCounters.CountIfMeasured(cpu, Counter.RunQueueLocks);
        _lockHeldSince = TMachine.Now(cpu);
#else
        Lock.Acquire<TMachine>(cpu, LockRank.RunQueue);
#endif
    }

    /// <summary>Gives the lock back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Release<TMachine>(Cpu* cpu)
        where TMachine : struct, IMachine
    {
#if MEASURE
        EventCounters.CountIfMeasured(cpu, Counter.RunQueueLockHoldNs, (TMachine.Now(cpu) - _lockHeldSince).Nanoseconds);
#endif
        Lock.Release<TMachine>(cpu, LockRank.RunQueue);
    }

    /// <summary>Adds a thread that comes from elsewhere (<see cref="Thread.EnqueueReason"/>). Under the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Enqueue(Cpu* cpu, Thread* thread)
    {
        if (Policy == SchedulingPolicy.Fair)
        {
            Fair.Enqueue(thread, cpu->Id, cpu->Kernel->FairFeatures);
        }
        else
        {
            Append(thread);
        }

        thread->QueuedPolicy = Policy;
        Count++;
    }

    /// <summary>A thread that was in no queue runs on this CPU at once. Under the lock.</summary>
    public void StartRunning(Cpu* cpu, Thread* thread)
    {
        thread->QueuedPolicy = Policy;
        if (Policy == SchedulingPolicy.Fair)
        {
            Fair.StartRunning(thread, cpu->Id, cpu->Kernel->FairFeatures);
        }
    }

    /// <summary>The running thread leaves the CPU and is not queued here. Under the lock, unless <see cref="TracksRunning"/>
    /// is false.</summary>
    public void StopRunning(Cpu* cpu, Thread* thread)
    {
        if (Policy == SchedulingPolicy.Fair)
        {
            Fair.StopRunning(thread, cpu->Id);
        }
    }

    /// <summary>Whether the policy keeps books about the running thread too.</summary>
    public readonly bool TracksRunning => Policy == SchedulingPolicy.Fair;

    /// <summary>Takes a thread out. Under the lock.</summary>
    public void Dequeue(Cpu* owner, Thread* thread)
    {
        switch (thread->QueuedPolicy)
        {
            case SchedulingPolicy.Fair:
                Fair.Dequeue(thread, owner->Id);
                break;
            case SchedulingPolicy.Priority:
                _levels.Remove(thread);
                break;
            default:
                _roundRobin.Remove(thread);
                break;
        }

        thread->EnqueueReason = EnqueueReason.Moved;
        Count--;
    }

    /// <summary>Puts the parameters that are wanted of a queued thread in force. Under the lock.</summary>
    public void ApplyParameters(Thread* thread, SchedulingParameters parameters)
    {
        switch (thread->QueuedPolicy)
        {
            case SchedulingPolicy.Fair:
                Fair.Reweight(thread, parameters);
                break;
            case SchedulingPolicy.Priority when parameters.Priority != thread->Priority:
                _levels.Remove(thread);
                FairQueue.ReweightDequeued(thread, parameters);
                _levels.Append(thread);
                break;
            default:
                FairQueue.ReweightDequeued(thread, parameters);
                break;
        }
    }

    /// <summary>Puts the parameters that are wanted of the running thread in force. Under the lock.</summary>
    public void ApplyRunningParameters(Thread* thread, SchedulingParameters parameters)
    {
        if (Policy == SchedulingPolicy.Fair)
        {
            Fair.Reweight(thread, parameters);
        }
        else
        {
            FairQueue.ReweightDequeued(thread, parameters);
        }
    }

    /// <summary>How long a thread that starts to run now may go on before its slice ends.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly Duration SliceOf(Thread* thread) =>
        Policy == SchedulingPolicy.Fair ? Min(FairQueue.RemainingSlice(thread), thread->Quantum) : thread->SliceLeft;

    // A slice that is longer than a quantum is served in several, between which a more urgent thread may come.
    private static Duration Min(Duration a, Duration b) => a.Nanoseconds < b.Nanoseconds ? a : b;
}
