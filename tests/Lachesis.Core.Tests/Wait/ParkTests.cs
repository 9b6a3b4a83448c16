using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;
using Lachesis.Core.Wait;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Wait;

/// <summary>Parking by address, deadlines and sleeping, on one CPU.</summary>
public sealed unsafe class ParkTests : IDisposable
{
    private const ulong Word = SimulatedSystem.DataAddress;

    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { Threads = 100 });

    public void Dispose() => _system.Dispose();

    private Thread* Current => _system.Cpu(0)->Current;

    [Fact]
    public void Parked_threads_are_woken_in_the_order_in_which_they_parked()
    {
        Thread* a = Park(Word);
        Thread* b = Park(Word);
        Thread* c = Park(Word);
        Assert.Equal(2ul, _system.Syscall(0, SystemCall.Unpark, Word, 2).Value);
        Assert.Equal([(nint)a, (nint)b], _system.QueueOf(0));
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(c).Location);
        Assert.Equal(1ul, _system.Syscall(0, SystemCall.Unpark, Word, 2).Value);
        Assert.Equal(0ul, _system.Syscall(0, SystemCall.Unpark, Word, 2).Value);
    }

    [Fact]
    public void An_unpark_of_none_wakes_none()
    {
        Park(Word);
        Assert.Equal(0ul, _system.Syscall(0, SystemCall.Unpark, Word, 0).Value);
    }

    [Fact]
    public void One_call_wakes_no_more_than_its_bound()
    {
        for (ulong i = 0; i <= CallLimits.MaxUnpark; i++)
        {
            Park(Word);
        }

        Assert.Equal(CallLimits.MaxUnpark, _system.Syscall(0, SystemCall.Unpark, Word, ulong.MaxValue).Value);
        Assert.Equal(1ul, _system.Syscall(0, SystemCall.Unpark, Word, ulong.MaxValue).Value);
    }

    [Fact]
    public void Other_addresses_are_left_alone_even_in_the_same_queue()
    {
        for (ulong i = 0; i < 8; i++)
        {
            Park(Word + (4 * i));
        }

        Assert.Equal(1ul, _system.Syscall(0, SystemCall.Unpark, Word + 12, 9).Value);
        Assert.Equal(Word + 12, ((Thread*)_system.QueueOf(0)[0])->ParkAddress);
    }

    [Fact]
    public void Address_zero_names_nobody_and_wakes_nobody()
    {
        for (ulong i = 0; i < 8; i++)
        {
            Park(Word + (4 * i));
        }

        Assert.Equal(0ul, _system.Syscall(0, SystemCall.Unpark, 0, 64).Value);
        Assert.Equal(0ul, _system.Syscall(0, SystemCall.UnparkSwitch, 0).Value);
    }

    [Fact]
    public void A_thread_of_another_process_at_the_same_address_is_left_alone()
    {
        Thread* mine = Park(Word);
        Process* other = _system.ProcessOf(0, _system.Spawn(0).Value);
        _system.WriteUserWord(_system.ProcessOn(0), Word, 0);
        RunUntil(other);
        Assert.Equal(0ul, _system.Syscall(0, SystemCall.Unpark, Word, 9).Value);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(mine).Location);
    }

    [Fact]
    public void An_unparked_thread_sees_no_error()
    {
        Thread* thread = Park(Word);
        _system.Syscall(0, SystemCall.Unpark, Word, 1);
        RunUntil(thread);
        Assert.Equal(((ulong)Error.None, 0ul), (thread->Context.Rax, thread->Context.Rdx));
    }

    [Fact]
    public void A_deadline_wakes_with_an_error_and_leaves_the_queue()
    {
        Thread* thread = Park(Word, (ulong)_system.Clock + 500);
        Assert.Equal(_system.Clock + 500, _system.TimerOf(0).Nanoseconds);
        _system.Advance(500);
        _system.FireTimer(0);
        Assert.Equal([(nint)thread], _system.QueueOf(0));
        Assert.Equal((ulong)Error.TimedOut, thread->Context.Rax);
        Assert.Equal(0ul, _system.Syscall(0, SystemCall.Unpark, Word, 1).Value);
    }

    [Fact]
    public void An_unpark_before_the_deadline_takes_the_timer_away()
    {
        Thread* thread = Park(Word, (ulong)_system.Clock + 500);
        _system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.Equal((0u, 0u), (thread->Timer.HeapSlot, _system.Cpu(0)->Timers.Count));
        RunUntil(thread);
        _system.Advance(500);
        _system.RunPendingWork();
        Assert.Equal((ulong)Error.None, thread->Context.Rax);
    }

    [Fact]
    public void A_deadline_that_is_past_wakes_at_once()
    {
        _system.Advance(100);
        Thread* thread = Park(Word, 1);
        Assert.True(_system.IsTimerDue(0));
        _system.FireTimer(0);
        Assert.Equal((ulong)Error.TimedOut, thread->Context.Rax);
    }

    [Fact]
    public void A_sleeper_wakes_without_error_when_its_instant_comes_and_not_before()
    {
        Thread* thread = _system.NewThread(0);
        _system.Syscall(0, SystemCall.Yield);
        long until = _system.Clock + 700;
        _system.Syscall(0, SystemCall.SleepUntil, (ulong)until);
        _system.Advance(699);
        Assert.False(_system.IsTimerDue(0));
        _system.Advance(1);
        _system.FireTimer(0);
        Assert.Equal(ThreadLocation.Queued, SimulatedSystem.StateOf(thread).Location);
        Assert.Equal((ulong)Error.None, thread->Context.Rax);
    }

    [Fact]
    public void Sleepers_wake_in_the_order_of_their_instants_in_bounded_batches()
    {
        const int sleepers = Waits<SimulatedMachine>.ExpiryBatch + 5;
        for (int i = 0; i < sleepers; i++)
        {
            _system.NewThread(0);
        }

        var instants = new Dictionary<nint, long>();
        while (instants.Count < sleepers)
        {
            long until = _system.Clock + 1000 - (instants.Count * 7 % sleepers);
            instants.Add((nint)Current, until);
            _system.Syscall(0, SystemCall.SleepUntil, (ulong)until);
        }

        _system.Advance(2000);
        _system.FireTimer(0);
        Assert.Equal(5u, _system.Cpu(0)->Timers.Count);
        Assert.True(_system.IsTimerDue(0));
        Thread* first = Current;
        _system.FireTimer(0);
        long[] woken = [.. _system.QueueOf(0).Where(instants.ContainsKey).Select(thread => instants[thread])];
        Assert.Equal(sleepers, woken.Length + (instants.ContainsKey((nint)first) ? 1 : 0));
        Assert.Equal(woken.Order(), woken);
    }

    [Fact]
    public void Unpark_and_switch_runs_the_woken_thread_at_once_and_the_caller_waits_its_turn()
    {
        Thread* caller = Current;
        Thread* woken = Park(Word);
        Thread* other = _system.NewThread(0);
        Assert.False(_system.Syscall(0, SystemCall.UnparkSwitch, Word).WentOn);
        Assert.Equal((nint)woken, (nint)Current);
        Assert.Equal([(nint)other, (nint)caller], _system.QueueOf(0));
        Assert.Equal(1ul, caller->Context.Rdx);
    }

    [Fact]
    public void Unpark_and_switch_with_nobody_there_goes_on()
    {
        SimulatedSystem.CallResult result = _system.Syscall(0, SystemCall.UnparkSwitch, Word);
        Assert.Equal(new SimulatedSystem.CallResult(Error.None, 0, WentOn: true), result);
    }

    // A new thread of the first process parks; the caller goes on.
    private Thread* Park(ulong address, ulong deadline = 0)
    {
        Thread* before = Current;
        Thread* thread = _system.NewThread(0);
        RunUntil(thread);
        Assert.False(_system.Syscall(0, SystemCall.Park, address, 0, deadline).WentOn);
        RunUntil(before);
        return thread;
    }

    private void RunUntil(Thread* thread)
    {
        for (int i = 0; Current != thread; i++)
        {
            Assert.True(i < 200, "the thread does not get its turn");
            _system.Syscall(0, SystemCall.Yield);
        }
    }

    private void RunUntil(Process* process)
    {
        for (int i = 0; Current->Process != process; i++)
        {
            Assert.True(i < 200, "the process does not get its turn");
            _system.Syscall(0, SystemCall.Yield);
        }
    }
}
