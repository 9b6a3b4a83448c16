using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Memory;
using Lachesis.Core.Processes;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Processes;

/// <summary>Starting processes, what they find, ending them in every state of their threads, and what is left.</summary>
public sealed unsafe class ProcessTests : IDisposable
{
    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { Cpus = 2, Processes = 4, Threads = 80 });
    private int _pagesLeft;

    public void Dispose() => _system.Dispose();

    [Fact]
    public void A_program_finds_its_segments_and_its_start_page()
    {
        _system.PutRequest(0, "child", Grants.Log, 0b11, "hello");
        ulong handle = _system.Syscall(0, SystemCall.ProcessSpawn, BootHandle.Spawn, SimulatedSystem.DataAddress).Value;
        Process* process = _system.ProcessOf(0, handle);
        Assert.Equal(PageAccess.Execute, _system.Users.AccessOf(process->PageTableRoot, SimulatedSystem.Entry));
        Assert.Equal(PageAccess.Write | PageAccess.Owned, _system.Users.AccessOf(process->PageTableRoot, SimulatedSystem.DataAddress));
        Assert.Equal(PageAccess.Read | PageAccess.Owned, _system.Users.AccessOf(process->PageTableRoot, UserLayout.StartPage));
        Assert.Null(_system.Users.AccessOf(process->PageTableRoot, UserLayout.MainStackBase - 1));
        ProgramStart* start = (ProgramStart*)_system.Users.At(process->PageTableRoot, UserLayout.StartPage);
        Assert.Equal((2u, 0b11ul, 5u), (start->CpuCount, start->CpuMask, start->ArgumentLength));
        Assert.Equal("hello"u8.ToArray(), new Span<byte>(start->Argument, 5).ToArray());
        UserContext* context = &process->FirstThread->Context;
        Assert.Equal((SimulatedSystem.Entry, UserLayout.StartPage), (context->Rip, context->Rdi));
    }

    [Fact]
    public void A_process_has_the_handles_that_it_was_granted_and_no_others()
    {
        ulong handle = _system.Spawn(0, grants: Grants.Log).Value;
        CapabilitySpace* handles = &_system.ProcessOf(0, handle)->Handles;
        Assert.True(handles->Find(BootHandle.Log) != null);
        Assert.True(handles->Find(BootHandle.Process) != null && handles->Find(BootHandle.MainThread) != null);
        Assert.True(handles->Find(BootHandle.Report) == null && handles->Find(BootHandle.Machine) == null);
        _system.RunPendingWork();
        Assert.Equal(Error.StaleHandle, _system.Syscall(1, SystemCall.PoolLevel, BootHandle.Machine).Error);
        Assert.Equal(Error.StaleHandle, _system.Syscall(1, SystemCall.ProcessSpawn, BootHandle.Spawn).Error);
    }

    [Fact]
    public void Nobody_passes_on_what_it_has_not()
    {
        _system.Spawn(0, grants: Grants.Spawn, cpus: 0b10);
        _system.RunPendingWork();
        Assert.Equal(Error.StaleHandle, _system.Spawn(1, grants: Grants.Log, cpus: 0b10).Error);
        Assert.Equal(Error.NotPermitted, _system.Spawn(1, grants: Grants.None, cpus: 0b11).Error);
        Assert.Equal(Error.None, _system.Spawn(1, grants: Grants.Spawn, cpus: 0b10).Error);
    }

    [Fact]
    public void A_full_pool_is_an_error_that_changes_nothing()
    {
        while (_system.Kernel->Processes.InUse < _system.Kernel->Processes.Capacity)
        {
            Assert.Equal(Error.None, _system.Spawn(0, cpus: 0b10).Error);
        }

        _system.RunPendingWork();
        Snapshot.Fails(Error.PoolFull, _system, SystemCall.ProcessSpawn, BootHandle.Spawn, SimulatedSystem.DataAddress);
    }

    [Fact]
    public void However_little_memory_there_is_a_failed_spawn_leaves_nothing_behind()
    {
        _system.PutRequest(0, "child", Grants.None);
        ulong free = _system.Kernel->Pages.FreePages;
        _system.Checking = false;
        for (Error error = Error.OutOfMemory; error != Error.None && _pagesLeft < 100;)
        {
            // The same again with one page more, until it succeeds.
            var kept = new List<ulong>();
            while (_system.Kernel->Pages.FreePages > (ulong)_pagesLeft)
            {
                kept.Add(_system.Kernel->Pages.Allocate<SimulatedMachine>(_system.Cpu(0)));
            }

            error = _system.Syscall(0, SystemCall.ProcessSpawn, BootHandle.Spawn, SimulatedSystem.DataAddress).Error;
            Assert.True(error is Error.None or Error.OutOfMemory);
            Assert.Equal(error == Error.None ? 2u : 1u, _system.Kernel->Processes.InUse);
            Assert.True(error == Error.None || _system.Kernel->Pages.FreePages == (ulong)_pagesLeft);
            kept.ForEach(frame => _system.Kernel->Pages.Free<SimulatedMachine>(_system.Cpu(0), frame));
            _pagesLeft++;
        }

        Assert.True(free - _system.Kernel->Pages.FreePages < (ulong)_pagesLeft);
        _system.Checking = true;
        _system.RunPendingWork();
    }

    [Fact]
    public void Mapped_memory_is_cleared_writable_and_followed_by_an_unmapped_page()
    {
        ulong first = _system.Syscall(0, SystemCall.MemoryMap, BootHandle.Process, 4097).Value;
        ulong second = _system.Syscall(0, SystemCall.MemoryMap, BootHandle.Process, 1).Value;
        ulong root = _system.ProcessOn(0)->PageTableRoot;
        Assert.Equal((UserLayout.HeapBase, UserLayout.HeapBase + 0x3000), (first, second));
        Assert.Equal(PageAccess.Write | PageAccess.Owned, _system.Users.AccessOf(root, first + 0x1000));
        Assert.Null(_system.Users.AccessOf(root, first + 0x2000));
        Assert.Equal(0, *_system.Users.At(root, second));
    }

    [Fact]
    public void A_process_whose_last_thread_exits_ends_with_its_code_and_leaves_nothing_but_it()
    {
        ulong pages = _system.Kernel->Pages.FreePages;
        ulong handle = _system.Spawn(0).Value;
        _system.RunPendingWork();
        _system.Syscall(1, SystemCall.ThreadExit, 17);
        _system.RunPendingWork();
        Assert.Equal(pages, _system.Kernel->Pages.FreePages);
        Assert.Equal(1u, _system.Kernel->Threads.InUse);
        Assert.Equal(new SimulatedSystem.CallResult(Error.None, 17, true), _system.Syscall(0, SystemCall.ProcessWait, handle));
        Assert.Equal(Error.BadState, _system.Syscall(0, SystemCall.MemoryMap, handle, 1).Error);
        Assert.Equal(Error.BadState, _system.Syscall(0, SystemCall.ThreadCreate, handle, 1, 1).Error);
        _system.Syscall(0, SystemCall.CapabilityDelete, handle);
        Assert.Equal(1u, _system.Kernel->Processes.InUse);
    }

    [Fact]
    public void A_waiter_learns_the_code_when_the_memory_is_free()
    {
        ulong handle = _system.Spawn(0).Value;
        _system.RunPendingWork();
        Thread* waiter = _system.Cpu(0)->Current;
        Assert.False(_system.Syscall(0, SystemCall.ProcessWait, handle).WentOn);
        _system.Syscall(1, SystemCall.ProcessExit, BootHandle.Process, 8);
        Assert.True(_system.Cpu(1)->WorkPending != 0);
        _system.RunPendingWork();
        Assert.Equal((nint)waiter, (nint)_system.Cpu(0)->Current);
        Assert.Equal((0ul, 8ul), (waiter->Context.Rax, waiter->Context.Rdx));
    }

    [Fact]
    public void Only_the_first_to_end_a_process_says_with_which_code()
    {
        ulong handle = _system.Spawn(0).Value;
        _system.RunPendingWork();
        _system.Syscall(0, SystemCall.ProcessExit, handle, 1);
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.ProcessExit, handle, 2).Error);
        TakeApart();
        Assert.Equal(1ul, _system.Syscall(0, SystemCall.ProcessWait, handle).Value);
    }

    [Fact]
    public void Threads_are_ended_wherever_they_are()
    {
        ulong handle = _system.Spawn(0, cpus: 0b10).Value;
        _system.RunPendingWork();
        Populate();
        var places = _system.Threads.Select(thread => SimulatedSystem.StateOf((Thread*)thread).Location).ToHashSet();
        Assert.Superset(new HashSet<ThreadLocation> { ThreadLocation.Created, ThreadLocation.Running, ThreadLocation.Queued, ThreadLocation.Blocked }, places);
        _system.Syscall(0, SystemCall.ProcessExit, handle, 3);
        TakeApart();
        Assert.Equal(3ul, _system.Syscall(0, SystemCall.ProcessWait, handle).Value);
        Assert.Equal((1u, 0u), (_system.Kernel->Threads.InUse, _system.Cpu(1)->Timers.Count));
    }

    [Fact]
    public void A_large_process_is_taken_apart_in_bounded_steps_between_which_others_run()
    {
        ulong handle = _system.Spawn(0, cpus: 0b10).Value;
        _system.RunPendingWork();
        for (int i = 0; i < 70; i++)
        {
            _system.CreateThread(1);
        }

        uint before = _system.Kernel->Threads.InUse;
        _system.Syscall(0, SystemCall.ProcessExit, handle, 3);
        int steps = 0;
        for (; _system.Cpu(0)->TeardownProcesses != null; steps++)
        {
            uint threads = _system.ProcessOf(0, handle)->LiveThreads;
            ulong pages = _system.Kernel->Pages.FreePages;
            _system.Advance(Teardown<SimulatedMachine>.StepInterval.Nanoseconds);
            _system.FireTimer(0);
            Assert.True(_system.Cpu(0)->Current != null);
            Assert.InRange(threads - _system.ProcessOf(0, handle)->LiveThreads, 0u, (uint)Teardown<SimulatedMachine>.StepBudget);
            Assert.InRange(_system.Kernel->Pages.FreePages - pages, 0ul, (ulong)Teardown<SimulatedMachine>.StepBudget + 2);
            _system.RunPendingWork();
        }

        Assert.InRange(steps, 5, 40);
        Assert.True(before > 70 && _system.Kernel->Threads.InUse == 1);
    }

    // Threads of the process on CPU 1: one sleeps, one is parked, one joins, one is made, one waits in the queue, one runs.
    private void Populate()
    {
        ulong joined = _system.CreateThread(1);
        for (int i = 0; i < 4; i++)
        {
            _system.StartThread(1);
        }

        _system.Syscall(1, SystemCall.SleepUntil, (ulong)_system.Clock + 1_000_000_000);
        _system.Syscall(1, SystemCall.Park, SimulatedSystem.DataAddress, 0, (ulong)_system.Clock + 2_000_000_000);
        _system.Syscall(1, SystemCall.ThreadJoin, joined);
    }

    private void TakeApart()
    {
        while (_system.Cpu(0)->TeardownProcesses != null || _system.Cpu(1)->TeardownProcesses != null)
        {
            _system.Advance(_system.Shape.SliceNs);
            _system.RunPendingWork();
        }
    }
}
