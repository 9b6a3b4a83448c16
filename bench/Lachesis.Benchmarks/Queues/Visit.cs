using System;

namespace Lachesis.Benchmarks.Queues;

/// <summary>A thread that comes to a queue or goes from it.</summary>
/// <param name="Queue">The queue.</param>
/// <param name="Thread">The thread.</param>
public readonly record struct Visit(int Queue, int Thread)
{
    private const int Seed = 20_250_102;

    /// <summary>All visitors of all queues, in an order that has nothing to do with where they lie in memory.</summary>
    public static Visit[] OfVisitors(WorkloadShape shape)
    {
        Visit[] visits = new Visit[shape.Queues * shape.Visitors];
        for (int i = 0; i < visits.Length; i++)
        {
            int queue = i / shape.Visitors;
            visits[i] = new Visit(queue, shape.Thread(queue, shape.Residents + (i % shape.Visitors)));
        }

        new Random(Seed).Shuffle(visits);
        return visits;
    }

    /// <summary>Residents that do not run, as many of each queue, by turns of a queue's each.</summary>
    public static Visit[] OfResidents<TQueues>(WorkloadShape shape, TQueues queues)
        where TQueues : struct, IQueues
    {
        int each = Math.Min(shape.Residents - 1, WorkloadShape.Operations / shape.Queues);
        Visit[] visits = new Visit[shape.Queues * each];
        for (int queue = 0; queue < shape.Queues; queue++)
        {
            int[] threads = new int[shape.Residents - 1];
            for (int i = 0, index = 0; i < threads.Length; index++)
            {
                int thread = shape.Thread(queue, index);
                if (thread != queues.Running(queue))
                {
                    threads[i++] = thread;
                }
            }

            new Random(Seed).Shuffle(threads);
            for (int i = 0; i < each; i++)
            {
                visits[(i * shape.Queues) + queue] = new Visit(queue, threads[i]);
            }
        }

        return visits;
    }
}
