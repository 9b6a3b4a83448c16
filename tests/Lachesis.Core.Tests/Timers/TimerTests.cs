using System;
using Lachesis.Abi;
using Lachesis.Core.Tests.Machine;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Timers;

/// <summary>Timers: set, cancelled, periodic, bound to a notification, and gone with their last capability.</summary>
public sealed unsafe class TimerTests : IDisposable
{
    private const ulong Period = 50_000;
    private const ulong Bits = 0b101;

    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { Cpus = 2 });
    private readonly ulong _timer;
    private readonly ulong _notification;

    public TimerTests()
    {
        _timer = Create(ObjectKind.Timer);
        _notification = Create(ObjectKind.Notification);
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.TimerBind, _timer, _notification, Bits).Error);
    }

    public void Dispose() => _system.Dispose();

    [Fact]
    public void A_timer_signals_its_bits_once_when_its_instant_has_come()
    {
        Set(1000);
        Pass(900);
        Assert.Equal(Error.WouldBlock, Poll().Error);
        Pass(200);
        Assert.Equal(Bits, Poll().Value);
        Pass(100_000);
        Assert.Equal(Error.WouldBlock, Poll().Error);
    }

    [Fact]
    public void A_timer_wakes_the_thread_that_waits_for_its_notification()
    {
        Set(1000);
        Assert.False(_system.Syscall(0, SystemCall.Wait, _notification).WentOn);
        Assert.True(_system.Cpu(0)->Current == null);
        Pass(1100);
        Assert.Equal(Bits, _system.Cpu(0)->Current->Context.Rdx);
    }

    [Fact]
    public void A_timer_whose_instant_has_passed_fires_at_once()
    {
        _system.Advance(1000);
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.TimerSet, _timer, (ulong)_system.Clock - 500).Error);
        _system.RunPendingWork();
        Assert.Equal(Bits, Poll().Value);
    }

    [Fact]
    public void A_cancelled_timer_does_not_fire()
    {
        Set(1000);
        Assert.Equal(new SimulatedSystem.CallResult(Error.None, 0, true), Cancel());
        Pass(2000);
        Assert.Equal(Error.WouldBlock, Poll().Error);
        Assert.Equal(0u, _system.Cpu(0)->Timers.Count);
    }

    [Fact]
    public void A_timer_that_is_set_anew_fires_at_the_new_instant_alone()
    {
        Set(1000);
        Set(5000);
        Pass(2000);
        Assert.Equal(Error.WouldBlock, Poll().Error);
        Assert.Equal(1u, _system.Cpu(0)->Timers.Count);
        Pass(4000);
        Assert.Equal(Bits, Poll().Value);
    }

    [Fact]
    public void A_timer_that_is_set_on_another_cpu_moves_there()
    {
        Set(1000);
        _system.StartThread(0);
        _system.RunPendingWork();
        _system.Syscall(1, SystemCall.TimerSet, _timer, (ulong)_system.Clock + 5000);
        Assert.Equal((0u, 1u), (_system.Cpu(0)->Timers.Count, _system.Cpu(1)->Timers.Count));
    }

    [Fact]
    public void A_periodic_timer_does_not_drift_however_late_it_is_served()
    {
        long start = _system.Clock + 1000;
        _system.Syscall(0, SystemCall.TimerSet, _timer, (ulong)start, Period);
        for (int i = 1; i <= 20; i++)
        {
            // Late by some more every time, but by less than a period.
            Pass(start + ((i - 1) * (long)Period) + (i * 2000) - _system.Clock);
            Assert.Equal(Bits, Poll().Value);
            Assert.Equal(start + (i * (long)Period), _system.Cpu(0)->Timers.EarliestHint.Nanoseconds);
        }

        Assert.Equal(0ul, Cancel().Value);
    }

    [Fact]
    public void Periods_that_passed_together_are_one_signal_and_the_others_overruns()
    {
        long start = _system.Clock + 1000;
        _system.Syscall(0, SystemCall.TimerSet, _timer, (ulong)start, Period);
        Pass(1000 + (3 * (long)Period) + 500);
        Assert.Equal(Bits, Poll().Value);
        Assert.Equal(start + (4 * (long)Period), _system.Cpu(0)->Timers.EarliestHint.Nanoseconds);
        Assert.Equal(3ul, Cancel().Value);
    }

    [Fact]
    public void With_its_last_handle_a_timer_leaves_its_queue_and_lets_go_of_its_notification()
    {
        Set(1000);
        Assert.Equal((1u, 1u), (_system.Kernel->Timers.InUse, _system.Cpu(0)->Timers.Count));
        _system.Syscall(0, SystemCall.CapabilityDelete, _notification);
        Assert.Equal(1u, _system.Kernel->Notifications.InUse);
        _system.Syscall(0, SystemCall.CapabilityDelete, _timer);
        Assert.Equal((0u, 0u), (_system.Kernel->Timers.InUse, _system.Cpu(0)->Timers.Count));
        Assert.Equal(0u, _system.Kernel->Notifications.InUse);
        Pass(2000);
    }

    [Fact]
    public void A_timer_that_is_bound_anew_signals_the_new_notification_alone()
    {
        ulong other = Create(ObjectKind.Notification);
        _system.Syscall(0, SystemCall.TimerBind, _timer, other, 2);
        Set(1000);
        Pass(1100);
        Assert.Equal(Error.WouldBlock, Poll().Error);
        Assert.Equal(2ul, _system.Syscall(0, SystemCall.Poll, other).Value);
    }

    [Theory]
    [InlineData(Error.BadArgument, SystemCall.TimerSet, (ulong)long.MaxValue, 0ul)]
    [InlineData(Error.BadArgument, SystemCall.TimerSet, 1ul, CallLimits.MinTimerPeriodNs - 1)]
    [InlineData(Error.BadArgument, SystemCall.TimerSet, 1ul, CallLimits.MaxTimerPeriodNs + 1)]
    [InlineData(Error.None, SystemCall.TimerSet, (ulong)long.MaxValue - 1, CallLimits.MaxTimerPeriodNs)]
    [InlineData(Error.StaleHandle, SystemCall.TimerBind, 77ul, 1ul)]
    [InlineData(Error.WrongKind, SystemCall.TimerBind, BootHandle.Log, 1ul)]
    public void Values_out_of_range_and_wrong_targets_are_refused(Error expected, SystemCall call, ulong a1, ulong a2) =>
        Assert.Equal(expected, _system.Syscall(0, call, _timer, a1, a2).Error);

    [Theory]
    [InlineData(SystemCall.TimerSet)]
    [InlineData(SystemCall.TimerCancel)]
    [InlineData(SystemCall.TimerBind)]
    public void Handles_that_are_stale_or_of_another_kind_are_refused(SystemCall call)
    {
        Assert.Equal(Error.StaleHandle, _system.Syscall(0, call, 77).Error);
        Assert.Equal(Error.WrongKind, _system.Syscall(0, call, _notification).Error);
    }

    [Theory]
    [InlineData(SystemCall.TimerSet)]
    [InlineData(SystemCall.TimerCancel)]
    [InlineData(SystemCall.CapabilityDelete)]
    public void A_timer_that_is_changed_while_it_fires_fires_once_at_most(SystemCall call)
    {
        ulong timer = 0;
        Races.AtEachPoint(
            system =>
            {
                Races.Started(system);
                timer = system.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Timer).Value;
                ulong target = system.Syscall(
                    0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Notification).Value;
                system.Syscall(0, SystemCall.TimerBind, timer, target, Bits);
                system.Syscall(0, SystemCall.TimerSet, timer, (ulong)system.Clock + 100);
                system.Advance(100);
            },
            system => system.FireTimer(0),
            system => system.Syscall(1, call, timer, (ulong)system.Clock + 100),
            system =>
            {
                system.RunPendingWork();
                system.Advance(1000);
                system.RunPendingWork();
                Assert.Equal((0u, 0u), (system.Cpu(0)->Timers.Count, system.Cpu(1)->Timers.Count));
                Assert.Equal(call == SystemCall.CapabilityDelete ? 0u : 1u, system.Kernel->Timers.InUse);
            });
    }

    private ulong Create(ObjectKind kind) =>
        _system.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)kind).Value;

    private void Set(long after) =>
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.TimerSet, _timer, (ulong)(_system.Clock + after)).Error);

    private SimulatedSystem.CallResult Cancel() => _system.Syscall(0, SystemCall.TimerCancel, _timer);

    private SimulatedSystem.CallResult Poll() => _system.Syscall(0, SystemCall.Poll, _notification);

    private void Pass(long nanoseconds)
    {
        _system.Advance(nanoseconds);
        _system.RunPendingWork();
    }
}
