using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Processes;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Accounting;

/// <summary>Ledgers of single threads, and of processes, services and sessions whose threads come and go.</summary>
public sealed unsafe class LedgerSumTests : IDisposable
{
    private const ulong Word = SimulatedSystem.DataAddress;
    private const ulong Reading = SimulatedSystem.DataAddress + 1024;
    private const uint Service = 5;

    // The first that is made, after that of the first process. Its capability comes before the child's.
    private const uint Session = 1;
    private const ulong ChildHandle = Races.Handle + 1;

    private readonly SimulatedSystem _system = SimulatedSystem.Running(
        new SystemShape { Policy = SchedulingPolicy.Fair, Cpus = 2, Threads = 64, Pages = 1024 });

    public void Dispose() => _system.Dispose();

    [Fact]
    public void A_thread_that_reads_its_own_ledger_finds_the_time_up_to_the_call()
    {
        Thread* self = _system.Cpu(0)->Current;
        long before = self->Ledger.Runtime.Nanoseconds;
        _system.Advance(1234);
        LedgerReading reading = Read(BootHandle.MainThread, LedgerScope.Thread);
        Assert.Equal((ulong)before + 1234, reading.Sum.RuntimeNs);
        Assert.Equal((0ul, 0ul), (reading.LastCpu, reading.Cursor));
    }

    // A reading that another CPU's new thread comes in between.
    [Theory]
    [InlineData(LedgerScope.Service)]
    [InlineData(LedgerScope.Session)]
    public void A_thread_that_is_being_made_and_has_no_process_yet_is_passed_over(LedgerScope scope)
    {
        Thread* made = _system.ThreadOf(0, _system.CreateThread(0));
        Process* process = made->Process;
        LedgerSum before = Read(BootHandle.Machine, scope).Sum;
        _system.Checking = false;
        made->Process = null;
        LedgerSum sum = Read(BootHandle.Machine, scope).Sum;
        made->Process = process;
        _system.Checking = true;
        Assert.Equal(before.Switches, sum.Switches);
    }

    [Fact]
    public void A_thread_that_never_ran_has_no_cpu_and_nothing_in_its_ledger()
    {
        ulong handle = _system.CreateThread(0);
        LedgerReading reading = Read(handle, LedgerScope.Thread);
        Assert.Equal(ulong.MaxValue, reading.LastCpu);
        Assert.Equal(default, reading.Sum);
    }

    [Fact]
    public void A_thread_that_runs_alone_elsewhere_is_made_to_charge_for_the_next_reading()
    {
        Races.Started(_system);
        _system.Advance(5000);
        LedgerReading first = Read(Races.Handle, LedgerScope.Thread);
        Assert.Equal((1ul, true), (first.LastCpu, _system.HasInterrupt(1)));
        _system.DeliverIpi(1);
        Assert.Equal(first.Sum.RuntimeNs + 5000, Read(Races.Handle, LedgerScope.Thread).Sum.RuntimeNs);
    }

    [Fact]
    public void A_thread_that_waits_here_is_read_without_an_interrupt()
    {
        ulong handle = _system.CreateThread(0);
        _system.Syscall(0, SystemCall.ThreadSetAffinity, handle, 1);
        _system.Syscall(0, SystemCall.ThreadStart, handle);
        Read(handle, LedgerScope.Thread);
        Assert.False(_system.HasInterrupt(1));
    }

    [Fact]
    public void A_reading_gives_every_field_of_the_ledger()
    {
        Thread* thread = _system.NewThread(0);
        _system.RunPendingWork();
        _system.Syscall(1, SystemCall.Park, Word);

        // Behind the kernel's back: from here on its accounts do not agree.
        _system.Checking = false;
        thread->Ledger = Distinct();
        Assert.Equal(new LedgerSum
        {
            RuntimeNs = 11,
            VirtualRuntimeNs = 12,
            WaitNs = 13,
            Switches = 14,
            Preemptions = 15,
            VoluntaryBlocks = 16,
            Yields = 17,
            Migrations = 18,
        }, Read(Races.Handle, LedgerScope.Thread).Sum);
    }

    [Theory]
    [InlineData(LedgerScope.Process)]
    [InlineData(LedgerScope.Service)]
    [InlineData(LedgerScope.Session)]
    public void A_sum_does_not_change_as_threads_and_processes_end(LedgerScope scope)
    {
        Process* child = Child();
        for (int i = 0; i < 4; i++)
        {
            _system.NewThread(1);
        }

        RunAll(child);
        LedgerSum living = Sum(scope);
        Assert.Equal(Expected(child), living);
        EndOne();
        AssertTimesOnlyGrewBy(0, living, Sum(scope));
        _system.Syscall(0, SystemCall.ProcessExit, ChildHandle, 3);
        LetTime();
        Assert.Equal(ProcessPhase.Dead, child->Phase);
        LedgerSum dead = Sum(scope);
        AssertTimesOnlyGrewBy(10_000_000, living, dead);

        // The same again, whether anybody still holds the dead process or not.
        Assert.Equal(dead, Sum(scope));
        if (scope != LedgerScope.Process)
        {
            _system.Syscall(0, SystemCall.CapabilityDelete, ChildHandle);
            Assert.Equal(dead, Sum(scope));
        }
    }

    [Fact]
    public void A_service_and_a_session_of_the_same_number_are_two_sums()
    {
        Process* child = Child();
        RunAll(child);
        _system.Syscall(0, SystemCall.ProcessExit, ChildHandle, 3);
        LetTime();
        Assert.NotEqual(0ul, Read(BootHandle.Machine, LedgerScope.Service, Service).Sum.RuntimeNs);
        Assert.NotEqual(0ul, Read(BootHandle.Machine, LedgerScope.Session, Session).Sum.RuntimeNs);
        Assert.Equal(default, Read(BootHandle.Machine, LedgerScope.Service, Session).Sum);
        Assert.Equal(default, Read(BootHandle.Machine, LedgerScope.Session, Service).Sum);
    }

