using Lachesis.Abi;
using Lachesis.Benchmarks.Queues;
using Lachesis.Core.Sched.Fair;

namespace Lachesis.Benchmarks.Yardstick;

/// <summary>A thread of the yardstick.</summary>
public sealed class SortedTask
{
    private readonly uint _requestNs;

    /// <summary>Thread number <paramref name="number"/>, in no queue yet.</summary>
    public SortedTask(int number)
    {
        ThreadPlan plan = new(number);
        _requestNs = plan.RequestNs;
        Number = number;
        Priority = (int)plan.Priority;
        Lag = plan.Lag;
        Reweigh(plan.Weight);
    }

    /// <summary>Its number.</summary>
    public int Number { get; }

    /// <summary>Its weight.</summary>
    public long Weight { get; private set; }

    /// <summary>Its priority.</summary>
    public int Priority { get; }

    /// <summary>Length of its requests in virtual nanoseconds.</summary>
    public long Request { get; private set; }

    /// <summary>The most of its lag that is kept, in virtual nanoseconds.</summary>
    public long MostLag { get; private set; }

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

    /// <summary>Gives it another weight, and what follows from that alone.</summary>
    public void Reweigh(uint weight)
    {
        Weight = weight;
        Request = FairQueue.ServiceToVirtual(_requestNs, weight);
        MostLag = FairQueue.ServiceToVirtual(_requestNs + SchedulingLimits.MinSliceNs, weight);
    }
}
