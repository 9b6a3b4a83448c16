using System;
using Lachesis.Abi;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Threads;

/// <summary>Threads that are suspended, resumed and killed, one test for each place that a thread can be in.</summary>
public sealed unsafe class ThreadControlTests : IDisposable
{
    private const ulong Word = SimulatedSystem.DataAddress;
    private const ulong Code = 0xDEAD;

    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { Cpus = 2, Threads = 6 });

    public void Dispose() => _system.Dispose();

    [Fact]
    public void A_queued_thread_that_is_suspended_leaves_the_queue_and_comes_back_when_resumed()
    {
        Thread* thread = QueuedHere(out ulong handle);
        Assert.Equal(Error.None, Suspend(handle));
        Assert.Equal((ThreadLocation.Suspended, 0ul), (PlaceOf(thread), _system.Cpu(0)->RunQueue.Count));
        Assert.Equal(Error.None, Resume(handle));
        Assert.Equal((ThreadLocation.Queued, 1ul), (PlaceOf(thread), _system.Cpu(0)->RunQueue.Count));
    }

    [Fact]
    public void A_thread_that_runs_on_another_cpu_stops_when_that_cpu_is_interrupted()
    {
        Thread* thread = RunningElsewhere(out ulong handle);
        Suspend(handle);
        Assert.Equal(ThreadLocation.Running, PlaceOf(thread));
        Assert.True(_system.HasInterrupt(1));
        _system.DeliverIpi(1);
        Assert.Equal(ThreadLocation.Suspended, PlaceOf(thread));
        Assert.True(_system.Cpu(1)->Current == null);
        Resume(handle);
        _system.RunPendingWork();
        Assert.Equal((nint)thread, (nint)_system.Cpu(1)->Current);
    }

    [Fact]
    public void A_thread_that_suspends_itself_returns_from_that_when_it_is_resumed()
    {
        Thread* thread = RunningElsewhere(out ulong handle);
        Assert.False(_system.Syscall(1, SystemCall.ThreadSuspend, handle).WentOn);
        Assert.Equal(ThreadLocation.Suspended, PlaceOf(thread));
        Resume(handle);
        _system.RunPendingWork();
        Assert.Equal((nint)thread, (nint)_system.Cpu(1)->Current);
        Assert.Equal((0ul, 0ul), (thread->Context.Rax, thread->Context.Rdx));
    }

    [Fact]
    public void A_blocked_thread_that_is_suspended_stays_blocked_and_goes_on_waiting_when_resumed()
    {
        Thread* thread = RunningElsewhere(out ulong handle);
        _system.Syscall(1, SystemCall.Park, Word);
        Suspend(handle);
        Assert.Equal(ThreadLocation.Blocked, PlaceOf(thread));
        Resume(handle);
        Assert.Equal(ThreadLocation.Blocked, PlaceOf(thread));
        Assert.Equal(1ul, _system.Syscall(0, SystemCall.Unpark, Word, 1).Value);
        _system.RunPendingWork();
        Assert.Equal((nint)thread, (nint)_system.Cpu(1)->Current);
    }

    [Fact]
    public void A_wait_that_ends_while_the_thread_is_suspended_lets_it_run_only_when_it_is_resumed()
    {
        Thread* thread = RunningElsewhere(out ulong handle);
        _system.Syscall(1, SystemCall.Park, Word);
        Suspend(handle);
        Assert.Equal(1ul, _system.Syscall(0, SystemCall.Unpark, Word, 1).Value);
        _system.RunPendingWork();
        Assert.Equal(ThreadLocation.Suspended, PlaceOf(thread));
        Resume(handle);
        _system.RunPendingWork();
        Assert.Equal((nint)thread, (nint)_system.Cpu(1)->Current);
        Assert.Equal((ulong)Error.None, thread->Context.Rax);
    }

    [Fact]
    public void A_switch_to_a_parked_thread_that_is_suspended_leaves_the_caller_running()
    {
        Thread* thread = RunningElsewhere(out ulong handle);
        _system.Syscall(1, SystemCall.Park, Word);
        Suspend(handle);
        SimulatedSystem.CallResult result = _system.Syscall(0, SystemCall.UnparkSwitch, Word);
        Assert.Equal((true, 1ul), (result.WentOn, result.Value));
        Assert.Equal(ThreadLocation.Suspended, PlaceOf(thread));
    }

    [Fact]
    public void A_deadline_that_comes_while_the_thread_is_suspended_is_learnt_of_when_it_is_resumed()
    {
        Thread* thread = RunningElsewhere(out ulong handle);
        _system.Syscall(1, SystemCall.Park, Word, 0, (ulong)_system.Clock + 100);
        Suspend(handle);
        _system.Advance(100);
        _system.RunPendingWork();
        Assert.Equal((ThreadLocation.Suspended, 0u), (PlaceOf(thread), _system.Cpu(1)->Timers.Count));
        Resume(handle);
        _system.RunPendingWork();
        Assert.Equal((ulong)Error.TimedOut, thread->Context.Rax);
    }

    [Fact]
    public void A_thread_that_was_suspended_before_it_started_runs_when_it_is_both_started_and_resumed()
    {
        ulong handle = _system.CreateThread(0);
        Thread* thread = _system.ThreadOf(0, handle);
        Suspend(handle);
        Assert.Equal(ThreadLocation.Created, PlaceOf(thread));
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.ThreadStart, handle).Error);
        Assert.Equal(ThreadLocation.Suspended, PlaceOf(thread));
        Assert.Equal(Error.BadState, _system.Syscall(0, SystemCall.ThreadStart, handle).Error);
        Resume(handle);
        _system.RunPendingWork();
        Assert.Equal((nint)thread, (nint)_system.Cpu(1)->Current);
    }

    [Fact]
    public void A_thread_that_was_resumed_before_it_started_waits_to_be_started()
    {
        ulong handle = _system.CreateThread(0);
        Suspend(handle);
        Resume(handle);
        Assert.Equal(ThreadLocation.Created, PlaceOf(_system.ThreadOf(0, handle)));
    }

    [Fact]
    public void Suspensions_do_not_count()
    {
        Thread* thread = QueuedHere(out ulong handle);
        Assert.Equal((Error.None, Error.None), (Suspend(handle), Suspend(handle)));
        Assert.Equal(Error.None, Resume(handle));
        Assert.Equal(ThreadLocation.Queued, PlaceOf(thread));
        Assert.Equal(Error.None, Resume(handle));
        Assert.Equal(1ul, _system.Cpu(0)->RunQueue.Count);
    }

    [Fact]
    public void A_thread_that_is_resumed_before_its_cpu_was_interrupted_runs_on()
    {
        Thread* thread = RunningElsewhere(out ulong handle);
        Suspend(handle);
        Resume(handle);
        _system.RunPendingWork();
        Assert.Equal((nint)thread, (nint)_system.Cpu(1)->Current);
        Assert.Equal(0ul, thread->RemoteStopPending);
    }

    [Fact]
    public void A_mask_that_is_set_while_a_thread_is_suspended_holds_from_its_resumption()
    {
        Thread* thread = QueuedHere(out ulong handle);
        Suspend(handle);
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.ThreadSetAffinity, handle, 2).Error);
        Assert.Equal(ThreadLocation.Suspended, PlaceOf(thread));
        Resume(handle);
        _system.RunPendingWork();
        Assert.Equal((2ul, 1u), (thread->EffectiveAffinity, SimulatedSystem.StateOf(thread).Cpu));
    }

    [Fact]
    public void A_mask_set_while_the_thread_is_suspended_is_told_to_the_cpu_that_it_runs_on_when_it_is_resumed_at_once()
    {
        // Another CPU, which it has left since, still has a request to stop it: so its suspension asks no other CPU.
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Cpus = 3, Threads = 6 });
        ulong handle = system.StartThread(0);
        system.StartThread(0);
        system.RunPendingWork();
        Thread* thread = system.ThreadOf(0, handle);
        system.Syscall(0, SystemCall.ThreadSuspend, handle);
        system.Syscall(0, SystemCall.ThreadResume, handle);
        system.Syscall(1, SystemCall.Park, Word);
        system.Syscall(0, SystemCall.ThreadSetAffinity, handle, 1);
        system.Syscall(0, SystemCall.Unpark, Word, 1);
        system.Syscall(0, SystemCall.Yield);
        Assert.Equal((1ul, (nint)thread), (thread->RemoteStopPending, (nint)system.Cpu(0)->Current));

        system.Syscall(2, SystemCall.ThreadSuspend, handle);
        system.Syscall(2, SystemCall.ThreadSetAffinity, handle, 4);
        system.Syscall(2, SystemCall.ThreadResume, handle);
        Assert.True(system.HasInterrupt(0));
        system.RunPendingWork();
        Assert.Equal(2u, SimulatedSystem.StateOf(thread).Cpu);
    }

    [Fact]
    public void A_suspended_thread_neither_runs_nor_waits_as_far_as_its_ledger_goes()
    {
        Thread* thread = QueuedHere(out ulong handle);
        _system.Advance(100);
        Suspend(handle);
        (long runtime, long wait) = (thread->Ledger.Runtime.Nanoseconds, thread->Ledger.RunDelay.Nanoseconds);
        Assert.InRange(wait, 100, 200);
        _system.Advance(10_000);
        Resume(handle);
        _system.Advance(50);
        _system.Syscall(0, SystemCall.ThreadExit);
        _system.RunPendingWork();
        Assert.Equal(ThreadLocation.Running, PlaceOf(thread));
        Assert.InRange(thread->Ledger.RunDelay.Nanoseconds - wait, 50, 150);
        Assert.Equal(runtime, thread->Ledger.Runtime.Nanoseconds);
    }

    [Fact]
    public void A_process_that_ends_takes_its_suspended_threads_along()
    {
        Thread* thread = QueuedHere(out ulong handle);
        Suspend(handle);
        Assert.Equal(ThreadLocation.Suspended, PlaceOf(thread));
        _system.Spawn(0);
        _system.RunPendingWork();
        _system.Kill(_system.ProcessOn(0));
        LetTimePass();
        Assert.Equal((1u, 1u), (_system.Kernel->Threads.InUse, _system.Kernel->Processes.InUse));
    }

    [Fact]
    public void A_killed_thread_that_was_queued_is_dead_at_once_and_joiners_learn_the_code()
    {
        Thread* thread = QueuedHere(out ulong handle);
        Assert.Equal(Error.None, Kill(handle));
        Assert.Equal((ThreadLocation.Dead, 0ul), (PlaceOf(thread), _system.Cpu(0)->RunQueue.Count));
        AssertJoined(handle);
    }

    [Fact]
    public void A_killed_thread_that_runs_on_another_cpu_dies_when_that_is_interrupted()
    {
        Thread* thread = RunningElsewhere(out ulong handle);
        Kill(handle);
        Assert.Equal(ThreadLocation.Running, PlaceOf(thread));
        _system.DeliverIpi(1);
        Assert.Equal(ThreadLocation.Dead, PlaceOf(thread));
        AssertJoined(handle);
    }

    [Fact]
    public void A_killed_thread_that_exits_by_itself_before_it_is_interrupted_gives_its_own_code()
    {
        RunningElsewhere(out ulong handle);
        Kill(handle);
        _system.Syscall(1, SystemCall.ThreadExit, 5);
        _system.RunPendingWork();
        Assert.Equal(5ul, _system.Syscall(0, SystemCall.ThreadJoin, handle).Value);
    }

    [Fact]
    public void A_killed_thread_that_blocks_before_its_cpu_is_interrupted_dies_all_the_same()
    {
        Thread* thread = RunningElsewhere(out ulong handle);
        Kill(handle);
        _system.Syscall(1, SystemCall.Park, Word);
        Assert.Equal(ThreadLocation.Blocked, PlaceOf(thread));
        _system.RunPendingWork();
        Assert.Equal(ThreadLocation.Dead, PlaceOf(thread));
        AssertJoined(handle);
    }

    [Fact]
    public void A_killed_thread_in_an_inbox_never_runs_again()
    {
        Thread* thread = RunningElsewhere(out ulong handle);
        _system.Syscall(1, SystemCall.Park, Word);
        _system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.Equal(ThreadLocation.Inbox, PlaceOf(thread));
        ulong switches = thread->Ledger.Switches;
        Kill(handle);
        _system.RunPendingWork();
        Assert.Equal((ThreadLocation.Dead, switches), (PlaceOf(thread), thread->Ledger.Switches));
        AssertJoined(handle);
    }

    [Fact]
    public void A_killed_thread_that_was_parked_with_a_deadline_leaves_its_queue_and_timer()
    {
        Thread* thread = RunningElsewhere(out ulong handle);
        _system.Syscall(1, SystemCall.Park, Word, 0, (ulong)_system.Clock + 1000);
        Kill(handle);
        Assert.Equal((ThreadLocation.Dead, 0u), (PlaceOf(thread), _system.Cpu(1)->Timers.Count));
        Assert.Equal(0ul, _system.Syscall(0, SystemCall.Unpark, Word, 1).Value);
        AssertJoined(handle);
    }

    [Fact]
    public void A_killed_thread_that_joined_another_lets_go_of_that()
    {
        Thread* thread = RunningElsewhere(out ulong handle);
        ulong other = _system.CreateThread(0);
        Thread* joined = _system.ThreadOf(0, other);
        _system.Syscall(1, SystemCall.ThreadJoin, other);
        Assert.Equal(3ul, joined->Header.References);
        Kill(handle);
        Assert.Equal((ThreadLocation.Dead, 2ul), (PlaceOf(thread), joined->Header.References));
    }

    [Fact]
    public void A_killed_thread_that_was_suspended_or_not_started_is_dead_at_once()
    {
        Thread* suspended = QueuedHere(out ulong first);
        Suspend(first);
        Kill(first);
        ulong second = _system.CreateThread(0);
        Kill(second);
        Assert.Equal((ThreadLocation.Dead, ThreadLocation.Dead), (PlaceOf(suspended), PlaceOf(_system.ThreadOf(0, second))));
        AssertJoined(first);
        AssertJoined(second);
        Assert.Equal(Error.BadState, _system.Syscall(0, SystemCall.ThreadStart, second).Error);
    }

    [Fact]
    public void A_thread_that_kills_itself_does_not_return()
    {
        Thread* thread = RunningElsewhere(out ulong handle);
        Assert.False(_system.Syscall(1, SystemCall.ThreadKill, handle, Code).WentOn);
        Assert.Equal(ThreadLocation.Dead, PlaceOf(thread));
        AssertJoined(handle);
    }

    [Fact]
    public void Of_two_kills_the_first_gives_the_code()
    {
        RunningElsewhere(out ulong handle);
        Assert.Equal((Error.None, Error.None), (Kill(handle), _system.Syscall(0, SystemCall.ThreadKill, handle, 1).Error));
        _system.RunPendingWork();
        AssertJoined(handle);
    }

    [Fact]
    public void A_killed_thread_cannot_be_resumed_to_life()
    {
        Thread* thread = RunningElsewhere(out ulong handle);
        Suspend(handle);
        Kill(handle);
        Resume(handle);
        _system.RunPendingWork();
        Assert.Equal(ThreadLocation.Dead, PlaceOf(thread));
    }

    [Fact]
    public void With_the_last_thread_that_is_killed_its_process_ends()
    {
        ulong child = _system.Spawn(0).Value;
        _system.RunPendingWork();
        Assert.NotEqual((nint)_system.ProcessOn(0), (nint)_system.ProcessOn(1));
        _system.Enter(0, cpu => ThreadControl<SimulatedMachine>.Kill((Cpu*)cpu, _system.Cpu(1)->Current, Code));
        LetTimePass();
        Assert.Equal(
            new SimulatedSystem.CallResult(Error.None, Code, true), _system.Syscall(0, SystemCall.ProcessWait, child));
    }

    [Fact]
    public void A_thread_that_has_ended_can_be_neither_suspended_nor_resumed_nor_killed()
    {
        RunningElsewhere(out ulong handle);
        _system.Syscall(1, SystemCall.ThreadExit, 5);
        Assert.Equal(
            (Error.BadState, Error.BadState, Error.BadState), (Suspend(handle), Resume(handle), Kill(handle)));
        Assert.Equal(5ul, _system.Syscall(0, SystemCall.ThreadJoin, handle).Value);
    }

    [Theory]
    [InlineData(SystemCall.ThreadSuspend)]
    [InlineData(SystemCall.ThreadResume)]
    [InlineData(SystemCall.ThreadKill)]
    public void Handles_that_are_stale_or_of_another_kind_are_refused(SystemCall call)
    {
        Assert.Equal(Error.StaleHandle, _system.Syscall(0, call, 77).Error);
        Assert.Equal(Error.WrongKind, _system.Syscall(0, call, BootHandle.Process).Error);
    }

    private Error Suspend(ulong handle) => _system.Syscall(0, SystemCall.ThreadSuspend, handle).Error;

    private Error Resume(ulong handle) => _system.Syscall(0, SystemCall.ThreadResume, handle).Error;

    private Error Kill(ulong handle) => _system.Syscall(0, SystemCall.ThreadKill, handle, Code).Error;

    private void LetTimePass()
    {
        for (int i = 0; i < 100; i++)
        {
            _system.RunPendingWork();
            _system.Advance(1_000_000);
        }
    }

    private static ThreadLocation PlaceOf(Thread* thread) => SimulatedSystem.StateOf(thread).Location;

    private Thread* RunningElsewhere(out ulong handle)
    {
        handle = _system.StartThread(0);
        _system.RunPendingWork();
        Thread* thread = _system.ThreadOf(0, handle);
        Assert.Equal((nint)thread, (nint)_system.Cpu(1)->Current);
        return thread;
    }

    // May run on CPU 0 alone, where the caller runs.
    private Thread* QueuedHere(out ulong handle)
    {
        handle = _system.CreateThread(0);
        _system.Syscall(0, SystemCall.ThreadSetAffinity, handle, 1);
        _system.Syscall(0, SystemCall.ThreadStart, handle);
        Thread* thread = _system.ThreadOf(0, handle);
        Assert.Equal(ThreadLocation.Queued, PlaceOf(thread));
        return thread;
    }

    private void AssertJoined(ulong handle) => Assert.Equal(
        new SimulatedSystem.CallResult(Error.None, Code, true), _system.Syscall(0, SystemCall.ThreadJoin, handle));
}
