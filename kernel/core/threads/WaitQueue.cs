using System.Runtime.CompilerServices;
using Lachesis.Core.Machine;
using Lachesis.Core.Time;

namespace Lachesis.Core.Threads;

/// <summary>Threads that wait for one thing: first come first served, or the higher priority first, or of equal priority the
/// earlier deadline.</summary>
/// <remarks>
/// The lock (<see cref="LockRank.WaitQueue"/>) guards the list alone. Taking a thread out of its wait is a race between
/// wakers, timers and killers that the exchange of its state word decides (<see cref="Sched.Waits{TMachine}"/>); who wins it
/// also unlinks it. A waiter's priority is the one in force when it began to wait.
/// </remarks>
public unsafe struct WaitQueue
{
    /// <summary>The most waiters that one with an earlier deadline is put before: a bound on the steps of that.</summary>
    public const int MostOvertaken = 32;

    /// <summary>Guards the list.</summary>
    public SpinLock Lock;

    private ThreadList _waiters;

    /// <summary>Who names no deadline, or one that is further away than this, stands as if it had named this one: so nobody is
    /// overtaken for longer by those of its priority.</summary>
    public static Duration Patience => Duration.FromMilliseconds(100);

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
            Insert(thread, 0);
        }
    }

    /// <summary>Adds a waiter behind those of its priority that are <see cref="Thread.Due"/> no later, and above, but before no
    /// more than <see cref="MostOvertaken"/>. All who wait here came this way. Under the lock. Steps: as many as there are levels
    /// with waiters above it and waiters that it overtakes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AppendByDeadline(Thread* thread)
    {
        Thread* last = _waiters.Last;
        if (last == null || (last->Priority == thread->Priority && last->Due <= thread->Due))
        {
            _waiters.Append(thread);
        }
        else
        {
            Insert(thread, MostOvertaken);
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
    private void Insert(Thread* thread, int mayOvertake)
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
        else
        {
            before = Overtake(thread, above, before, mayOvertake);
        }

        _waiters.InsertAfter(before, thread);
    }

    // Behind whom a waiter is to stand that comes to the level of these two. If that is nobody there, it is the first of it.
    private static Thread* Overtake(Thread* thread, Thread* first, Thread* last, int most)
    {
        Thread* before = last;
        for (int overtaken = 0; overtaken < most && before->Due > thread->Due; overtaken++)
        {
            if (before == first)
            {
                Replace(first, thread);
                return first->QueuePrevious;
            }

            before = before->QueuePrevious;
        }

        return before;
    }

    // The first of its level, which has a neighbour, goes: the next of that level takes its place, or the level is gone.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void LeaveLevel(Thread* thread)
    {
        Thread* below = thread->LevelNext;
        Thread* heir = thread->QueueNext;
        if (heir != below)
        {
            Replace(thread, heir);
            return;
        }

        Link(thread->LevelPrevious, below);
        thread->LevelPrevious = null;
        thread->LevelNext = null;
    }

    // Another one becomes the first of a level.
    private static void Replace(Thread* first, Thread* heir)
    {
        Link(first->LevelPrevious, heir);
        Link(heir, first->LevelNext);
        first->LevelPrevious = null;
        first->LevelNext = null;
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
