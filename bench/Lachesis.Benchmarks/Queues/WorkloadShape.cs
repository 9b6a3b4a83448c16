using System;

namespace Lachesis.Benchmarks.Queues;

/// <summary>
/// How many queues and threads a workload has. A workload is always the same number of operations, so that it takes long
/// enough to be timed; the number of queued threads is the one wanted on average over them.
/// </summary>
/// <param name="Queues">Queues.</param>
/// <param name="Residents">Threads that stay in each queue, or run from it.</param>
/// <param name="Visitors">Further threads of each queue, which come or go one an operation.</param>
public readonly record struct WorkloadShape(int Queues, int Residents, int Visitors)
{
    /// <summary>Operations of a workload.</summary>
    public const int Operations = 1000;

    /// <summary>Threads of all queues.</summary>
    public int Threads => Queues * (Residents + Visitors);

    /// <summary>The shape for an operation among so many queued threads.</summary>
    public static WorkloadShape Of(Operation operation, int runnable)
    {
        if (operation == Operation.Pick)
        {
            return new WorkloadShape(1, runnable + 1, 0);
        }

        if (operation == Operation.Migrate)
        {
            return new WorkloadShape(2, runnable + 1, 0);
        }

        int visitors = Math.Min(runnable, Operations);
        return new WorkloadShape(Operations / visitors, runnable - (visitors / 2) + 1, visitors);
    }

    /// <summary>The number of a thread of a queue; residents come first.</summary>
    public int Thread(int queue, int index) => (queue * (Residents + Visitors)) + index;
}
