namespace Lachesis.Benchmarks.Queues;

/// <summary>What is done to a run queue.</summary>
public enum Operation
{
    /// <summary>A woken thread is put in.</summary>
    Enqueue,

    /// <summary>A particular thread is taken out.</summary>
    Dequeue,

    /// <summary>The running thread has used up its slice: it is put back, and the next one is taken out.</summary>
    Pick,

    /// <summary>A sleeper is put in, and may preempt the running thread.</summary>
    Wake,

    /// <summary>A particular thread is taken out of one queue and put into another.</summary>
    Migrate,

    /// <summary>A particular queued thread gets another weight.</summary>
    Reweigh,

    /// <summary>How many there are.</summary>
    Count,
}
