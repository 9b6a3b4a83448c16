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

    /// <summary>Adds a waiter behind those of its priority and above. All who wait here came this way. Under the lock. Steps:
    /// as many as there are levels with waiters above it.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AppendByPriority(Thread* thread)
    {
        if (_waiters.Last == null || _waiters.Last->Priority == thread->Priority)
        {
            _waiters.Append(thread);
        }
        else
        {
            InsertByPriority(thread);
        }
    }

    /// <summary>Adds the only waiter of a queue that has none. Under the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AppendOnly(WaitQueue* queue, Thread* thread)
    {
        thread->QueueNext = null;
        thread->QueuePrevious = null;
        queue->_waiters.First = thread;
        queue->_waiters.Last = thread;
    }

    /// <summary>Takes the first out, which there is, at the least cost if it is the only one. Under the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void RemoveFirst(WaitQueue* queue, Thread* first)
    {
        if (queue->_waiters.Last == first)
        {
            queue->_waiters.First = null;
            queue->_waiters.Last = null;
        }
        else
        {
            RemoveOfSeveral(queue, first);
        }
    }

    /// <summary>Takes a waiter out. Under the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(Thread* thread)
    {
        if (((ulong)thread->LevelNext | (ulong)thread->LevelPrevious) != 0)
        {
            LeaveLevel(thread);
        }

        _waiters.Remove(thread);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RemoveOfSeveral(WaitQueue* queue, Thread* thread) => queue->Remove(thread);

    // The first waiters of the levels form a list of their own, so nobody has to be passed over one by one: the last of a level
    // stands before the first of the next.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void InsertByPriority(Thread* thread)
    {
        Thread* above = null;
        Thread* level = _waiters.First;
        while (level != null && level->Priority >= thread->Priority)
        {
            above = level;
            level = level->LevelNext;
        }

        Thread* before = level == null ? _waiters.Last : level->QueuePrevious;
        if (above == null || above->Priority != thread->Priority)
        {
            Link(above, thread);
            Link(thread, level);
        }

        _waiters.InsertAfter(before, thread);
    }

    // The first of its level, which has a neighbour, goes: the next of that level takes its place, or the level is gone.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LeaveLevel(Thread* thread)
    {
        Thread* above = thread->LevelPrevious;
        Thread* below = thread->LevelNext;
        Thread* heir = thread->QueueNext;
        thread->LevelPrevious = null;
        thread->LevelNext = null;
        if (heir == below)
        {
            Link(above, below);
            return;
        }

        Link(above, heir);
        Link(heir, below);
    }

    private static void Link(Thread* above, Thread* below)
    {
        if (above != null)
        {
            above->LevelNext = below;
        }

        if (below != null)
        {
            below->LevelPrevious = above;
        }
    }
}
