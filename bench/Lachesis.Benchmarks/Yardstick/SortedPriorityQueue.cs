using System.Collections.Generic;
using Lachesis.Core.Sched;

namespace Lachesis.Benchmarks.Yardstick;

/// <summary>Priorities: the highest first, and of equals whoever came first.</summary>
public sealed class SortedPriorityQueue() : SortedQueue(s_order)
{
    private static readonly IComparer<SortedTask> s_order = Comparer<SortedTask>.Create(static (a, b) =>
        a.Priority != b.Priority ? b.Priority.CompareTo(a.Priority) : a.Sequence.CompareTo(b.Sequence));

    /// <inheritdoc/>
    public override void Exchange(ReschedReason reason)
    {
        SortedTask running = Running!;
        SortedTask? best = Best();
        if (best is null || best.Priority < running.Priority)
        {
            return;
        }

        if (reason != ReschedReason.Wake)
        {
            AddLast(running);
            Start();
        }
        else if (best.Priority > running.Priority)
        {
            AddFirst(running);
            Start();
        }
    }
}
