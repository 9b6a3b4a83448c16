using System;
using Lachesis.Abi;
using Lachesis.Core.Processes;
using Lachesis.Core.Tests.Machines;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Xunit;

namespace Lachesis.Core.Tests.Scenarios;

/// <summary>Pairs of entries that race, tried with one at every point of the other.</summary>
public sealed unsafe class InterleavingTests
{
    private const ulong Word = TestSystem.DataAddress;
    private const ulong OtherThread = BootHandle.Count;

    [Fact]
    public void A_wake_while_the_last_cpu_goes_idle_is_not_lost() => AtEachPoint(
        system => Parked(system, 1),
        system => system.Syscall(1, SystemCall.ThreadExit),
        system => system.Syscall(0, SystemCall.Unpark, Word, 1),
        system => AssertRuns(system, 1));

    [Fact]
    public void Going_idle_while_a_wake_is_on_its_way_does_not_lose_it() => AtEachPoint(
        system => Parked(system, 1),
        system => system.Syscall(0, SystemCall.Unpark, Word, 1),
        system => system.Syscall(1, SystemCall.ThreadExit),
        system => AssertRuns(system, 1));

    [Fact]
    public void A_wake_that_needs_no_interrupt_is_found_by_a_cpu_that_goes_idle() => AtEachPoint(
        system =>
        {
            Parked(system, 1);

            // CPU 1 has promised to look at its inbox when the slice ends, but CPU 0 has stolen the other thread since.
            system.NewThread(1);
            system.Syscall(1, SystemCall.Yield);
            system.Syscall(0, SystemCall.Park, Word + 8);
            Assert.Equal(0ul, system.Cpu(1)->NeedsInterrupt);
            Assert.Equal(0ul, system.Cpu(1)->RunQueue.Count);
        },
        system => system.Syscall(1, SystemCall.ThreadExit),
        system => system.Syscall(0, SystemCall.Unpark, Word, 1),
        system => AssertRuns(system, 1));

    [Fact]
    public void An_address_space_is_not_freed_while_a_cpu_in_the_kernel_has_it_loaded() => AtEachPoint(
        system =>
        {
            Spawned(system);
            system.Syscall(0, SystemCall.ProcessExit, OtherThread, 4);
            system.Advance(1_000_000);
            system.FireTimer(0);
            Assert.True(system.HasInterrupt(1));
        },
        system => system.DeliverIpi(1),
        system =>
        {
            for (int i = 0; i < 8 && system.TimerOf(0) < Instant.Never; i++)
            {
                system.Advance(1_000_000);
                system.FireTimer(0);
            }
        },
        AssertProcessGone);

    [Fact]
    public void A_word_changed_before_the_unpark_is_seen_or_the_parker_is_woken() => AtEachPoint(
        system => Started(system),
        system => system.Syscall(1, SystemCall.Park, Word, 0),
        system =>
        {
            system.Poke(system.ProcessOn(0), Word, 1);
            system.Syscall(0, SystemCall.Unpark, Word, 1);
        },
        system => AssertRuns(system, 1));

    [Fact]
    public void A_join_while_the_thread_ends_always_learns_the_code() => AtEachPoint(
        system => Started(system),
        system => system.Syscall(0, SystemCall.ThreadJoin, OtherThread),
        system => system.Syscall(1, SystemCall.ThreadExit, 42),
        AssertJoined);

    [Fact]
    public void A_thread_that_ends_while_it_is_joined_always_tells_its_code() => AtEachPoint(
        system => Started(system),
        system => system.Syscall(1, SystemCall.ThreadExit, 42),
        system => system.Syscall(0, SystemCall.ThreadJoin, OtherThread),
        AssertJoined);

    [Fact]
    public void A_queue_emptied_by_a_thief_leaves_the_slice_timer_that_wakers_count_on() => AtEachPoint(
        system =>
        {
            Started(system);
            system.NewThread(0);
            system.Settle();
            system.NewThread(0);
            system.Advance(system.Shape.SliceNs);
        },
        system => system.FireTimer(0),
        system => system.Syscall(1, SystemCall.ThreadExit),
        Invariants.Check);

    [Fact]
    public void A_mask_changed_while_the_thread_is_stolen_holds() => AtEachPoint(
        system =>
        {
            Started(system);
            system.NewThread(0);
        },
        system => system.Syscall(1, SystemCall.ThreadExit),
        system => system.Syscall(0, SystemCall.ThreadSetAffinity, OtherThread + 1, 1),
        AssertAllowed);

    [Fact]
    public void A_mask_changed_while_the_thread_is_dispatched_holds() => AtEachPoint(
        system => Started(system),
        system => system.Syscall(0, SystemCall.ThreadSetAffinity, OtherThread, 1),
        system => system.Syscall(1, SystemCall.Yield),
        AssertAllowed);

    [Fact]
    public void A_thread_made_in_the_slot_of_one_that_ends_starts_with_registers_of_its_own() => AtEachPoint(
        system => Started(system),
        system => system.Syscall(1, SystemCall.ThreadExit),
        system =>
        {
            system.Syscall(0, SystemCall.HandleClose, OtherThread);
            system.StartThread(0);
        },
        system => system.Settle());

