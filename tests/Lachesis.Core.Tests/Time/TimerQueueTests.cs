using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Core.Time;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Time;

public sealed unsafe class TimerQueueTests : IDisposable
{
    private const uint Capacity = 40;

    private readonly NativeBlock _nodes = new(Capacity * (ulong)sizeof(TimerNode));
    private readonly NativeBlock _heap = new(Capacity * (ulong)sizeof(TimerNode*));

    public void Dispose()
    {
        _nodes.Dispose();
        _heap.Dispose();
    }

    [Fact]
    public void An_empty_queue_has_no_earliest()
    {
        TimerQueue queue = Make();
        Assert.True(queue.Earliest == null);
        Assert.Equal(long.MaxValue, queue.EarliestHint.Nanoseconds);
    }

    [Fact]
    public void A_full_queue_refuses()
    {
        TimerQueue queue = Make();
        for (uint i = 0; i < Capacity; i++)
        {
            Assert.True(Add(ref queue, i, 7));
        }

        TimerNode extra = default;
        Assert.False(queue.Add(&extra));
        Assert.Equal(Capacity, queue.Count);
    }

    [Fact]
    public void The_hint_follows_the_earliest_when_it_is_taken_out()
    {
        TimerQueue queue = Make();
        Add(ref queue, 0, 10);
        Add(ref queue, 1, 20);
        queue.Remove(NodeAt(0));
        Assert.Equal(20, queue.EarliestHint.Nanoseconds);
        queue.Remove(NodeAt(1));
        Assert.Equal(long.MaxValue, queue.EarliestHint.Nanoseconds);
        Assert.Equal(0u, NodeAt(1)->HeapSlot);
    }

    [Fact]
    public void Adding_and_taking_out_anywhere_agree_with_a_sorted_list() => Operations.Check(operations =>
    {
        TimerQueue queue = Make();
        var model = new Dictionary<uint, long>();
        foreach (int operation in operations)
        {
            uint index = (uint)operation % Capacity;
            if (model.Remove(index))
            {
                queue.Remove(NodeAt(index));
            }
            else
            {
                model.Add(index, operation / Capacity % 50);
                Assert.True(Add(ref queue, index, model[index]));
            }

            long earliest = model.Count == 0 ? long.MaxValue : model.Values.Min();
            Assert.Equal((uint)model.Count, queue.Count);
            Assert.Equal(earliest, queue.EarliestHint.Nanoseconds);
            TimerNode** heap = (TimerNode**)_heap.Start;
            Assert.All(model.Keys, key => Assert.True(heap[NodeAt(key)->HeapSlot - 1] == NodeAt(key)));
        }

        foreach (long expected in model.Values.Order().ToList())
        {
            TimerNode* node = queue.Earliest;
            Assert.Equal(expected, node->Deadline.Nanoseconds);
            queue.Remove(node);
        }
    });

    private TimerQueue Make()
    {
        _nodes.Bytes.Clear();
        TimerQueue queue = default;
        queue.Initialize((TimerNode**)_heap.Start, Capacity);
        return queue;
    }

    private TimerNode* NodeAt(uint index) => (TimerNode*)_nodes.Start + index;

    private bool Add(ref TimerQueue queue, uint index, long deadline)
    {
        NodeAt(index)->Deadline = new Instant(deadline);
        return queue.Add(NodeAt(index));
    }
}
