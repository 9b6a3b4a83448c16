namespace Lachesis.Benchmarks.Queues;

/// <summary>
/// How many queues and threads a workload has. A workload is always the same number of operations, so that it takes long
/// enough to be timed; the number of queued threads is the one wanted on average over them.
/// </summary>
/// <param name="queues">Queues.</param>
/// <param name="residents">Threads that stay in each queue, or run from it.</param>
/// <param name="visitors">Further threads of each queue, which come or go one an operation.</param>
public readonly struct WorkloadShape(int queues, int residents, int visitors)
{
    /// <summary>Operations of a workload.</summary>
    public const int Operations = 1000;

    /// <summary>Queues.</summary>
    public int Queues { get; } = queues;

    /// <summary>Threads that stay in each queue, or run from it.</summary>
    public int Residents { get; } = residents;

    /// <summary>Further threads of each queue, which come or go one an operation.</summary>
    public int Visitors { get; } = visitors;

    /// <summary>Threads of each queue.</summary>
    public int Each => Residents + Visitors;

    /// <summary>Threads of all queues.</summary>
    public int Threads => Queues * Each;

    /// <summary>The shape for an operation among so many queued threads.</summary>
    public static WorkloadShape Of(Operation operation, int runnable)
    {
        if (operation is Operation.Pick or Operation.Reweigh)
        {
            return new WorkloadShape(1, runnable + 1, 0);
        }

        if (operation == Operation.Migrate)
        {
            return new WorkloadShape(2, runnable + 1, 0);
        }

        int visitors = runnable < Operations ? runnable : Operations;
        return new WorkloadShape(Operations / visitors, runnable - (visitors / 2) + 1, visitors);
    }

    /// <summary>The number of a thread of a queue; residents come first.</summary>
    public int Thread(int queue, int index) => (queue * Each) + index;
}
