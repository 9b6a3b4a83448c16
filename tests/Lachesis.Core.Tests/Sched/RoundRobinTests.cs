using System;
using Lachesis.Abi;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched;

/// <summary>One CPU: who runs, in which order, and for how long.</summary>
public sealed unsafe class RoundRobinTests : IDisposable
{
    private const long Slice = 1000;

    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { SliceNs = Slice });

    public void Dispose() => _system.Dispose();

    private Thread* Current => _system.Cpu(0)->Current;

    [Fact]
    public void Yielding_threads_take_turns_in_the_order_in_which_they_came()
    {
        Thread* a = Current;
        Thread* b = _system.NewThread(0);
        Thread* c = _system.NewThread(0);
        Assert.Equal([(nint)b, (nint)c], _system.QueueOf(0));
        foreach (nint next in (nint[])[(nint)b, (nint)c, (nint)a, (nint)b])
        {
            _system.Syscall(0, SystemCall.Yield);
            Assert.Equal(next, (nint)Current);
        }

        Assert.Equal(4ul, _system.Total(Counter.Yields));
    }

    [Fact]
    public void A_yield_with_nobody_waiting_goes_on_at_once()
    {
        ulong switches = Current->Ledger.Switches;
        Assert.True(_system.Syscall(0, SystemCall.Yield).WentOn);
        Assert.Equal(switches, Current->Ledger.Switches);
    }

    [Fact]
    public void A_thread_alone_has_no_slice_timer() => Assert.Equal(long.MaxValue, _system.TimerOf(0).Nanoseconds);

    [Fact]
    public void A_slice_ends_for_a_thread_that_waits_and_is_counted_as_a_preemption()
    {
        Thread* a = Current;
        Thread* b = _system.NewThread(0);
        Assert.Equal(a->SliceEnd.Nanoseconds, _system.TimerOf(0).Nanoseconds);
        _system.Advance(Slice);
        _system.FireTimer(0);
        Assert.Equal((nint)b, (nint)Current);
        Assert.Equal((1ul, 0ul), (a->Ledger.Preemptions, b->Ledger.Preemptions));
        Assert.Equal(_system.Clock + Slice, b->SliceEnd.Nanoseconds);
        Assert.Equal(b->SliceEnd.Nanoseconds, _system.TimerOf(0).Nanoseconds);
    }

    [Fact]
    public void A_timer_before_the_end_of_the_slice_does_not_preempt()
    {
        _system.NewThread(0);
        Thread* sleeper = _system.NewThread(0);
        _system.Syscall(0, SystemCall.Yield);
        _system.Syscall(0, SystemCall.Yield);
        Assert.Equal((nint)sleeper, (nint)Current);
        _system.Syscall(0, SystemCall.SleepUntil, (ulong)_system.Clock + 10);
        Thread* running = Current;
        _system.Advance(10);
        _system.FireTimer(0);
        Assert.Equal((nint)running, (nint)Current);
        Assert.Equal(ThreadLocation.Queued, SimulatedSystem.StateOf(sleeper).Location);
    }

    [Fact]
    public void A_thread_that_was_alone_for_longer_than_its_slice_gives_way_at_once_when_another_comes()
    {
        _system.Advance(10 * Slice);
        Thread* other = _system.NewThread(0);
        Assert.True(_system.IsTimerDue(0));
        _system.FireTimer(0);
        Assert.Equal((nint)other, (nint)Current);
    }

    [Fact]
    public void A_thread_whose_rivals_are_gone_gets_another_slice()
    {
        Thread* a = Current;
        _system.NewThread(0);
        _system.Syscall(0, SystemCall.Yield);
        _system.Syscall(0, SystemCall.ThreadExit);
        Assert.Equal((nint)a, (nint)Current);
        _system.Advance(Slice);
        Assert.True(_system.IsTimerDue(0));
        _system.FireTimer(0);
        Assert.Equal((nint)a, (nint)Current);
        Assert.Equal(0ul, a->Ledger.Preemptions);
        Assert.Equal(_system.Clock + Slice, a->SliceEnd.Nanoseconds);
        Assert.Equal(Instant.Never.Nanoseconds, _system.TimerOf(0).Nanoseconds);
    }

    [Fact]
    public void Everybody_gets_the_same_time()
    {
        for (int i = 0; i < 3; i++)
        {
            _system.NewThread(0);
        }

        long start = _system.Clock;
        while (_system.Clock < start + (40 * Slice))
        {
            _system.Advance(Slice);
            _system.FireTimer(0);
        }

        foreach (nint thread in _system.Threads)
        {
            Assert.Equal(10 * Slice, ((Thread*)thread)->Ledger.Runtime.Nanoseconds);
        }
    }

    [Fact]
    public void An_exit_lets_the_next_one_run_and_the_last_one_leaves_the_cpu_idle()
    {
        _system.NewThread(0);
        _system.Syscall(0, SystemCall.ThreadExit);
        Assert.True(Current != null);
        _system.Syscall(0, SystemCall.SleepUntil, (ulong)_system.Clock + 5);
        Assert.True(Current == null);
        Assert.Equal(1ul, _system.Kernel->IdleMask);
        Assert.Equal(_system.Clock + 5, _system.TimerOf(0).Nanoseconds);
    }
}
