using System;
using Lachesis.Abi;

namespace Lachesis.Benchmarks.Queues;

/// <summary>One operation, <see cref="WorkloadShape.Operations"/> times, on queues that are ready for it.</summary>
public abstract class Workload : IDisposable
{
    /// <summary>A workload on the kernel's queues.</summary>
    public static Workload OfKernel(SchedulingPolicy policy, Operation operation, int runnable)
    {
        WorkloadShape shape = WorkloadShape.Of(operation, runnable);
        return new Workload<KernelQueues>(
            new KernelQueues(policy, shape.Queues, ThreadPlan.Create(shape.Threads)), operation, shape);
    }

    /// <summary>The same on the yardstick.</summary>
    public static Workload OfYardstick(SchedulingPolicy policy, Operation operation, int runnable)
    {
        WorkloadShape shape = WorkloadShape.Of(operation, runnable);
        return new Workload<SortedQueues>(
            new SortedQueues(policy, shape.Queues, ThreadPlan.Create(shape.Threads)), operation, shape);
    }

    /// <summary>Undoes what <see cref="Run"/> did; not timed.</summary>
    public abstract void Prepare();

    /// <summary>The operations.</summary>
    public abstract void Run();

    /// <summary>The number of the thread that runs from a queue.</summary>
    public abstract int Running(int queue);

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Gives back what the queues hold.</summary>
    protected abstract void Dispose(bool disposing);
}
