using System.Runtime.CompilerServices;

namespace Lachesis.Core.Threads;

/// <summary>A list of threads, first come first served. Intrusive: the links are in the threads, so nothing is ever
/// allocated.</summary>
public unsafe struct ThreadList
{
    /// <summary>Who came first, or null.</summary>
    public Thread* First;

    /// <summary>Who came last, or null.</summary>
    public Thread* Last;

    /// <summary>Adds a thread, which is in no list, at the end.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(Thread* thread)
    {
        Thread* last = Last;
        thread->QueueNext = null;
        thread->QueuePrevious = last;
        if (last == null)
        {
            First = thread;
        }
        else
        {
            last->QueueNext = thread;
        }

        Last = thread;
    }

    /// <summary>Adds a thread, which is in no list, at the front.</summary>
    public void Prepend(Thread* thread)
    {
        Thread* first = First;
        thread->QueuePrevious = null;
        thread->QueueNext = first;
        if (first == null)
        {
            Last = thread;
        }
        else
        {
            first->QueuePrevious = thread;
        }

        First = thread;
    }

    /// <summary>Adds a thread, which is in no list, behind one that is in this, or at the front (null).</summary>
    public void InsertAfter(Thread* predecessor, Thread* thread)
    {
        if (predecessor == null)
        {
            Prepend(thread);
        }
        else if (predecessor == Last)
        {
            Append(thread);
        }
        else
        {
            thread->QueuePrevious = predecessor;
            thread->QueueNext = predecessor->QueueNext;
            predecessor->QueueNext->QueuePrevious = thread;
            predecessor->QueueNext = thread;
        }
    }

    /// <summary>Takes out a thread that is in this list.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(Thread* thread)
    {
        Thread* next = thread->QueueNext;
        Thread* previous = thread->QueuePrevious;
        if (previous == null)
        {
            First = next;
        }
        else
        {
            previous->QueueNext = next;
        }

        if (next == null)
        {
            Last = previous;
        }
        else
        {
            next->QueuePrevious = previous;
        }
    }

    /// <summary>Takes out the first, or gives null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Thread* TakeFirst()
    {
        Thread* thread = First;
        if (thread == null)
        {
            return null;
        }

        Thread* next = thread->QueueNext;
        First = next;
        if (next == null)
        {
            Last = null;
        }
        else
        {
            next->QueuePrevious = null;
        }

        return thread;
    }
}
