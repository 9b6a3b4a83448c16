using Lachesis.Abi;
using Lachesis.Core.Time;
using Xunit;

namespace Lachesis.Simulator.Tests.Scenarios;

/// <summary>Driving a system with atomic kernel entries: the clock jumps from event to event.</summary>
public sealed class VirtualTimeTests
{
    [Fact]
    public void Time_jumps_to_the_instant_at_which_a_sleeper_wakes()
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape());
        system.Syscall(0, SystemCall.SleepUntil, 5_000);
        Assert.Null(system.RunningOn(0));
        Assert.Equal(5_000, system.NextEvent!.Value.Nanoseconds);
        Assert.True(system.AdvanceToNextEvent(new Instant(10_000)));
        Assert.Equal(5_000, system.Clock);
        Assert.NotNull(system.RunningOn(0));
    }

    [Fact]
    public void Time_stops_at_the_limit_when_nothing_happens_before()
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape());
        system.Syscall(0, SystemCall.SleepUntil, 5_000);
        Assert.False(system.AdvanceToNextEvent(new Instant(4_000)));
        Assert.Equal(4_000, system.Clock);
    }

    [Fact]
    public void Nothing_is_to_come_when_all_wait_for_something_that_is_no_instant()
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape());
        system.Syscall(0, SystemCall.Park, SimulatedSystem.DataAddress);
        Assert.Null(system.NextEvent);
    }

    [Fact]
    public void A_slice_ends_when_another_thread_waits()
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape { SliceNs = 1_000 });
        system.StartThread(0);
        uint first = system.RunningOn(0)!.Value.Index;
        Assert.True(system.AdvanceToNextEvent(new Instant(10_000)));
        Assert.NotEqual(first, system.RunningOn(0)!.Value.Index);
    }
}
