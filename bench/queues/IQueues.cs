using Lachesis.Core.Sched;

namespace Lachesis.Benchmarks.Queues;

/// <summary>
/// Some run queues of one policy and the threads that are in them, by number. Implemented by structs, so that a workload
/// compiled for one of them calls it directly.
/// </summary>
public interface IQueues
{
    /// <summary>Puts in a thread that is in no queue.</summary>
    void Insert(int queue, int thread, EnqueueReason arrival);

    /// <summary>Takes a queued thread out.</summary>
    void Remove(int queue, int thread);

    /// <summary>Gives a queued thread another weight.</summary>
    void Reweigh(int queue, int thread, uint weight);

    /// <summary>Nobody runs: the next thread does from now on.</summary>
    void Start(int queue);

    /// <summary>The running thread leaves the CPU, and is not queued.</summary>
    void Stop(int queue);

    /// <summary>The running thread has used up its request.</summary>
    void Serve(int queue);

    /// <summary>The running thread may make way for another one and is then queued.</summary>
    void Exchange(int queue, ReschedReason reason);

    /// <summary>The number of the running thread; -1 if nobody runs.</summary>
    int Running(int queue);

    /// <summary>An operation of the workload is complete.</summary>
    void Complete();
}
