using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Measure;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched;

/// <summary>
/// The runnable threads of one CPU, the running one not among them. The order is the policy's, which is round robin: first
/// come, first served, each for one slice.
/// </summary>
/// <remarks>
/// The lock (<see cref="LockRank.RunQueue"/>) guards the list; the owner CPU takes it to enqueue and pick, idle CPUs to
/// steal. <see cref="Count"/> is also read without it, as a hint that a steal may be worth trying.
/// </remarks>
public unsafe struct PerCpuRunQueue
{
    /// <summary>Guards the list.</summary>
    public SpinLock Lock;

    /// <summary>How many threads are queued. A word: others read it without the lock.</summary>
    public ulong Count;

    private ThreadList _threads;
    private Instant _heldSince;

    /// <summary>Next to run, or null.</summary>
    public readonly Thread* First => _threads.First;

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
            Events.Measure(cpu, Counter.RunQueueLocksContended);
            Events.Measure(cpu, Counter.RunQueueLockWaitNs, (TMachine.Now(cpu) - began).Nanoseconds);
        }

        Events.Measure(cpu, Counter.RunQueueLocks);
        _heldSince = TMachine.Now(cpu);
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
        Events.Measure(cpu, Counter.RunQueueLockHoldNs, (TMachine.Now(cpu) - _heldSince).Nanoseconds);
#endif
        Lock.Release<TMachine>(cpu, LockRank.RunQueue);
    }

    /// <summary>Adds a thread behind all others. Under the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(Thread* thread)
    {
        _threads.Append(thread);
        Count++;
    }

    /// <summary>Takes out the thread that has waited longest, or gives null. Under the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Thread* TakeFirst()
    {
        Thread* thread = _threads.TakeFirst();
        if (thread != null)
        {
            Count--;
        }

        return thread;
    }

    /// <summary>Takes a thread out. Under the lock.</summary>
    public void Remove(Thread* thread)
    {
        _threads.Remove(thread);
        Count--;
    }
}
