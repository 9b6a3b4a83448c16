using Lachesis.Abi;
using Lachesis.Core.Processes;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Processes;

/// <summary>Ends of processes that race, tried with one at every point of the other.</summary>
public sealed unsafe class ProcessRaceTests
{
    [Fact]
    public void An_address_space_is_not_freed_while_a_cpu_in_the_kernel_has_it_loaded() => Races.AtEachPoint(
        system =>
        {
            Spawned(system);
            system.Syscall(0, SystemCall.ProcessExit, Races.Handle, 4);
            system.Advance(1_000_000);
            system.FireTimer(0);
            Assert.True(system.HasInterrupt(1));
        },
        system => system.DeliverIpi(1),
        system => TakeApart(system),
        AssertProcessGone);

    [Fact]
    public void The_last_thread_may_end_while_the_process_is_ended() => Races.AtEachPoint(
        Spawned,
        system => system.Syscall(1, SystemCall.ThreadExit, 3),
        system => system.Syscall(0, SystemCall.ProcessExit, Races.Handle, 4),
        AssertProcessGone);

    [Fact]
    public void A_process_may_be_ended_while_its_last_thread_ends() => Races.AtEachPoint(
        Spawned,
        system => system.Syscall(0, SystemCall.ProcessExit, Races.Handle, 4),
        system => system.Syscall(1, SystemCall.ThreadExit, 3),
        AssertProcessGone);

    [Fact]
    public void A_process_made_in_the_slot_of_one_whose_last_thread_just_ended_lives_on() => Races.AtEachPoint(
        system =>
        {
            Races.Started(system);
            Assert.Equal(Races.Handle + 1, system.Spawn(0, cpus: 0b10).Value);
            system.RunPendingWork();
            Assert.Single(system.QueueOf(1));
            system.Syscall(0, SystemCall.ProcessExit, Races.Handle + 1, 4);
        },
        system => system.Syscall(1, SystemCall.Yield),
        system =>
        {
            TakeApart(system);
            system.Syscall(0, SystemCall.CapabilityDelete, Races.Handle + 1);
            system.Spawn(0, cpus: 0b01);
        },
        system =>
        {
            TakeApart(system);
            Assert.Equal(2, system.Processes.Count);
            Assert.All(system.Processes, process => Assert.Equal(ProcessPhase.Alive, ((Process*)process)->Phase));
        });

    [Fact]
    public void A_process_may_be_ended_by_who_guesses_its_handle_while_it_is_made() => Races.AtEachPoint(
        system =>
        {
            Races.Started(system);
            system.PutRequest(0, "child", Grants.None);
        },
        system => system.Syscall(0, SystemCall.ProcessSpawn, BootHandle.Spawn, SimulatedSystem.DataAddress),
        system =>
        {
            system.Syscall(1, SystemCall.ProcessExit, Races.Handle + 1, 4);
            TakeApart(system, 1);
            system.CreateThread(1);
        },
        system =>
        {
            // Perhaps in the slot of the first thread of the process: nobody has started it.
            system.RunPendingWork();
            Assert.Contains(system.Threads, thread => SimulatedSystem.StateOf((Thread*)thread).Location == ThreadLocation.Created);
        });

    private static void Spawned(SimulatedSystem system)
    {
        Assert.Equal(Races.Handle, system.Spawn(0).Value);
        system.RunPendingWork();
        Assert.True(system.ProcessOn(1) == system.ProcessOf(0, Races.Handle));
    }

    // A CPU does what it can of its teardown work.
    private static void TakeApart(SimulatedSystem system, uint cpu = 0)
    {
        for (int i = 0; i < 8 && system.Cpu(cpu)->TeardownProcesses != null; i++)
        {
            system.Advance(1_000_000);
            system.FireTimer(cpu);
        }
    }

    private static void AssertProcessGone(SimulatedSystem system)
    {
        for (int i = 0; i < 20; i++)
        {
            system.Advance(1_000_000);
            system.RunPendingWork();
        }

        Process* process = system.ProcessOf(0, Races.Handle);
        Assert.Equal(ProcessPhase.Dead, process->Phase);
        Assert.True(process->ExitCode is 3 or 4);
    }
}
