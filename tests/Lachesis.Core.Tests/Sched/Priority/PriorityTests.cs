using System;
using Lachesis.Abi;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Priority;

/// <summary>Fixed priorities, by the rules of POSIX: one CPU.</summary>
public sealed unsafe class PriorityTests : IDisposable
{
    private const long Slice = 1_000_000;
    private const ulong Word = SimulatedSystem.DataAddress;

    private readonly SimulatedSystem _system =
        SimulatedSystem.Running(new SystemShape { Policy = SchedulingPolicy.Priority, SliceNs = Slice });

    public void Dispose() => _system.Dispose();

    private Thread* Current => _system.Cpu(0)->Current;

    [Fact]
    public void A_thread_that_becomes_higher_than_the_running_one_preempts_it_at_once()
    {
        Thread* low = Current;
        Thread* high = Started(out ulong handle);
        Assert.Equal((nint)low, (nint)Current);
        Schedule(handle, SchedulingParameter.Priority, 200);
        Assert.Equal((nint)high, (nint)Current);
        Assert.Equal((1ul, 0ul), (low->Ledger.Preemptions, low->Ledger.Yields));
    }

    [Theory]
    [InlineData(127, false)]
    [InlineData(128, false)]
    [InlineData(129, true)]
    public void A_woken_thread_preempts_lower_ones_alone(uint priority, bool preempts)
    {
        Thread* waker = Current;
        Thread* woken = Parked(priority, waker);
        ulong before = waker->Ledger.Preemptions;
        _system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.Equal((nint)(preempts ? woken : waker), (nint)Current);
        Assert.Equal(before + (preempts ? 1ul : 0ul), waker->Ledger.Preemptions);
        Assert.Equal(1ul, waker->Context.Rdx);
    }

    [Fact]
    public void A_higher_thread_that_times_out_preempts_at_the_timer()
    {
        Thread* low = Current;
        Thread* high = Started(out ulong handle);
        Schedule(handle, SchedulingParameter.Priority, 200);
        _system.Syscall(0, SystemCall.SleepUntil, (ulong)_system.Clock + 50);
        Assert.Equal((nint)low, (nint)Current);
        _system.Advance(50);
        _system.FireTimer(0);
        Assert.Equal((nint)high, (nint)Current);
    }

    [Fact]
    public void A_preempted_thread_stays_before_its_equals_with_the_rest_of_its_quantum()
    {
        Thread* preempted = Current;
        Thread* equal = Started(out _);
        Thread* high = Parked(200, preempted);
        _system.Syscall(0, SystemCall.Yield);
        _system.Syscall(0, SystemCall.Yield);
        Assert.Equal((nint)preempted, (nint)Current);
        _system.Advance(Slice / 4);
        _system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.Equal((nint)high, (nint)Current);
        Assert.Equal([(nint)preempted, (nint)equal], _system.QueueOf(0));
        _system.Advance(5 * Slice);
        _system.Syscall(0, SystemCall.Park, Word);
        Assert.Equal((nint)preempted, (nint)Current);
        Assert.Equal(_system.Clock + (Slice * 3 / 4), preempted->SliceEnd.Nanoseconds);
        _system.Advance(Slice * 3 / 4);
        _system.FireTimer(0);
        Assert.Equal((nint)equal, (nint)Current);
        Assert.Equal([(nint)preempted], _system.QueueOf(0));
    }

    [Fact]
    public void A_quantum_ends_for_equals_alone()
    {
        Thread* running = Current;
        Started(out ulong handle);
        Schedule(handle, SchedulingParameter.Priority, 1);
        for (int i = 0; i < 3; i++)
        {
            _system.Advance(Slice);
            _system.FireTimer(0);
            Assert.Equal((nint)running, (nint)Current);
        }

        Assert.True(_system.Syscall(0, SystemCall.Yield).WentOn);
    }

    [Fact]
    public void A_thread_that_yields_goes_behind_its_equals_with_a_new_quantum()
    {
        Thread* a = Current;
        Thread* b = Started(out _);
        Thread* c = Started(out _);
        _system.Advance(Slice / 2);
        _system.Syscall(0, SystemCall.Yield);
        Assert.Equal((nint)b, (nint)Current);
        Assert.Equal([(nint)c, (nint)a], _system.QueueOf(0));
        Assert.Equal(Slice, a->SliceLeft.Nanoseconds);
    }

    [Fact]
    public void A_thread_that_lowers_itself_makes_way()
    {
        Thread* self = Current;
        Thread* other = Started(out _);
        Schedule(BootHandle.MainThread, SchedulingParameter.Priority, 10);
        Assert.Equal((nint)other, (nint)Current);
        Assert.Equal((10u, ThreadLocation.Queued), (self->Priority, SimulatedSystem.StateOf(self).Location));
        Assert.Equal((ulong)Error.None, self->Context.Rax);
    }

    [Theory]
    [InlineData(127, false)]
    [InlineData(128, true)]
    public void A_handoff_goes_to_no_lower_one(uint priority, bool allowed)
    {
        Thread* waker = Current;
        Thread* woken = Parked(priority, waker);
        _system.Syscall(0, SystemCall.UnparkSwitch, Word);
        Assert.Equal((nint)(allowed ? woken : waker), (nint)Current);
        Assert.Equal(allowed ? 0ul : 1ul, _system.Total(Counter.HandoffsRefused));
        Assert.Equal(1ul, waker->Context.Rdx);
        Assert.Equal([(nint)(allowed ? waker : woken)], _system.QueueOf(0));
    }

    [Fact]
    public void A_handoff_does_not_pass_over_a_higher_one_in_the_queue()
    {
        Thread* waker = Current;
        Parked(150, waker);
        Thread* higher = Started(out ulong handle);

        // Behind the kernel's back: so high only by the time of the handoff.
        higher->Priority = 128;
        _system.Cpu(0)->RunQueue.Dequeue(_system.Cpu(0), higher);
        higher->Priority = 200;
        _system.Cpu(0)->RunQueue.Enqueue(_system.Cpu(0), higher);
        _system.Syscall(0, SystemCall.UnparkSwitch, Word);
        Assert.Equal((nint)higher, (nint)Current);
        Assert.Equal(1ul, _system.Total(Counter.HandoffsRefused));
        Assert.NotEqual(0ul, handle);
    }

    private Thread* Started(out ulong handle)
    {
        handle = _system.StartThread(0);
        return _system.ThreadOf(0, handle);
    }

    // Another thread, parked; the given one runs.
    private Thread* Parked(uint priority, Thread* then)
    {
        Thread* thread = Started(out ulong handle);
        Schedule(handle, SchedulingParameter.Priority, 250);
        Assert.Equal((nint)thread, (nint)Current);
        _system.Syscall(0, SystemCall.Park, Word);
        Assert.Equal((nint)then, (nint)Current);
        Schedule(handle, SchedulingParameter.Priority, priority);
        return thread;
    }

    private void Schedule(ulong handle, SchedulingParameter parameter, ulong value) =>
        _system.Syscall(0, SystemCall.ThreadSetScheduling, BootHandle.Policy, handle, (ulong)parameter, value);
}
