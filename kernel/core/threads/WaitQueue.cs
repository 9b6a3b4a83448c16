using System.Runtime.CompilerServices;
using Lachesis.Core.Machine;

namespace Lachesis.Core.Threads;

/// <summary>Threads that wait for one thing, first come first served.</summary>
/// <remarks>
/// The lock (<see cref="LockRank.WaitQueue"/>) guards the list alone. Taking a thread out of its wait is a race between
/// wakers, timers and killers that the exchange of its state word decides (<see cref="Sched.Waits{TMachine}"/>); who wins it
/// also unlinks it.
/// </remarks>
public unsafe struct WaitQueue
{
    /// <summary>Guards the list.</summary>
    public SpinLock Lock;

    private ThreadList _waiters;

    /// <summary>Who came first, or null.</summary>
    public readonly Thread* First => _waiters.First;

    /// <summary>Who came last, or null.</summary>
    public readonly Thread* Last => _waiters.Last;

    /// <summary>Adds a waiter at the end. Under the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(Thread* thread) => _waiters.Append(thread);

    /// <summary>Takes a waiter out. Under the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(Thread* thread) => _waiters.Remove(thread);
}
