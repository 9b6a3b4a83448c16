using System;
using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core.Faults;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Threads;

/// <summary>Making, starting, joining, ending threads; their CPUs and their time.</summary>
public sealed unsafe class ThreadTests : IDisposable
{
    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { Cpus = 2, Threads = 6 });

    public void Dispose() => _system.Dispose();

    [Fact]
    public void A_new_thread_has_the_registers_that_were_asked_for_and_waits_to_be_started()
    {
        ulong handle = _system.Syscall(0, SystemCall.ThreadCreate, BootHandle.Process, 0x1234, 0x5678, 99).Value;
        Thread* thread = _system.ThreadOf(0, handle);
        Assert.Equal(ThreadLocation.Created, SimulatedSystem.StateOf(thread).Location);
        Assert.Equal((0x1234ul, 0x5678ul, 99ul), (thread->Context.Rip, thread->Context.Rsp, thread->Context.Rdi));
        Assert.Equal((0x202ul, 1ul), (thread->Context.Rflags, thread->Context.ResumeMode));
        Assert.Equal(0x037F, *(ushort*)thread->Context.FxSaveArea);
        Assert.Equal(0x1F80u, *(uint*)(thread->Context.FxSaveArea + 24));
    }

    [Fact]
    public void A_new_thread_has_nothing_of_the_last_life_of_its_slot()
    {
        ulong handle = _system.CreateThread(0);
        Thread* thread = _system.ThreadOf(0, handle);
        thread->Context.Rbx = 0xBAD;
        thread->Context.FxSaveArea[100] = 0xBD;
        thread->Ledger.Switches = 7;
        _system.Syscall(0, SystemCall.ThreadStart, handle);
        _system.RunPendingWork();
        _system.Syscall(1, SystemCall.ThreadExit);
        _system.Syscall(0, SystemCall.CapabilityDelete, handle);
        Assert.Equal((nint)thread, (nint)_system.ThreadOf(0, _system.CreateThread(0)));
        Assert.Equal((0ul, (byte)0, 0ul), (thread->Context.Rbx, thread->Context.FxSaveArea[100], thread->Ledger.Switches));
    }

    [Fact]
    public void A_thread_starts_once()
    {
        ulong handle = _system.StartThread(0);
        Assert.Equal(Error.BadState, _system.Syscall(0, SystemCall.ThreadStart, handle).Error);
        _system.RunPendingWork();
        _system.Syscall(1, SystemCall.ThreadExit);
        Assert.Equal(Error.BadState, _system.Syscall(0, SystemCall.ThreadStart, handle).Error);
    }

    [Fact]
    public void A_join_blocks_until_the_end_and_gives_the_code()
    {
        ulong handle = _system.StartThread(0);
        _system.RunPendingWork();
        Thread* joiner = _system.Cpu(0)->Current;
        Assert.False(_system.Syscall(0, SystemCall.ThreadJoin, handle).WentOn);
        _system.Syscall(1, SystemCall.ThreadExit, 0xC0DE);
        _system.RunPendingWork();
        Assert.Equal((nint)joiner, (nint)_system.Cpu(0)->Current);
        Assert.Equal((0ul, 0xC0DEul), (joiner->Context.Rax, joiner->Context.Rdx));
    }

    [Fact]
    public void A_join_of_a_thread_that_has_ended_gives_the_code_at_once_again_and_again()
    {
        ulong handle = _system.StartThread(0);
        _system.RunPendingWork();
        _system.Syscall(1, SystemCall.ThreadExit, 5);
        Assert.Equal(new SimulatedSystem.CallResult(Error.None, 5, true), _system.Syscall(0, SystemCall.ThreadJoin, handle));
        Assert.Equal(new SimulatedSystem.CallResult(Error.None, 5, true), _system.Syscall(0, SystemCall.ThreadJoin, handle));
    }

    [Fact]
    public void A_thread_that_faults_gives_the_vector_to_who_joins_it()
    {
        ulong handle = _system.StartThread(0);
        _system.RunPendingWork();
        _system.Fault(1, 13);
        Assert.Equal(FaultExitCode.For(13), _system.Syscall(0, SystemCall.ThreadJoin, handle).Value);
    }

    [Fact]
    public void The_slot_stays_until_the_last_handle_is_closed()
    {
        ulong handle = _system.StartThread(0);
        _system.RunPendingWork();
        _system.Syscall(1, SystemCall.ThreadExit);
        Assert.Equal(2u, _system.Kernel->Threads.InUse);
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.CapabilityDelete, handle).Error);
        Assert.Equal(1u, _system.Kernel->Threads.InUse);
        Assert.Equal(Error.StaleHandle, _system.Syscall(0, SystemCall.ThreadJoin, handle).Error);
    }

    [Fact]
    public void A_closed_handle_does_not_end_its_thread()
    {
        ulong handle = _system.StartThread(0);
        Thread* thread = _system.ThreadOf(0, handle);
        _system.Syscall(0, SystemCall.CapabilityDelete, handle);
        _system.RunPendingWork();
        Assert.Equal((nint)thread, (nint)_system.Cpu(1)->Current);
        _system.Syscall(1, SystemCall.ThreadExit);
        Assert.Equal(1u, _system.Kernel->Threads.InUse);
    }

    [Fact]
    public void A_full_pool_is_an_error_that_changes_nothing()
    {
        while (_system.Kernel->Threads.InUse < _system.Kernel->Threads.Capacity)
        {
            _system.CreateThread(0);
        }

        Snapshot.Fails(Error.PoolFull, _system, SystemCall.ThreadCreate, BootHandle.Process, 1, 2, 3);
    }

    [Fact]
    public void Without_room_for_a_handle_the_thread_is_ended_again()
    {
        Process* process = _system.ProcessOn(0);
        process->Lock.Acquire<SimulatedMachine>(_system.Cpu(0), LockRank.Process);
        while (process->Handles.HighWaterMark < 256)
        {
            process->Handles.AddOriginal<SimulatedMachine>(_system.Kernel, _system.Cpu(0), ObjectKind.Log, default, out _);
        }

        process->Lock.Release<SimulatedMachine>(_system.Cpu(0), LockRank.Process);
        ulong taken = 0;
        for (ulong frame = 1; frame != 0; taken = frame == 0 ? taken : frame)
        {
            frame = _system.Kernel->Pages.Allocate<SimulatedMachine>(_system.Cpu(0));
        }

        _system.Checking = false;
        Assert.Equal(Error.OutOfMemory, _system.Syscall(0, SystemCall.ThreadCreate, BootHandle.Process, 1, 2, 3).Error);
        Assert.Equal((1u, 1u), (_system.Kernel->Threads.InUse, process->LiveThreads));
        _system.Kernel->Pages.Free<SimulatedMachine>(_system.Cpu(0), taken);
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.ThreadCreate, BootHandle.Process, 1, 2, 3).Error);
    }

    [Fact]
    public void A_thread_leaves_a_cpu_that_it_may_no_longer_use_before_its_call_returns()
    {
        Thread* thread = _system.Cpu(0)->Current;
        Assert.False(_system.Syscall(0, SystemCall.ThreadSetAffinity, BootHandle.MainThread, 0b10).WentOn);
        Assert.True(_system.Cpu(0)->Current == null);
        _system.RunPendingWork();
        Assert.Equal((nint)thread, (nint)_system.Cpu(1)->Current);
        Assert.Equal((0ul, 1ul), (thread->Context.Rax, thread->Ledger.Migrations));
    }

    [Fact]
    public void A_thread_running_elsewhere_leaves_at_the_next_entry_of_its_cpu_which_is_asked_for()
    {
        ulong handle = _system.StartThread(0);
        Thread* thread = _system.ThreadOf(0, handle);
        _system.RunPendingWork();
        _system.Syscall(0, SystemCall.ThreadSetAffinity, handle, 0b01);
        Assert.True(_system.HasInterrupt(1));
        _system.DeliverIpi(1);
        Assert.True(_system.Cpu(1)->Current == null);
        _system.RunPendingWork();
        Assert.Equal([(nint)thread], _system.QueueOf(0));
    }

    [Fact]
    public void A_queued_thread_moves_at_once()
    {
        _system.StartThread(0);
        _system.RunPendingWork();
        ulong handle = _system.StartThread(0);
        Thread* thread = _system.ThreadOf(0, handle);
        Assert.Equal([(nint)thread], _system.QueueOf(0));
        _system.Syscall(0, SystemCall.ThreadSetAffinity, handle, 0b10);
        Assert.Empty(_system.QueueOf(0));
        Assert.Equal((ThreadLocation.Inbox, 1u), (SimulatedSystem.StateOf(thread).Location, SimulatedSystem.StateOf(thread).Cpu));
    }

    [Fact]
    public void A_blocked_thread_wakes_where_it_may_run_now()
    {
        ulong handle = _system.StartThread(0);
        Thread* thread = _system.ThreadOf(0, handle);
        _system.RunPendingWork();
        _system.Syscall(1, SystemCall.Park, SimulatedSystem.DataAddress);
        _system.Syscall(0, SystemCall.ThreadSetAffinity, handle, 0b01);
        _system.Syscall(0, SystemCall.Unpark, SimulatedSystem.DataAddress, 1);
        Assert.Equal([(nint)thread], _system.QueueOf(0));
    }

    [Fact]
    public void Runtime_grows_while_a_thread_runs_and_stands_still_while_it_does_not()
    {
        ulong before = _system.Syscall(0, SystemCall.ThreadRuntime, BootHandle.MainThread).Value;
        _system.Advance(123);
        Assert.Equal(before + 123, _system.Syscall(0, SystemCall.ThreadRuntime, BootHandle.MainThread).Value);
        ulong handle = _system.StartThread(0);
        Assert.Equal(0ul, _system.Syscall(0, SystemCall.ThreadRuntime, handle).Value);
        _system.RunPendingWork();
        _system.Advance(50);
        _system.Syscall(1, SystemCall.SleepUntil, (ulong)_system.Clock + 1000);
        _system.Advance(500);
        Assert.Equal(50ul, _system.Syscall(0, SystemCall.ThreadRuntime, handle).Value);
    }

    [Fact]
    public void The_current_cpu_is_told() =>
        Assert.Equal(0ul, _system.Syscall(0, SystemCall.CurrentCpu).Value);

    [Fact]
    public void Threads_and_their_tree_nodes_begin_cache_lines()
    {
        Assert.Equal(64, sizeof(Thread) % 128);
        Assert.Equal(0, (int)Marshal.OffsetOf<Thread>(nameof(Thread.Fair)) % 64);
        Assert.True((int)Marshal.OffsetOf<Thread>(nameof(Thread.Fault)) + sizeof(FaultState) <= sizeof(Thread));
        Assert.True(sizeof(Thread) <= 2048);
    }

    [Fact]
    public void The_entry_stubs_find_the_registers_at_the_threads_own_address() =>
        Assert.Equal(0, (int)Marshal.OffsetOf<Thread>(nameof(Thread.Context)));
}
