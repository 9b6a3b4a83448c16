using System;
using Lachesis.Abi;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Threads;

/// <summary>Wakes, ends and moves of threads that race, tried with one at every point of the other.</summary>
public sealed unsafe class ThreadRaceTests
{
    private const ulong Word = SimulatedSystem.DataAddress;

    [Fact]
    public void A_wake_while_the_last_cpu_goes_idle_is_not_lost() => Races.AtEachPoint(
        Parked,
        system => system.Syscall(1, SystemCall.ThreadExit),
        system => system.Syscall(0, SystemCall.Unpark, Word, 1),
        system => AssertRuns(system, 1));

    [Fact]
    public void Going_idle_while_a_wake_is_on_its_way_does_not_lose_it() => Races.AtEachPoint(
        Parked,
        system => system.Syscall(0, SystemCall.Unpark, Word, 1),
        system => system.Syscall(1, SystemCall.ThreadExit),
        system => AssertRuns(system, 1));

    [Fact]
    public void A_wake_that_needs_no_interrupt_is_found_by_a_cpu_that_goes_idle() => Races.AtEachPoint(
        system =>
        {
            Parked(system);

            // CPU 1 has promised to look at its inbox when the slice ends, but CPU 0 has stolen the other thread since.
            system.NewThread(1);
            system.Syscall(1, SystemCall.Yield);
            system.Syscall(0, SystemCall.Park, Word + 8);
            Assert.Equal(0ul, system.Cpu(1)->NeedsRescheduleIpi);
            Assert.Equal(0ul, system.Cpu(1)->RunQueue.Count);
        },
        system => system.Syscall(1, SystemCall.ThreadExit),
        system => system.Syscall(0, SystemCall.Unpark, Word, 1),
        system => AssertRuns(system, 1));

    [Fact]
    public void A_word_changed_before_the_unpark_is_seen_or_the_parker_is_woken() => Races.AtEachPoint(
        Races.Started,
        system => system.Syscall(1, SystemCall.Park, Word, 0),
        system =>
        {
            system.WriteUserWord(system.ProcessOn(0), Word, 1);
            system.Syscall(0, SystemCall.Unpark, Word, 1);
        },
        system => AssertRuns(system, 1));

    [Fact]
    public void A_join_while_the_thread_ends_always_learns_the_code() => Races.AtEachPoint(
        Races.Started,
        system => system.Syscall(0, SystemCall.ThreadJoin, Races.Handle),
        system => system.Syscall(1, SystemCall.ThreadExit, 42),
        AssertJoined);

    [Fact]
    public void A_thread_that_ends_while_it_is_joined_always_tells_its_code() => Races.AtEachPoint(
        Races.Started,
        system => system.Syscall(1, SystemCall.ThreadExit, 42),
        system => system.Syscall(0, SystemCall.ThreadJoin, Races.Handle),
        AssertJoined);

    [Fact]
    public void A_queue_emptied_by_a_thief_leaves_the_slice_timer_that_wakers_count_on() => Races.AtEachPoint(
        system =>
        {
            Races.Started(system);
            system.NewThread(0);
            system.Advance(system.Shape.SliceNs);
        },
        system => system.FireTimer(0),
        system => system.Syscall(1, SystemCall.ThreadExit),
        Invariants.Check);

    [Fact]
    public void A_mask_changed_while_the_thread_is_stolen_holds() => Races.AtEachPoint(
        system =>
        {
            Races.Started(system);
            system.NewThread(0);
        },
        system => system.Syscall(1, SystemCall.ThreadExit),
        system => system.Syscall(0, SystemCall.ThreadSetAffinity, Races.Handle + 1, 1),
        AssertAllowed);

    [Fact]
    public void A_mask_changed_while_the_thread_is_dispatched_holds() => Races.AtEachPoint(
        Races.Started,
        system => system.Syscall(0, SystemCall.ThreadSetAffinity, Races.Handle, 1),
        system => system.Syscall(1, SystemCall.Yield),
        AssertAllowed);

    [Fact]
    public void A_thread_made_in_the_slot_of_one_that_ends_starts_with_registers_of_its_own() => Races.AtEachPoint(
        Races.Started,
        system => system.Syscall(1, SystemCall.ThreadExit),
        system =>
        {
            system.Syscall(0, SystemCall.CapabilityDelete, Races.Handle);
            system.StartThread(0);
        },
        system => system.RunPendingWork());

    [Fact]
    public void A_thread_that_ran_elsewhere_meanwhile_comes_back_with_its_registers() => Races.AtEachPoint(
        Races.Started,
        system => system.Syscall(1, SystemCall.Park, Word + 4),
        system =>
        {
            system.Syscall(0, SystemCall.Unpark, Word + 4, 1);
            system.RunPendingWork();
            if (system.Cpu(2)->Current != null)
            {
                // It now runs on CPU 2, and waits there behind another one for CPU 1 to steal it back.
                system.NewThread(2);
                system.Syscall(2, SystemCall.Yield);
                Assert.Equal(1ul, system.Cpu(2)->RunQueue.Count);
            }
        },
        system => system.RunPendingWork(),
        cpus: 3);

    [Fact]
    public void A_deadline_that_comes_while_the_thread_is_woken_wakes_it_once() => Races.AtEachPoint(
        system =>
        {
            Races.Started(system);
            system.Syscall(1, SystemCall.Park, Word, 0, (ulong)system.Clock + 10);
            system.Advance(10);
        },
        system => system.FireTimer(1),
        system => system.Syscall(0, SystemCall.Unpark, Word, 1),
        system => AssertRuns(system, 1));

    // The first thread of CPU 1 has parked and may run only there; another one runs there now.
    private static void Parked(SimulatedSystem system)
    {
        Races.Started(system);
        system.Syscall(1, SystemCall.Park, Word);
        system.Syscall(0, SystemCall.ThreadSetAffinity, Races.Handle, 2);
        Races.Started(system);
    }

    private static void AssertRuns(SimulatedSystem system, uint cpu)
    {
        system.RunPendingWork();
        Assert.True(system.Cpu(cpu)->Current != null);
        Assert.Equal(system.ThreadOf(0, Races.Handle)->Header.Index, system.Cpu(cpu)->Current->Header.Index);
    }

    private static void AssertJoined(SimulatedSystem system)
    {
        system.RunPendingWork();
        Assert.True(system.Cpu(0)->Current != null || system.Cpu(1)->Current != null);
        Thread* joiner = system.Cpu(system.Cpu(0)->Current != null ? 0u : 1)->Current;
        Assert.Equal(42ul, joiner->Context.Rdx);
        Assert.Equal((ulong)Error.None, joiner->Context.Rax);
    }

    private static void AssertAllowed(SimulatedSystem system)
    {
        system.RunPendingWork();
        for (uint cpu = 0; cpu < system.Shape.Cpus; cpu++)
        {
            Thread* thread = system.Cpu(cpu)->Current;
            Assert.True(thread == null || (thread->EffectiveAffinity >> (int)cpu & 1) != 0);
        }
    }
}
