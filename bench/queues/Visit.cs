namespace Lachesis.Benchmarks.Queues;

/// <summary>A thread that comes to a queue or goes from it.</summary>
/// <param name="queue">The queue.</param>
/// <param name="thread">The thread.</param>
public readonly struct Visit(int queue, int thread)
{
    /// <summary>The queue.</summary>
    public int Queue { get; } = queue;

    /// <summary>The thread.</summary>
    public int Thread { get; } = thread;
}
