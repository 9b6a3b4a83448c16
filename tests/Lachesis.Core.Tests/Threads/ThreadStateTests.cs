using Lachesis.Core.Threads;
using Xunit;

namespace Lachesis.Core.Tests.Threads;

public sealed unsafe class ThreadStateTests
{
    [Theory]
    [InlineData(ThreadLocation.Dead, 63, uint.MaxValue)]
    [InlineData(ThreadLocation.Free, 0, 0)]
    [InlineData(ThreadLocation.Inbox, 17, 1)]
    public void The_parts_come_back_out(ThreadLocation place, uint cpu, uint generation)
    {
        var state = new ThreadState(place, cpu, generation);
        Assert.Equal((place, cpu, generation), (state.Location, state.Cpu, state.Generation));
        ThreadState moved = state.With(ThreadLocation.Queued, 5);
        Assert.Equal((ThreadLocation.Queued, 5u, generation), (moved.Location, moved.Cpu, moved.Generation));
    }

    [Fact]
    public void A_free_slot_is_zero() => Assert.Equal(ThreadLocation.Free, default(ThreadState).Location);

    [Fact]
    public void A_thread_is_small_and_its_vector_registers_are_aligned()
    {
        Thread thread = default;
        long offset = thread.Context.FxSaveArea - (byte*)&thread;
        Assert.True(sizeof(Thread) <= 2048, $"{sizeof(Thread)} bytes");
        Assert.Equal(0, offset % 16);
        Assert.True(sizeof(Thread) % 64 == 0, $"{sizeof(Thread)} bytes");
    }
}
