using Lachesis.User;

namespace Lachesis.Benchmarks.Queues;

/// <summary>The threads that come to queues and go from them, in an order that has nothing to do with where they lie in
/// memory.</summary>
public readonly unsafe struct Visits
{
    private const ulong Seed = 20_250_102;

    private readonly Visit* _visits;

    private Visits(Visit* visits, int count)
    {
        _visits = visits;
        Count = count;
    }

    /// <summary>How many.</summary>
    public int Count { get; }

    /// <summary>One of them.</summary>
    public Visit this[int index] => _visits[index];

    /// <summary>The most memory that they take.</summary>
    public static ulong BytesFor(WorkloadShape shape) =>
        Arena.SizeOf((ulong)(shape.Queues * shape.Visitors * sizeof(Visit)))
        + Arena.SizeOf((ulong)(WorkloadShape.Operations * sizeof(Visit))) + Arena.SizeOf((ulong)(shape.Residents * sizeof(int)));

    /// <summary>All visitors of all queues.</summary>
    public static Visits OfVisitors(WorkloadShape shape, ref Arena arena)
    {
        int count = shape.Queues * shape.Visitors;
        Visit* visits = (Visit*)arena.Take((ulong)(count * sizeof(Visit)));
        Random random = new(Seed);
        for (int i = 0; i < count; i++)
        {
            int queue = i / shape.Visitors;
            int other = (int)random.Below((ulong)i + 1);
            visits[i] = visits[other];
            visits[other] = new Visit(queue, shape.Thread(queue, shape.Residents + (i % shape.Visitors)));
        }

        return new Visits(visits, count);
    }

    /// <summary>Residents that do not run, as many of each queue, by turns of a queue's each.</summary>
    public static Visits OfResidents<TQueues>(WorkloadShape shape, TQueues queues, ref Arena arena)
        where TQueues : struct, IQueues
    {
        int share = WorkloadShape.Operations / shape.Queues;
        int each = share < shape.Residents - 1 ? share : shape.Residents - 1;
        Visit* visits = (Visit*)arena.Take((ulong)(shape.Queues * each * sizeof(Visit)));
        int* threads = (int*)arena.Take((ulong)(shape.Residents * sizeof(int)));
        Random random = new(Seed);
        for (int queue = 0; queue < shape.Queues; queue++)
        {
            int found = 0;
            for (int index = 0; index < shape.Residents; index++)
            {
                int thread = shape.Thread(queue, index);
                if (thread != queues.Running(queue))
                {
                    int other = (int)random.Below((ulong)found + 1);
                    threads[found++] = threads[other];
                    threads[other] = thread;
                }
            }

            for (int i = 0; i < each; i++)
            {
                visits[(i * shape.Queues) + queue] = new Visit(queue, threads[i]);
            }
        }

        return new Visits(visits, shape.Queues * each);
    }
}
