using System.Runtime.CompilerServices;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched.RoundRobin;

/// <summary>The round robin policy of one CPU: first come, first served, each for a quantum; nothing preempts. Under the run
/// queue's lock.</summary>
public unsafe struct RoundRobinQueue
{
    private ThreadList _threads;

    /// <summary>The next to run, or null.</summary>
    public readonly Thread* First => _threads.First;

    /// <summary>Adds a thread behind the others.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Append(Thread* thread) => _threads.Append(thread);

    /// <summary>Takes a thread out.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(Thread* thread) => _threads.Remove(thread);

    /// <summary>Takes out the thread that runs next; null if none is queued.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Thread* PickNext() => _threads.TakeFirst();

    /// <summary>The thread that runs instead of the running one, which goes behind the others; null if it goes on, at a wake or
    /// alone. Unless at a wake, it has a new quantum.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Thread* ReplaceRunning(Thread* running, ReschedReason reason)
    {
        if (reason == ReschedReason.Wake)
        {
            return null;
        }

        running->SliceLeft = running->Quantum;
        Thread* next = _threads.TakeFirst();
        if (next != null)
        {
            _threads.Append(running);
        }

        return next;
    }
}
