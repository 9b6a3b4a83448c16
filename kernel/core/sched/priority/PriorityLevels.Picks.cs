using System.Runtime.CompilerServices;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched.Priority;

/// <summary>Choosing: which thread runs next, and where the one goes that runs no longer.</summary>
public unsafe partial struct PriorityLevels
{
    /// <summary>Takes out the thread that runs next; null if none is queued.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Thread* PickNext()
    {
        Thread* next = First;
        if (next != null)
        {
            Remove(next);
        }

        return next;
    }

    /// <summary>The thread that runs instead of the running one; null if that goes on. At a wake only a higher one does; a thread
    /// that yields, or has used up its quantum, has a new quantum and goes behind its equals.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Thread* ReplaceRunning(Thread* running, ReschedReason reason) =>
        reason == ReschedReason.Wake ? Preempt(running) : ReplaceAtTurnEnd(running);

    /// <summary>Whether a thread that comes from elsewhere would be the next to run.</summary>
    public bool WouldBeNext(Thread* thread)
    {
        Thread* highest = First;
        return highest == null || thread->Priority >= highest->Priority;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Thread* ReplaceAtTurnEnd(Thread* running)
    {
        running->SliceLeft = running->Quantum;
        int top = HighestLevel;
        if (top < (int)running->Priority)
        {
            return null;
        }

        Thread* next;
        ThreadList* list = ListAt((uint)top);
        if (top == (int)running->Priority)
        {
            next = list->TakeFirst();
            list->Append(running);
        }
        else
        {
            next = list->First;
            Remove(next);
            Append(running);
        }

        return next;
    }

    // A thread that a higher one preempts stays before its equals, with what is left of its quantum (POSIX 1003.1, SCHED_RR).
    private Thread* Preempt(Thread* running)
    {
        Thread* next = First;
        if (next == null || next->Priority <= running->Priority)
        {
            return null;
        }

        Remove(next);
        Prepend(running);
        return next;
    }
}