    [Fact]
    public void A_living_process_counts_for_its_own_service_and_session_alone()
    {
        Process* child = Child();
        RunAll(child);
        LedgerSum expected = Expected(child);
        Assert.Equal(expected, Read(BootHandle.Machine, LedgerScope.Service, Service).Sum);
        Assert.Equal(expected, Read(BootHandle.Machine, LedgerScope.Session, Session).Sum);
        Assert.Equal(default, Read(BootHandle.Machine, LedgerScope.Service, Session).Sum);
        Assert.Equal(default, Read(BootHandle.Machine, LedgerScope.Session, Service).Sum);
    }

    [Fact]
    public void A_thread_that_ends_within_a_step_spoils_the_sum_or_is_in_it_once() => Races.AtEachPoint(
        system =>
        {
            Races.Started(system);
            system.Advance(7000);
            system.Syscall(1, SystemCall.LedgerRead, BootHandle.Process, (ulong)LedgerScope.Process, 0, Reading);
            *At(system) = default;
        },
        system =>
        {
            Error error = system.Syscall(
                0, SystemCall.LedgerRead, BootHandle.Process, (ulong)LedgerScope.Process, 0, Reading).Error;
            Assert.True(error is Error.None or Error.BadState);
            Assert.True(error == Error.BadState || At(system)->Sum.RuntimeNs == system.Total(Counter.RuntimeNs));
        },
        system => system.Syscall(1, SystemCall.ThreadExit),
        system => system.RunPendingWork());

    private static Ledger Distinct() => new()
    {
        Runtime = new(11),
        VirtualRuntime = 12,
        RunDelay = new(13),
        Switches = 14,
        Preemptions = 15,
        VoluntaryBlocks = 16,
        Yields = 17,
        Migrations = 18,
    };

    private static LedgerReading* At(SimulatedSystem system) =>
        (LedgerReading*)system.Users.At(system.ProcessOn(0)->PageTableRoot, Reading);

    // A process of a service and a session of its own that runs on CPU 1.
    private Process* Child()
    {
        ulong session = _system.Syscall(0, SystemCall.SessionCreate, BootHandle.Spawn).Value;
        _system.PutRequest(0, "child", Grants.None, 0b10);
        _system.PutSession(0, session);
        ulong handle = _system.Syscall(0, SystemCall.ProcessSpawn, BootHandle.Spawn, SimulatedSystem.DataAddress).Value;
        Assert.Equal(ChildHandle, handle);
        Process* child = _system.ProcessOf(0, ChildHandle);
        child->Service = Service;
        Assert.Equal(Session, child->Session);
        _system.RunPendingWork();
        return child;
    }

    private void RunAll(Process* process)
    {
        for (int i = 0; i < 12; i++)
        {
            _system.Advance(10_000 + i);
            _system.Syscall(1, SystemCall.Yield);
        }

        Assert.True(_system.ProcessOn(1) == process);
    }

    private void EndOne() => _system.Syscall(1, SystemCall.ThreadExit);

    private void LetTime()
    {
        for (int i = 0; i < 20; i++)
        {
            _system.Advance(100_000);
            _system.RunPendingWork();
        }
    }

    // What its threads have, added up one by one.
    private LedgerSum Expected(Process* process)
    {
        Ledger sum = process->EndedThreadsLedger;
        IEnumerable<nint> threads = _system.Threads.Where(
            at => ((Thread*)at)->Process == process && SimulatedSystem.StateOf((Thread*)at).Location != ThreadLocation.Dead);
        foreach (nint at in threads)
        {
            sum.Add(in ((Thread*)at)->Ledger);
        }

        return new LedgerSum
        {
            RuntimeNs = (ulong)sum.Runtime.Nanoseconds,
            VirtualRuntimeNs = (ulong)sum.VirtualRuntime,
            WaitNs = (ulong)sum.RunDelay.Nanoseconds,
            Switches = sum.Switches,
            Preemptions = sum.Preemptions,
            VoluntaryBlocks = sum.VoluntaryBlocks,
            Yields = sum.Yields,
            Migrations = sum.Migrations,
        };
    }

    private static void AssertTimesOnlyGrewBy(ulong most, LedgerSum before, LedgerSum after)
    {
        Assert.InRange(after.RuntimeNs, before.RuntimeNs, before.RuntimeNs + most);
        Assert.InRange(after.VirtualRuntimeNs, before.VirtualRuntimeNs, before.VirtualRuntimeNs + most);
        Assert.InRange(after.Switches, before.Switches, before.Switches + 1000);
        Assert.True(after.Yields >= before.Yields && after.WaitNs >= before.WaitNs);
    }

    private LedgerSum Sum(LedgerScope scope) => scope switch
    {
        LedgerScope.Process => Read(ChildHandle, scope).Sum,
        LedgerScope.Service => Read(BootHandle.Machine, scope, Service).Sum,
        _ => Read(BootHandle.Machine, scope, Session).Sum,
    };

    private LedgerReading Read(ulong handle, LedgerScope scope, uint number = 0)
    {
        *At(_system) = default;
        do
        {
            Assert.Equal(
                Error.None, _system.Syscall(0, SystemCall.LedgerRead, handle, (ulong)scope, number, Reading).Error);
        }
        while (At(_system)->Cursor != 0);

        return *At(_system);
    }
}
