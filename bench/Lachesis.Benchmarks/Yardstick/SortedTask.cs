namespace Lachesis.Benchmarks.Yardstick;

/// <summary>A thread of the yardstick.</summary>
public sealed class SortedTask
{
    /// <summary>Its number.</summary>
    public required int Number { get; init; }

    /// <summary>Its weight.</summary>
    public required long Weight { get; init; }

    /// <summary>Its priority.</summary>
    public required int Priority { get; init; }

    /// <summary>Length of its requests in virtual nanoseconds.</summary>
    public required long Request { get; init; }

    /// <summary>The most of its lag that is kept, in virtual nanoseconds.</summary>
    public required long MostLag { get; init; }

    /// <summary>Its place among equals: the less, the earlier.</summary>
    public long Sequence { get; set; }

    /// <summary>Virtual runtime.</summary>
    public long Runtime { get; set; }

    /// <summary>Virtual deadline.</summary>
    public long Deadline { get; set; }

    /// <summary>Out of all queues: how far it was behind when it left.</summary>
    public long Lag { get; set; }

    /// <summary>Out of all queues: how far its deadline was away when it left.</summary>
    public long DeadlineDistance { get; set; }

    /// <summary>The queue that it left last.</summary>
    public SortedQueue? LeftQueue { get; set; }
}