    [Fact]
    public void A_thread_that_ran_elsewhere_meanwhile_comes_back_with_its_registers() => AtEachPoint(
        system => Parked(system, 2),
        system => system.Syscall(1, SystemCall.Park, Word + 4),
        system =>
        {
            system.Syscall(0, SystemCall.Unpark, Word + 4, 1);
            system.Settle();
            if (system.Cpu(2)->Current != null)
            {
                system.Syscall(2, SystemCall.Yield);
            }
        },
        system => system.Settle(),
        cpus: 3);

    [Fact]
    public void A_deadline_that_comes_while_the_thread_is_woken_wakes_it_once() => AtEachPoint(
        system =>
        {
            Started(system);
            system.Syscall(1, SystemCall.Park, Word, 0, (ulong)system.Clock + 10);
            system.Advance(10);
        },
        system => system.FireTimer(1),
        system => system.Syscall(0, SystemCall.Unpark, Word, 1),
        system => AssertRuns(system, 1));

    [Fact]
    public void The_last_thread_may_end_while_the_process_is_ended() => AtEachPoint(
        system => Spawned(system),
        system => system.Syscall(1, SystemCall.ThreadExit, 3),
        system => system.Syscall(0, SystemCall.ProcessExit, OtherThread, 4),
        AssertProcessGone);

    [Fact]
    public void A_process_may_be_ended_while_its_last_thread_ends() => AtEachPoint(
        system => Spawned(system),
        system => system.Syscall(0, SystemCall.ProcessExit, OtherThread, 4),
        system => system.Syscall(1, SystemCall.ThreadExit, 3),
        AssertProcessGone);

    [Fact]
    public void A_process_may_be_ended_by_who_guesses_its_handle_while_it_is_made()
    {
        static void GuessHandle(TestSystem system)
        {
            system.Syscall(1, SystemCall.ProcessExit, OtherThread + 1, 4);
            system.Settle();
        }

        AtEachPoint(
            system =>
            {
                Started(system);
                system.PutRequest(0, "child", Grants.None);
            },
            system => system.Syscall(0, SystemCall.ProcessSpawn, BootHandle.Spawn, Word),
            GuessHandle,
            system => system.Settle());
    }

    private static void AtEachPoint(
        Action<TestSystem> prepare,
        Action<TestSystem> outer,
        Action<TestSystem> inner,
        Action<TestSystem> check,
        uint cpus = 2)
    {
        int points = Interleaving.AtEachPoint(
            () =>
            {
                TestSystem system = TestSystem.Running(new SystemShape { Cpus = cpus });
                prepare(system);
                return system;
            },
            outer,
            inner,
            check);
        Assert.True(points >= 3, $"only {points} points");
    }

    // Thread 0 runs on CPU 0, another of the same process on CPU 1.
    private static void Started(TestSystem system)
    {
        system.NewThread(0);
        system.Settle();
        Assert.True(system.Cpu(1)->Current != null);
    }

    // The thread of CPU 1 has parked and may run only there; another one runs there now.
    private static void Parked(TestSystem system, uint cpus)
    {
        Started(system);
        if (cpus == 1)
        {
            system.Syscall(1, SystemCall.Park, Word);
            system.Syscall(0, SystemCall.ThreadSetAffinity, OtherThread, 2);
            Started(system);
        }
    }

    private static void Spawned(TestSystem system)
    {
        Assert.Equal(OtherThread, system.Spawn(0).Value);
        system.Settle();
        Assert.True(system.ProcessOn(1) == system.ProcessOf(0, OtherThread));
    }

    private static void AssertRuns(TestSystem system, uint cpu)
    {
        system.Settle();
        Assert.True(system.Cpu(cpu)->Current != null);
        Assert.Equal(system.ThreadOf(0, OtherThread)->Header.Index, system.Cpu(cpu)->Current->Header.Index);
    }

    private static void AssertJoined(TestSystem system)
    {
        system.Settle();
        Assert.True(system.Cpu(0)->Current != null || system.Cpu(1)->Current != null);
        Thread* joiner = system.Cpu(system.Cpu(0)->Current != null ? 0u : 1)->Current;
        Assert.Equal(42ul, joiner->Context.Rdx);
        Assert.Equal((ulong)Error.None, joiner->Context.Rax);
    }

    private static void AssertAllowed(TestSystem system)
    {
        system.Settle();
        for (uint cpu = 0; cpu < system.Shape.Cpus; cpu++)
        {
            Thread* thread = system.Cpu(cpu)->Current;
            Assert.True(thread == null || (thread->AffinityBits >> (int)cpu & 1) != 0);
        }
    }

    private static void AssertProcessGone(TestSystem system)
    {
        for (int i = 0; i < 20; i++)
        {
            system.Advance(1_000_000);
            system.Settle();
        }

        Process* process = system.ProcessOf(0, OtherThread);
        Assert.Equal(ProcessPhase.Dead, process->Phase);
        Assert.True(process->ExitCode is 3 or 4);
    }
}
