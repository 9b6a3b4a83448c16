using System.Runtime.InteropServices;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched.Fair;

/// <summary>What the fair policy keeps of a thread. Owner: who owns the thread; the tree's links: the run queue's
/// lock.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct FairEntity
{
    /// <summary>Tree: the node that it is an entry of.</summary>
    public DeadlineNode* Node;

    /// <summary>Tree: its slot there.</summary>
    public uint Slot;

    /// <summary>The CPU whose queue it left last.</summary>
    public uint LagCpu;

    /// <summary>Virtual runtime v. Of the queue that it is in or runs from; after it left to sleep, of that of <see
    /// cref="LagCpu"/>.</summary>
    public VirtualTime VirtualRuntime;

    /// <summary>Virtual deadline of the running request.</summary>
    public VirtualTime Deadline;

    /// <summary>Out of all queues: V - v when it left, in virtual nanoseconds; positive: it is owed service.</summary>
    public long Lag;

    /// <summary>Length of a request of its latency class, in virtual nanoseconds at its weight.</summary>
    public long VirtualSlice;

    /// <summary>Says how long the request is that its deadline stands for: see <see cref="FairQueue.UrgencyOf"/>.</summary>
    public ulong Urgency;

    /// <summary>The same for a request of its latency class.</summary>
    public ulong SliceUrgency;

    /// <summary>Length of a request of its latency class, in nanoseconds of service.</summary>
    public long Slice;

    /// <summary>Out of all queues: virtual nanoseconds from v to the deadline when it left.</summary>
    public long RelativeDeadline;

    /// <summary>What the last division of service by weight left over; below the weight.</summary>
    public long Remainder;

    /// <summary>Its runtime when it last began a burst: woke, or was made.</summary>
    public Duration BurstStart;
}
