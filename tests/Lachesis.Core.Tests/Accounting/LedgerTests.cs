using System;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Entry;
using Lachesis.Core.Processes;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Accounting;

/// <summary>What ledgers say, and how they are read.</summary>
public sealed unsafe class LedgerTests : IDisposable
{
    private const ulong Word = SimulatedSystem.DataAddress;
    private const ulong Reading = SimulatedSystem.DataAddress + 1024;

    private readonly SimulatedSystem _system = SimulatedSystem.Running(
        new SystemShape { Policy = SchedulingPolicy.Fair, Threads = 256, Pages = 2048 });

    public void Dispose() => _system.Dispose();

    private Thread* Current => _system.Cpu(0)->Current;

    private LedgerReading* Memory => (LedgerReading*)_system.Users.At(_system.ProcessOn(0)->PageTableRoot, Reading);

    [Fact]
    public void Structures_have_the_sizes_that_the_code_counts_on()
    {
        Assert.Equal(64, sizeof(Ledger));
        Assert.Equal(0, sizeof(Thread) % 64);
        Thread thread = default;
        Assert.True((byte*)(&thread.Joiners + 1) - (byte*)&thread <= sizeof(Thread));
        Assert.Equal(0, ((byte*)&thread.Fair - (byte*)&thread) % 64);
        Assert.Equal(0, ((byte*)thread.Context.FxSaveArea - (byte*)&thread) % 16);
    }

    [Fact]
    public void Waits_blocks_yields_and_virtual_runtime_are_counted()
    {
        Thread* a = Current;
        Thread* b = Started(out ulong handle);
        Call(SystemCall.ThreadSetScheduling, BootHandle.Policy, handle, (ulong)SchedulingParameter.Weight, 512);
        Ledger before = a->Ledger;
        _system.Advance(100);
        Call(SystemCall.Yield);
        Assert.Equal((nint)b, (nint)Current);
        _system.Advance(4000);
        Call(SystemCall.Park, Word);
        Assert.Equal((nint)a, (nint)Current);
        Assert.Equal((1ul, 1ul), (a->Ledger.Yields - before.Yields, b->Ledger.VoluntaryBlocks));
        Assert.Equal((4000L, 100L), (a->Ledger.RunDelay.Nanoseconds - before.RunDelay.Nanoseconds, b->Ledger.RunDelay.Nanoseconds));
        Assert.Equal((100L, 8000L), (a->Ledger.VirtualRuntime - before.VirtualRuntime, b->Ledger.VirtualRuntime));
        Assert.Equal((0ul, 0ul), (a->Ledger.Preemptions - before.Preemptions, b->Ledger.Preemptions));
    }

    [Fact]
    public void A_handoff_begins_the_wait_of_who_made_it()
    {
        Thread* a = Current;
        Thread* b = Started(out _);
        Call(SystemCall.Yield);
        Call(SystemCall.Park, Word);
        _system.Advance(70);
        long before = a->Ledger.RunDelay.Nanoseconds;
        Call(SystemCall.UnparkSwitch, Word);
        Assert.Equal((nint)b, (nint)Current);
        _system.Advance(30);
        Call(SystemCall.Park, Word);
        Assert.Equal((nint)a, (nint)Current);
        Assert.Equal(30, a->Ledger.RunDelay.Nanoseconds - before);
    }

    [Fact]
    public void A_handoff_to_who_ran_ahead_is_refused_and_counted()
    {
        Thread* a = Current;
        Thread* b = Started(out _);
        Call(SystemCall.Yield);
        _system.Advance(5_000_000);
        Call(SystemCall.Park, Word);
        Assert.Equal((nint)a, (nint)Current);
        Call(SystemCall.UnparkSwitch, Word);
        Assert.Equal((nint)a, (nint)Current);
        Assert.Equal(1ul, _system.Total(Counter.HandoffsRefused));
        Assert.Equal(ThreadLocation.Queued, SimulatedSystem.StateOf(b).Location);
    }

