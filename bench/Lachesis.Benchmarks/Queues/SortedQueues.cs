using System;
using Lachesis.Abi;
using Lachesis.Benchmarks.Yardstick;
using Lachesis.Core.Sched;

namespace Lachesis.Benchmarks.Queues;

/// <summary>The yardstick: run queues that are plain sorted sets.</summary>
public readonly struct SortedQueues : IQueues
{
    private readonly SortedQueue[] _queues;
    private readonly SortedTask[] _tasks;

    /// <summary>Empty queues.</summary>
    public SortedQueues(SchedulingPolicy policy, WorkloadShape shape)
    {
        _queues = new SortedQueue[shape.Queues];
        for (int i = 0; i < shape.Queues; i++)
        {
            _queues[i] = policy switch
            {
                SchedulingPolicy.Fair => new SortedFairQueue(),
                SchedulingPolicy.Priority => new SortedPriorityQueue(),
                SchedulingPolicy.RoundRobin => new SortedRoundRobinQueue(),
                _ => throw new ArgumentOutOfRangeException(nameof(policy)),
            };
        }

        _tasks = new SortedTask[shape.Threads];
        for (int i = 0; i < shape.Threads; i++)
        {
            _tasks[i] = new SortedTask(i);
        }
    }

    /// <inheritdoc/>
    public void Insert(int queue, int thread, EnqueueReason arrival) => _queues[queue].Insert(_tasks[thread], arrival);

    /// <inheritdoc/>
    public void Remove(int queue, int thread) => _queues[queue].Remove(_tasks[thread]);

    /// <inheritdoc/>
    public void Reweigh(int queue, int thread, uint weight) => _queues[queue].Reweigh(_tasks[thread], weight);

    /// <inheritdoc/>
    public void Start(int queue) => _queues[queue].Start();

    /// <inheritdoc/>
    public void Stop(int queue) => _queues[queue].Stop();

    /// <inheritdoc/>
    public void Serve(int queue) => _queues[queue].Serve();

    /// <inheritdoc/>
    public void Exchange(int queue, ReschedReason reason) => _queues[queue].Exchange(reason);

    /// <inheritdoc/>
    public int Running(int queue) => _queues[queue].Running?.Number ?? -1;

    /// <inheritdoc/>
    public void Complete()
    {
    }
}
