using System;
using Lachesis.Abi;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Place;

/// <summary>Where a woken thread goes, by which reason, and who is interrupted for it.</summary>
public sealed unsafe class WakeupTests : IDisposable
{
    private const ulong Word = SimulatedSystem.DataAddress;

    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { Cpus = 3 });

    public void Dispose() => _system.Dispose();

    [Fact]
    public void A_new_thread_goes_to_the_nearest_idle_cpu_which_is_interrupted()
    {
        Thread* thread = _system.NewThread(0);
        ThreadState state = SimulatedSystem.StateOf(thread);
        Assert.Equal((ThreadLocation.Inbox, 1u), (state.Location, state.Cpu));
        Assert.True(_system.HasInterrupt(1));
        Assert.Equal(0b100ul, _system.Kernel->IdleMask);
        _system.DeliverIpi(1);
        Assert.Equal((nint)thread, (nint)_system.Cpu(1)->Current);
        Assert.Equal(0ul, thread->Ledger.Migrations);
    }

    [Fact]
    public void A_second_new_thread_goes_to_the_next_idle_cpu()
    {
        _system.NewThread(0);
        Thread* second = _system.NewThread(0);
        Assert.Equal(2u, SimulatedSystem.StateOf(second).Cpu);
        Assert.Equal(0ul, _system.Kernel->IdleMask);
        Assert.True(_system.HasInterrupt(2));
    }

    [Fact]
    public void A_new_thread_goes_where_the_fewest_wait_if_nobody_idles()
    {
        Fill();
        Thread* first = _system.NewThread(0);
        Assert.Equal((ThreadLocation.Queued, 0u), (SimulatedSystem.StateOf(first).Location, SimulatedSystem.StateOf(first).Cpu));
        Thread* second = _system.NewThread(0);
        Assert.Equal((ThreadLocation.Inbox, 1u), (SimulatedSystem.StateOf(second).Location, SimulatedSystem.StateOf(second).Cpu));
    }

    [Fact]
    public void A_woken_thread_goes_to_its_last_cpu_if_that_idles()
    {
        Thread* sleeper = ParkedOn(1);
        ulong before = _system.Cpu(0)->Counters[Counter.PlacedLastIdle];
        Assert.Equal(1ul, _system.Syscall(0, SystemCall.Unpark, Word, 1).Value);
        Assert.Equal((ThreadLocation.Inbox, 1u), (SimulatedSystem.StateOf(sleeper).Location, SimulatedSystem.StateOf(sleeper).Cpu));
        Assert.Equal(before + 1, _system.Cpu(0)->Counters[Counter.PlacedLastIdle]);
        Assert.True(_system.HasInterrupt(1));
    }

    [Fact]
    public void A_woken_thread_goes_to_another_idle_cpu_if_its_last_one_is_busy()
    {
        Thread* sleeper = ParkedOn(1);
        Occupy(1);
        ulong before = _system.Cpu(0)->Counters[Counter.PlacedOtherIdle];
        _system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.Equal((ThreadLocation.Inbox, 2u), (SimulatedSystem.StateOf(sleeper).Location, SimulatedSystem.StateOf(sleeper).Cpu));
        Assert.Equal(before + 1, _system.Cpu(0)->Counters[Counter.PlacedOtherIdle]);
        _system.DeliverIpi(2);
        Assert.Equal(1ul, sleeper->Ledger.Migrations);
        Assert.Equal(1ul, _system.Cpu(2)->Counters[Counter.MigrationsIn]);
    }

    [Fact]
    public void A_woken_thread_waits_for_its_last_cpu_if_nobody_idles()
    {
        Thread* sleeper = ParkedOn(1);
        Occupy(1);
        Occupy(2);
        ulong before = _system.Cpu(0)->Counters[Counter.PlacedLastBusy];
        _system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.Equal((ThreadLocation.Inbox, 1u), (SimulatedSystem.StateOf(sleeper).Location, SimulatedSystem.StateOf(sleeper).Cpu));
        Assert.Equal(before + 1, _system.Cpu(0)->Counters[Counter.PlacedLastBusy]);
    }

    [Fact]
    public void A_woken_thread_goes_to_an_allowed_cpu_if_its_last_one_no_longer_is()
    {
        Thread* sleeper = ParkedOn(1);
        Occupy(1);
        Occupy(2);
        sleeper->EffectiveAffinity = 0b100;
        _system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.Equal((ThreadLocation.Inbox, 2u), (SimulatedSystem.StateOf(sleeper).Location, SimulatedSystem.StateOf(sleeper).Cpu));
        Assert.Equal(1ul, _system.Cpu(0)->Counters[Counter.PlacedByMask]);
    }

    [Fact]
    public void A_cpu_that_runs_one_thread_alone_is_interrupted_for_another()
    {
        ParkedOn(1);
        Occupy(1);
        Occupy(2);
        Assert.Equal(1ul, _system.Cpu(1)->NeedsRescheduleIpi);
        _system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.True(_system.HasInterrupt(1));
    }

    [Fact]
    public void A_cpu_with_a_slice_timer_is_not_interrupted_and_finds_the_thread_by_itself()
    {
        Thread* sleeper = ParkedOn(1);
        Occupy(1);
        Occupy(2);
        Pin(_system.NewThread(1), 1);
        _system.RunPendingWork();
        _system.Syscall(1, SystemCall.Yield);
        Assert.Equal(0ul, _system.Cpu(1)->NeedsRescheduleIpi);
        ulong suppressed = _system.Cpu(0)->Counters[Counter.ReschedulesSuppressed];
        _system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.False(_system.HasInterrupt(1));
        Assert.Equal(suppressed + 1, _system.Cpu(0)->Counters[Counter.ReschedulesSuppressed]);
        _system.Advance(_system.Shape.SliceNs);
        _system.FireTimer(1);
        Assert.Contains((nint)sleeper, _system.QueueOf(1));
    }

    [Fact]
    public void One_interrupt_serves_several_wakes()
    {
        Fill();
        ulong sent = _system.Total(Counter.ReschedulesSent);
        for (int i = 0; i < 6; i++)
        {
            _system.NewThread(0);
        }

        Assert.Equal(sent + 1, _system.Total(Counter.ReschedulesSent));
        _system.DeliverIpi(1);
        Assert.NotEmpty(_system.QueueOf(1));
        Assert.Equal(0ul, _system.Cpu(1)->ReschedulePending);
    }

    [Fact]
    public void A_thread_that_begins_on_a_cpu_is_resident_from_then_on_and_waited_until_then()
    {
        Thread* thread = _system.NewThread(0);
        _system.Advance(700);
        _system.DeliverIpi(1);
        Assert.Equal(_system.Clock, thread->ResidentSince.Nanoseconds);
        Assert.Equal(700, thread->Ledger.RunDelay.Nanoseconds);
    }

    [Fact]
    public void A_thread_that_is_moved_waits_on_from_when_it_became_runnable()
    {
        Fill();
        ulong handle = _system.StartThread(0);
        Thread* thread = _system.ThreadOf(0, handle);
        Assert.Equal((ThreadLocation.Queued, 0u), (SimulatedSystem.StateOf(thread).Location, SimulatedSystem.StateOf(thread).Cpu));
        _system.Advance(400);
        _system.Syscall(1, SystemCall.ThreadExit);
        _system.RunPendingWork();
        Assert.Equal((nint)thread, (nint)_system.Cpu(1)->Current);
        Thread* other = _system.ThreadOf(0, handle = _system.CreateThread(0));
        Pin(other, 0);
        _system.Syscall(0, SystemCall.ThreadStart, handle);
        _system.Advance(300);
        _system.Syscall(0, SystemCall.ThreadSetAffinity, handle, 0b10);
        _system.Advance(200);
        _system.RunPendingWork();
        _system.Syscall(1, SystemCall.ThreadExit);
        Assert.Equal((nint)other, (nint)_system.Cpu(1)->Current);
        Assert.Equal(500, other->Ledger.RunDelay.Nanoseconds);
    }

    // Thread 0 keeps CPU 0; the new one has parked on the CPU that it was sent to.
    private Thread* ParkedOn(uint cpu)
    {
        Thread* thread = _system.NewThread(0);
        _system.DeliverIpi(cpu);
        _system.Syscall(cpu, SystemCall.Park, Word);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(thread).Location);
        return thread;
    }

    private void Occupy(uint cpu)
    {
        Thread* thread = _system.NewThread(0);
        _system.RunPendingWork();
        Assert.Equal((nint)thread, (nint)_system.Cpu(cpu)->Current);
        Pin(thread, cpu);
    }

    private void Fill()
    {
        _system.NewThread(0);
        _system.NewThread(0);
        _system.RunPendingWork();
        Assert.Equal(0ul, _system.Kernel->IdleMask);
    }

    private static void Pin(Thread* thread, uint cpu) => thread->EffectiveAffinity = 1ul << (int)cpu;
}
