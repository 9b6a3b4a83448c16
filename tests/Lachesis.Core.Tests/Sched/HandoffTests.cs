using Lachesis.Abi;
using Lachesis.Core.Processes;
using Lachesis.Core.Tests.Ipc;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched;

/// <summary>Handing the CPU over while the process is being ended by another CPU.</summary>
public sealed unsafe class HandoffTests
{
    private const ulong Word = SimulatedSystem.DataAddress;

    [Theory]
    [InlineData(SchedulingPolicy.Fair)]
    [InlineData(SchedulingPolicy.Priority)]
    [InlineData(SchedulingPolicy.RoundRobin)]
    public void A_thread_of_a_dying_process_never_gets_the_cpu(SchedulingPolicy policy)
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Cpus = 2, Policy = policy });
        Thread* woken = Prepare(system);
        system.Syscall(0, SystemCall.ProcessExit, Races.Handle, 4);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(woken).Location);
        ulong switches = woken->Ledger.Switches;
        system.Syscall(1, SystemCall.UnparkSwitch, Word);
        Assert.False(system.Cpu(1)->Current == woken);
        Assert.NotEqual(ThreadLocation.Blocked, SimulatedSystem.StateOf(woken).Location);
        LetEnd(system);
        Assert.Equal(switches, woken->Ledger.Switches);
    }

    [Fact]
    public void Whoever_gets_the_cpu_by_handoff_is_resident_from_then_on()
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Cpus = 2 });
        Thread* woken = Prepare(system);
        system.Advance(500);
        system.Syscall(1, SystemCall.UnparkSwitch, Word);
        Assert.True(system.Cpu(1)->Current == woken);
        Assert.Equal(system.Clock, woken->ResidentSince.Nanoseconds);
    }

    [Theory]
    [InlineData(SchedulingPolicy.Priority)]
    [InlineData(SchedulingPolicy.RoundRobin)]
    public void A_cpu_whose_queue_another_one_has_emptied_asks_for_interrupts_when_a_call_hands_it_over(SchedulingPolicy policy)
    {
        using IpcSystem ipc = new(2, policy);
        SimulatedSystem system = ipc.System;
        Thread* server = ipc.Current;
        system.StartThread(0);
        system.RunPendingWork();
        Thread* caller = StartOnFirstCpu(system, out _);
        StartOnFirstCpu(system, out ulong other);
        ipc.Block(SystemCall.Receive, 0, ipc.Both);
        Assert.Equal(((nint)caller, 0ul), ((nint)ipc.Current, system.Cpu(0)->NeedsRescheduleIpi));

        system.Syscall(1, SystemCall.ThreadSetAffinity, other, 2);
        ipc.Block(SystemCall.Call, 1, ipc.Endpoint, 7);
        Assert.Equal(((nint)server, 1ul), ((nint)ipc.Current, system.Cpu(0)->NeedsRescheduleIpi));
    }

    [Fact]
    public void A_handoff_may_meet_the_end_of_its_process_anywhere() => Races.AtEachPoint(
        system => Prepare(system),
        system => system.Syscall(1, SystemCall.UnparkSwitch, Word),
        system => system.Syscall(0, SystemCall.ProcessExit, Races.Handle, 4),
        LetEnd);

    [Fact]
    public void The_end_of_a_process_may_meet_a_handoff_anywhere() => Races.AtEachPoint(
        system =>
        {
            Prepare(system);
            system.Syscall(0, SystemCall.ProcessExit, Races.Handle, 4);
            system.Advance(1_000_000);
        },
        system => system.FireTimer(0),
        system => system.Syscall(1, SystemCall.UnparkSwitch, Word),
        LetEnd);

    private static Thread* StartOnFirstCpu(SimulatedSystem system, out ulong handle)
    {
        handle = system.CreateThread(0);
        system.Syscall(0, SystemCall.ThreadSetAffinity, handle, 1);
        system.Syscall(0, SystemCall.ThreadStart, handle);
        return system.ThreadOf(0, handle);
    }

    // A child runs on CPU 1; a second thread of it has parked there.
    private static Thread* Prepare(SimulatedSystem system)
    {
        Assert.Equal(Races.Handle, system.Spawn(0, cpus: 0b10).Value);
        system.RunPendingWork();
        Thread* first = system.Cpu(1)->Current;
        Thread* second = system.NewThread(1);
        system.Syscall(1, SystemCall.Yield);
        Assert.True(system.Cpu(1)->Current == second);
        system.Syscall(1, SystemCall.Park, Word);
        Assert.True(system.Cpu(1)->Current == first);
        return second;
    }

    private static void LetEnd(SimulatedSystem system)
    {
        for (int i = 0; i < 20; i++)
        {
            system.Advance(1_000_000);
            system.RunPendingWork();
        }

        Assert.Equal(ProcessPhase.Dead, system.ProcessOf(0, Races.Handle)->Phase);
        Assert.True(system.Cpu(1)->Current == null);
        Assert.Equal(1u, system.Kernel->Threads.InUse);
    }
}
