using Xunit;

namespace Lachesis.Simulator.Tests.FaultInjection;

/// <summary>The store buffers allow what x86-TSO allows, and nothing more.</summary>
public sealed unsafe class StoreBuffersTests
{
    [Fact]
    public void Two_cpus_that_store_and_then_load_can_both_miss_the_other()
    {
        ulong x = 0;
        ulong y = 0;
        StoreBuffers buffers = OnFirst();
        buffers.Store(&x, 1);
        ulong seenByFirst = y;
        Turn(buffers, 1);
        buffers.Store(&y, 1);
        ulong seenBySecond = x;
        Assert.Equal((0ul, 0ul), (seenByFirst, seenBySecond));
    }

    [Fact]
    public void A_drained_buffer_hides_nothing()
    {
        ulong x = 0;
        StoreBuffers buffers = OnFirst();
        buffers.Store(&x, 1);
        buffers.Drain(0);
        Turn(buffers, 1);
        Assert.Equal(1ul, x);
    }

    [Fact]
    public void A_cpu_sees_its_own_stores_at_once()
    {
        ulong x = 0;
        StoreBuffers buffers = OnFirst();
        buffers.Store(&x, 1);
        Assert.Equal(1ul, x);
        Turn(buffers, 1);
        Assert.Equal(0ul, x);
        Turn(buffers, 0);
        Assert.Equal(1ul, x);
    }

    [Fact]
    public void Stores_reach_memory_in_order()
    {
        ulong x = 0;
        ulong y = 0;
        StoreBuffers buffers = OnFirst();
        buffers.Store(&x, 1);
        buffers.Store(&y, 1);
        buffers.Store(&x, 2);
        Turn(buffers, 1);
        Assert.Equal((0ul, 0ul), (x, y));
        buffers.DrainOldest(0);
        Assert.Equal((1ul, 0ul), (x, y));
        buffers.DrainOldest(0);
        Assert.Equal((1ul, 1ul), (x, y));
        buffers.DrainOldest(0);
        Assert.Equal((2ul, 1ul), (x, y));
        Assert.True(buffers.IsEmpty(0));
    }

    [Fact]
    public void A_full_buffer_gives_its_oldest_store_up()
    {
        ulong x = 0;
        ulong y = 0;
        StoreBuffers buffers = OnFirst(depth: 1);
        buffers.Store(&x, 1);
        buffers.Store(&y, 1);
        Turn(buffers, 1);
        Assert.Equal((1ul, 0ul), (x, y));
    }

    [Fact]
    public void A_store_that_drains_while_another_cpu_has_one_of_its_own_is_seen_after_that()
    {
        ulong x = 0;
        StoreBuffers buffers = OnFirst();
        buffers.Store(&x, 1);
        Turn(buffers, 1);
        buffers.Store(&x, 2);
        buffers.DrainOldest(0);
        Assert.Equal(2ul, x);
        Turn(buffers, 0);
        Assert.Equal(1ul, x);
        buffers.DrainOldest(1);
        Assert.Equal(2ul, x);
    }

    [Fact]
    public void Looking_through_shows_what_memory_will_be_and_leaves_it_as_it_was()
    {
        ulong x = 0;
        StoreBuffers buffers = OnFirst();
        buffers.Store(&x, 1);
        Turn(buffers, 1);
        ulong seen = 0;
        ulong* word = &x;
        buffers.WithAllStoresVisible(() => seen = *word);
        Assert.Equal((1ul, 0ul), (seen, x));
    }

    // Two CPUs, of which the first has its turn.
    private static StoreBuffers OnFirst(int depth = 4)
    {
        var buffers = new StoreBuffers(2, depth);
        buffers.ApplyView(0);
        return buffers;
    }

    private static void Turn(StoreBuffers buffers, int cpu)
    {
        buffers.RemoveView();
        buffers.ApplyView(cpu);
    }
}
