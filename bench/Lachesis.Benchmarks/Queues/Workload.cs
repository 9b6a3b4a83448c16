using System;
using Lachesis.Abi;

namespace Lachesis.Benchmarks.Queues;

/// <summary>One operation, <see cref="WorkloadShape.Operations"/> times, on queues that are ready for it.</summary>
public abstract class Workload : IDisposable
{
    /// <summary>A workload on the kernel's queues. The fair policy's optional rules are off, as the yardstick has none.</summary>
    public static Workload OfKernel(SchedulingPolicy policy, Operation operation, int runnable) => new Workload<KernelQueues<NoProbe>>(
        operation, WorkloadShape.Of(operation, runnable), KernelQueues<NoProbe>.BytesFor,
        (WorkloadShape shape, ref Arena arena) => new(policy, FairFeatures.None, shape, ref arena, default));

    /// <summary>The same on the yardstick.</summary>
    public static Workload OfYardstick(SchedulingPolicy policy, Operation operation, int runnable) => new Workload<SortedQueues>(
        operation, WorkloadShape.Of(operation, runnable), static _ => 0,
        (WorkloadShape shape, ref Arena _) => new(policy, shape));

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

    /// <summary>Frees what the queues hold.</summary>
    protected abstract void Dispose(bool disposing);
}

/// <summary>A workload in memory of its own.</summary>
/// <typeparam name="TQueues">The queues.</typeparam>
internal sealed unsafe class Workload<TQueues> : Workload
    where TQueues : struct, IQueues
{
    private readonly HostMemory _memory;
    private QueueWork<TQueues> _work;

    /// <summary>Fills queues.</summary>
    internal Workload(Operation operation, WorkloadShape shape, Func<WorkloadShape, ulong> bytes, Maker make)
    {
        _memory = new HostMemory(bytes(shape) + Visits.BytesFor(shape));
        Arena arena = _memory.Whole();
        _work = new QueueWork<TQueues>(make(shape, ref arena), operation, shape, ref arena);
    }

    /// <summary>Makes empty queues.</summary>
    internal delegate TQueues Maker(WorkloadShape shape, ref Arena arena);

    /// <inheritdoc/>
    public override void Prepare() => _work.Prepare();

    /// <inheritdoc/>
    public override void Run() => _work.Run();

    /// <inheritdoc/>
    public override int Running(int queue) => _work.Running(queue);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _memory.Dispose();
}
