using System.Runtime.CompilerServices;
using Lachesis.Core.Machine;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched;

/// <summary>
/// The runnable threads of one CPU, the running one not among them. The order is the policy's, which is round robin: first
/// come, first served, each for one slice.
/// </summary>
/// <remarks>
/// The lock (<see cref="LockRank.RunQueue"/>) guards the list; the owner CPU takes it to enqueue and pick, idle CPUs to
/// steal. <see cref="Count"/> is also read without it, as a hint that a steal may be worth trying.
/// </remarks>
public unsafe struct RunQueue
{
    /// <summary>Guards the list.</summary>
    public SpinLock Lock;

    /// <summary>How many threads are queued. A word: others read it without the lock.</summary>
    public ulong Count;

    /// <summary>Next to run, or null.</summary>
    public Thread* First;

    private Thread* _last;

    /// <summary>Adds a thread behind all others. Under the lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(Thread* thread)
    {
        thread->QueueNext = null;
        thread->QueuePrevious = _last;
        if (_last == null)
        {
            First = thread;
        }
        else
        {
            _last->QueueNext = thread;
        }

        _last = thread;
        Count++;
    }

    /// <summary>Takes out the thread that has waited longest, or gives null. Under the lock.</summary>
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
            _last = null;
        }
        else
        {
            next->QueuePrevious = null;
        }

        Count--;
        return thread;
    }

    /// <summary>Takes a thread out. Under the lock.</summary>
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
            _last = thread->QueuePrevious;
        }
        else
        {
            thread->QueueNext->QueuePrevious = thread->QueuePrevious;
        }

        Count--;
    }
}
