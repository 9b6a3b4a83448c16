using System.Collections.Generic;
using Lachesis.Core.Sched;

namespace Lachesis.Benchmarks.Yardstick;

/// <summary>A run queue as one writes it when nothing is asked of it but that it be right: a sorted set.</summary>
/// <param name="order">The order in which threads run.</param>
public abstract class SortedQueue(IComparer<SortedTask> order)
{
    private long _back;
    private long _front;

    /// <summary>The running thread, which is not in the set.</summary>
    public SortedTask? Running { get; protected set; }

    /// <summary>The queued threads.</summary>
    protected SortedSet<SortedTask> Tasks { get; } = new(order);

    /// <summary>Puts in a thread that is in no queue.</summary>
    public virtual void Insert(SortedTask task, EnqueueReason arrival) => AddLast(task);

    /// <summary>Takes a queued thread out.</summary>
    public virtual void Remove(SortedTask task) => Tasks.Remove(task);

    /// <summary>Gives a queued thread another weight.</summary>
    public virtual void Reweigh(SortedTask task, uint weight) => task.Reweigh(weight);

    /// <summary>Nobody runs: the next thread does from now on.</summary>
    public void Start()
    {
        Running = Best();
        Tasks.Remove(Running!);
    }

    /// <summary>The running thread leaves, and is not queued.</summary>
    public virtual void Stop() => Running = null;

    /// <summary>The running thread has used up its request.</summary>
    public virtual void Serve()
    {
    }

    /// <summary>The running thread may make way for another one and is then queued.</summary>
    public abstract void Exchange(ReschedReason reason);

    /// <summary>Who is to run next, of the queued ones.</summary>
    protected virtual SortedTask? Best() => Tasks.Min;

    /// <summary>Queues a thread behind its equals.</summary>
    protected void AddLast(SortedTask task)
    {
        task.Sequence = ++_back;
        Tasks.Add(task);
    }

    /// <summary>Queues a thread before its equals.</summary>
    protected void AddFirst(SortedTask task)
    {
        task.Sequence = --_front;
        Tasks.Add(task);
    }
}
