using System.Collections.Generic;
using Lachesis.Core.Sched;

namespace Lachesis.Benchmarks.Yardstick;

/// <summary>Round robin: whoever came first.</summary>
public sealed class SortedRoundRobinQueue() : SortedQueue(s_order)
{
    private static readonly IComparer<SortedTask> s_order =
        Comparer<SortedTask>.Create(static (a, b) => a.Sequence.CompareTo(b.Sequence));

    /// <inheritdoc/>
    public override void Exchange(ReschedReason reason)
    {
        if (reason != ReschedReason.Wake && Tasks.Count > 0)
        {
            AddLast(Running!);
            Start();
        }
    }
}
