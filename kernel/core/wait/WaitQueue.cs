using System.Runtime.CompilerServices;
using Lachesis.Core.Machine;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Wait;

/// <summary>Threads that wait for one thing: first come first served, or the higher priority first, or of equal priority the
/// earlier deadline.</summary>
/// <remarks>
/// The lock (<see cref="LockRank.WaitQueue"/>) guards the list alone. Taking a thread out of its wait is a race between
/// wakers, timers and killers that the exchange of its state word decides (<see cref="Waits{TMachine}"/>); who wins it
/// also unlinks it. A waiter's priority is the one in force when it began to wait.
/// </remarks>
public unsafe struct WaitQueue
{
    /// <summary>The most waiters that one with an earlier deadline is put before: a bound on the steps of that.</summary>
    public const int MaxOvertaken = 32;

    /// <summary>Guards the list.</summary>
    public SpinLock Lock;

    private ThreadList _waiters;

    /// <summary>Who names no deadline, or one that is further away than this, stands as if it had named this one: so nobody is
    /// overtaken for longer by those of its priority.</summary>
    public static Duration DeadlineAgeCap => Duration.FromMilliseconds(100);

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
    public void InsertByPriority(Thread* thread)
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

    /// <summary>Adds a waiter behind those of its priority that are <see cref="Thread.CappedDeadline"/> no later, and above, but before no
    /// more than <see cref="MaxOvertaken"/>. All who wait here came this way. Under the lock. Steps: as many as there are levels
    /// with waiters above it and waiters that it overtakes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void InsertByDeadline(Thread* thread)
    {
        Thread* last = _waiters.Last;
        if (last == null || (last->Priority == thread->Priority && last->CappedDeadline <= thread->CappedDeadline))
        {
            _waiters.Append(thread);
        }
        else
        {
            Insert(thread, MaxOvertaken);
        }
    }

    /// <summary>Adds the only waiter of a queue that has none. Under the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AppendToEmpty(WaitQueue* queue, Thread* thread)
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
            RemoveSlowPath(queue, first);
        }
    }

    /// <summary>Takes a waiter out. Under the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(Thread* thread)
    {
        if (((ulong)thread->NextLevelHead | (ulong)thread->PreviousLevelHead) != 0)
        {
            RemoveLevelHead(thread);
        }

        _waiters.Remove(thread);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RemoveSlowPath(WaitQueue* queue, Thread* thread) => queue->Remove(thread);

    // The first waiters of the levels form a list of their own, so nobody has to be passed over one by one: the last of a level
    // stands before the first of the next.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Insert(Thread* thread, int maxOvertaken)
    {
        Thread* above = null;
        Thread* level = _waiters.First;
        while (level != null && level->Priority >= thread->Priority)
        {
            above = level;
            level = level->NextLevelHead;
        }

        Thread* before = level == null ? _waiters.Last : level->QueuePrevious;
        if (above == null || above->Priority != thread->Priority)
        {
            LinkLevelHeads(above, thread);
            LinkLevelHeads(thread, level);
        }
        else
        {
            before = FindDeadlinePredecessor(thread, above, before, maxOvertaken);
        }

        _waiters.InsertAfter(before, thread);
    }

    // Behind whom a waiter is to stand that comes to the level of these two. If that is nobody there, it is the first of it.
    private static Thread* FindDeadlinePredecessor(Thread* thread, Thread* levelHead, Thread* levelTail, int maxOvertaken)
    {
        Thread* before = levelTail;
        for (int overtaken = 0; overtaken < maxOvertaken && before->CappedDeadline > thread->CappedDeadline; overtaken++)
        {
            if (before == levelHead)
            {
                ReplaceLevelHead(levelHead, thread);
                return levelHead->QueuePrevious;
            }

            before = before->QueuePrevious;
        }

        return before;
    }

    // The first of its level, which has a neighbour, goes: the next of that level takes its place, or the level is gone.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void RemoveLevelHead(Thread* thread)
    {
        Thread* below = thread->NextLevelHead;
        Thread* heir = thread->QueueNext;
        if (heir != below)
        {
            ReplaceLevelHead(thread, heir);
            return;
        }

        LinkLevelHeads(thread->PreviousLevelHead, below);
        thread->PreviousLevelHead = null;
        thread->NextLevelHead = null;
    }

    // Another one becomes the first of a level.
    private static void ReplaceLevelHead(Thread* oldHead, Thread* newHead)
    {
        LinkLevelHeads(oldHead->PreviousLevelHead, newHead);
        LinkLevelHeads(newHead, oldHead->NextLevelHead);
        oldHead->PreviousLevelHead = null;
        oldHead->NextLevelHead = null;
    }

    private static void LinkLevelHeads(Thread* higher, Thread* lower)
    {
        if (higher != null)
        {
            higher->NextLevelHead = lower;
        }

        if (lower != null)
        {
            lower->PreviousLevelHead = higher;
        }
    }
}
