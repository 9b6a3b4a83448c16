using System.Runtime.CompilerServices;
using Lachesis.Core.Machine;

namespace Lachesis.Core.Threads;

/// <summary>Threads that wait for one thing, first come first served. Intrusive: links are in the threads.</summary>
/// <remarks>
/// The lock (<see cref="LockRank.WaitQueue"/>) guards the list alone. Taking a thread out of its wait is a race between
/// wakers, timers and killers that the exchange of its state word decides (<see cref="Sched.Waits{TMachine}"/>); who wins it
/// also unlinks it.
/// </remarks>
public unsafe struct WaitQueue
{
    /// <summary>Guards the list.</summary>
    public SpinLock Lock;

    /// <summary>Who came first, or null.</summary>
    public Thread* First;

    /// <summary>Who came last, or null.</summary>
    public Thread* Last;

    /// <summary>Adds a waiter at the end. Under the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(Thread* thread)
    {
        thread->QueueNext = null;
        thread->QueuePrevious = Last;
        if (Last == null)
        {
            First = thread;
        }
        else
        {
            Last->QueueNext = thread;
        }

        Last = thread;
    }

    /// <summary>Takes a waiter out. Under the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(Thread* thread)
    {
        if (thread->QueuePrevious == null)
        {
            First = thread->QueueNext;
        }
        else
        {
            thread->QueuePrevious->QueueNext = thread->QueueNext;
        }

        if (thread->QueueNext == null)
        {
            Last = thread->QueuePrevious;
        }
        else
        {
            thread->QueueNext->QueuePrevious = thread->QueuePrevious;
        }
    }
}
