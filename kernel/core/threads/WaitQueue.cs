using System.Runtime.CompilerServices;
using Lachesis.Core.Machine;

namespace Lachesis.Core.Threads;

/// <summary>Threads that wait for one thing: first come first served, or the higher priority first.</summary>
/// <remarks>
/// The lock (<see cref="LockRank.WaitQueue"/>) guards the list alone. Taking a thread out of its wait is a race between
/// wakers, timers and killers that the exchange of its state word decides (<see cref="Sched.Waits{TMachine}"/>); who wins it
/// also unlinks it. A waiter's priority is the one in force when it began to wait.
/// </remarks>
public unsafe struct WaitQueue
{
    /// <summary>Guards the list.</summary>
    public SpinLock Lock;

    private ThreadList _waiters;

    /// <summary>Who is served first, or null.</summary>
    public readonly Thread* First => _waiters.First;

    /// <summary>Who is served last, or null.</summary>
    public readonly Thread* Last => _waiters.Last;

    /// <summary>Adds a waiter at the end. Under the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(Thread* thread) => _waiters.Append(thread);

    /// <summary>Adds a waiter behind those of its priority and above. All who wait here came this way. Under the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AppendByPriority(Thread* thread)
    {
        if (_waiters.Last == null || (_waiters.Last->Priority == thread->Priority && _waiters.First->Priority == thread->Priority))
        {
            _waiters.Append(thread);
        }
        else
        {
            InsertByPriority(thread);
        }
    }

    /// <summary>Takes a waiter out. Under the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(Thread* thread) => _waiters.Remove(thread);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void InsertByPriority(Thread* thread)
    {
        Thread* before = _waiters.Last;
        while (before != null && before->Priority < thread->Priority)
        {
            before = before->QueuePrevious;
        }

        _waiters.InsertAfter(before, thread);
    }
}