    [Fact]
    public void A_handoff_keeps_to_affinity()
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Cpus = 2, Policy = SchedulingPolicy.Fair });
        Races.Started(system);
        system.Syscall(1, SystemCall.Park, Word);
        system.Syscall(0, SystemCall.ThreadSetAffinity, Races.Handle, 2);
        nint before = (nint)system.Cpu(0)->Current;
        system.Syscall(0, SystemCall.UnparkSwitch, Word);
        Assert.Equal(before, (nint)system.Cpu(0)->Current);
        system.RunPendingWork();
        Assert.Equal((nint)system.ThreadOf(0, Races.Handle), (nint)system.Cpu(1)->Current);
    }

    [Theory]
    [InlineData(LedgerScope.Process, BootHandle.Process)]
    [InlineData(LedgerScope.Service, BootHandle.Machine)]
    [InlineData(LedgerScope.Session, BootHandle.Machine)]
    public void A_sum_takes_bounded_steps_and_is_that_of_all_threads_the_ended_ones_too(LedgerScope scope, ulong handle)
    {
        for (int i = 0; i < 150; i++)
        {
            _system.StartThread(0);
        }

        for (int i = 0; i < 40; i++)
        {
            _system.Advance(1000 + i);
            Call(i % 4 == 0 ? SystemCall.ThreadExit : SystemCall.Yield);
        }

        Process* process = _system.ProcessOn(0);
        int steps = 0;
        *Memory = default;
        do
        {
            Assert.Equal(Error.None, Read(handle, scope));
            steps++;
        }
        while (Memory->Cursor != 0);

        Assert.True(steps >= 3);
        Ledger sum = process->EndedThreadsLedger;
        foreach (nint thread in _system.Threads.Where(at => SimulatedSystem.StateOf((Thread*)at).Location != ThreadLocation.Dead))
        {
            sum.Add(in ((Thread*)thread)->Ledger);
        }

        LedgerSum read = Memory->Sum;
        Assert.Equal((ulong)sum.Runtime.Nanoseconds, read.RuntimeNs);
        Assert.Equal((ulong)sum.RunDelay.Nanoseconds, read.WaitNs);
        Assert.Equal((ulong)sum.VirtualRuntime, read.VirtualRuntimeNs);
        Assert.Equal((sum.Switches, sum.Yields), (read.Switches, read.Yields));
        Assert.Equal(_system.Total(Counter.RuntimeNs), read.RuntimeNs);
    }

    [Fact]
    public void A_thread_that_ends_between_two_steps_spoils_the_sum()
    {
        for (int i = 0; i < 2 * LedgerCalls<SimulatedMachine>.StepBudget; i++)
        {
            _system.StartThread(0);
        }

        *Memory = default;
        Assert.Equal(Error.None, Read(BootHandle.Process, LedgerScope.Process));
        Assert.NotEqual(0ul, Memory->Cursor);
        Call(SystemCall.ThreadExit);
        Assert.Equal(Error.BadState, Read(BootHandle.Process, LedgerScope.Process));
    }

    [Fact]
    public void Readings_of_unsound_arguments_fail()
    {
        Snapshot.Fails(Error.BadArgument, _system, SystemCall.LedgerRead, BootHandle.Process, (ulong)LedgerScope.Count, 0, Reading);
        Snapshot.Fails(Error.BadAddress, _system, SystemCall.LedgerRead, BootHandle.Process, 1, 0, 0x10);
        Snapshot.Fails(Error.WrongKind, _system, SystemCall.LedgerRead, BootHandle.Process, 2, 0, Reading);
        Snapshot.Fails(Error.BadArgument, _system, SystemCall.LedgerRead, BootHandle.Machine, 2, SchedulingLimits.MaxGroups, Reading);
    }

    private Error Read(ulong handle, LedgerScope scope) =>
        _system.Syscall(0, SystemCall.LedgerRead, handle, (ulong)scope, 0, Reading).Error;

    private Thread* Started(out ulong handle)
    {
        handle = _system.StartThread(0);
        return _system.ThreadOf(0, handle);
    }

    private void Call(SystemCall number, ulong a0 = 0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0) =>
        _system.Syscall(0, number, a0, a1, a2, a3);
}
