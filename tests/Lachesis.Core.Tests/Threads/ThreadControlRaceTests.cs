using System;
using Lachesis.Abi;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Threads;

/// <summary>Suspending, resuming and killing a thread at every point of what it, or another, does just then.</summary>
public sealed unsafe class ThreadControlRaceTests
{
    private const ulong Word = SimulatedSystem.DataAddress;
    private const ulong Code = 0xDEAD;

    public static TheoryData<string> Moves =>
        ["yields", "parks", "sleeps", "exits", "is woken", "is preempted", "is stolen", "moves", "is started"];

    [Theory]
    [MemberData(nameof(Moves))]
    public void A_thread_that_is_suspended_at_any_point_of_a_move_stops_until_it_is_resumed(string move) =>
        AtEachPoint(move, SystemCall.ThreadSuspend, AssertStopsAndGoesOn);

    [Theory]
    [MemberData(nameof(Moves))]
    public void A_thread_that_is_killed_at_any_point_of_a_move_ends(string move) =>
        AtEachPoint(move, SystemCall.ThreadKill, AssertEnds);

    [Theory]
    [MemberData(nameof(Moves))]
    public void A_thread_that_moves_at_any_point_of_its_suspension_stops_until_it_is_resumed(string move) =>
        ThroughEachPoint(move, SystemCall.ThreadSuspend, AssertStopsAndGoesOn);

    [Theory]
    [MemberData(nameof(Moves))]
    public void A_thread_that_moves_at_any_point_of_its_kill_ends(string move) =>
        ThroughEachPoint(move, SystemCall.ThreadKill, AssertEnds);

    [Fact]
    public void A_thread_that_is_resumed_while_it_comes_to_stand_still_goes_on() => Races.AtEachPoint(
        system =>
        {
            Races.Started(system);
            system.Syscall(0, SystemCall.ThreadSuspend, Races.Handle);
        },
        system => system.DeliverIpi(1),
        system => system.Syscall(0, SystemCall.ThreadResume, Races.Handle),
        system =>
        {
            system.RunPendingWork();
            Assert.Equal(ThreadLocation.Running, PlaceOf(system));
        });

    [Fact]
    public void A_thread_that_is_killed_while_it_is_resumed_ends_once() => Races.AtEachPoint(
        system =>
        {
            Races.Started(system);
            system.Syscall(1, SystemCall.ThreadSuspend, Races.Handle);
            system.NewThread(0);
            system.RunPendingWork();
        },
        system => system.Syscall(0, SystemCall.ThreadResume, Races.Handle),
        system => system.Syscall(1, SystemCall.ThreadKill, Races.Handle, Code),
        AssertEnds);

    [Fact]
    public void A_wait_that_ends_while_the_thread_is_suspended_and_resumed_ends_once() => Races.AtEachPoint(
        system =>
        {
            Races.Started(system);
            system.Syscall(1, SystemCall.Park, Word);
            system.Syscall(0, SystemCall.ThreadSuspend, Races.Handle);
            system.NewThread(0);
            system.RunPendingWork();
        },
        system => system.Syscall(0, SystemCall.Unpark, Word, 1),
        system => system.Syscall(1, SystemCall.ThreadResume, Races.Handle),
        system =>
        {
            system.RunPendingWork();
            Assert.True(PlaceOf(system) is ThreadLocation.Running or ThreadLocation.Queued);
        });

    private static void AtEachPoint(string move, SystemCall call, Action<SimulatedSystem> check) => Races.AtEachPoint(
        system => Prepare(system, move),
        system => Move(system, move),
        system => system.Syscall(0, call, Races.Handle, Code),
        check,
        cpus: 3);

    private static void ThroughEachPoint(string move, SystemCall call, Action<SimulatedSystem> check) => Races.AtEachPoint(
        system => Prepare(system, move),
        system => system.Syscall(0, call, Races.Handle, Code),
        system => Move(system, move),
        check,
        cpus: 3);

    // Thread 0 runs on CPU 0; the one that Races.Handle names is about to make its move on CPU 1; whoever helps is on CPU 2.
    private static void Prepare(SimulatedSystem system, string move)
    {
        if (move == "is started")
        {
            system.CreateThread(0);
            system.NewThread(0);
            system.RunPendingWork();
            return;
        }

        Races.Started(system);
        system.NewThread(0);
        system.RunPendingWork();
        Assert.True(system.Cpu(2)->Current != null);
        switch (move)
        {
            case "is woken":
                system.Syscall(1, SystemCall.Park, Word);
                break;
            case "yields":
            case "is preempted":
                AddRival(system);
                system.Advance(system.Shape.SliceNs * 2);
                break;
            case "is stolen":
                AddRival(system);
                system.Syscall(1, SystemCall.Yield);
                Assert.Equal(ThreadLocation.Queued, PlaceOf(system));
                break;
        }
    }

    // Another thread waits for CPU 1 and may run only there.
    private static void AddRival(SimulatedSystem system)
    {
        ulong rival = system.CreateThread(0);
        system.Syscall(0, SystemCall.ThreadSetAffinity, rival, 2);
        system.Syscall(0, SystemCall.ThreadStart, rival);
        system.DeliverIpi(1);
        Assert.Equal(1ul, system.Cpu(1)->RunQueue.Count);
    }

    private static void Move(SimulatedSystem system, string move)
    {
        switch (move)
        {
            case "yields":
                system.Syscall(1, SystemCall.Yield);
                break;
            case "parks":
                system.Syscall(1, SystemCall.Park, Word);
                break;
            case "sleeps":
                system.Syscall(1, SystemCall.SleepUntil, (ulong)system.Clock + 1);
                break;
            case "exits":
                system.Syscall(1, SystemCall.ThreadExit, Code);
                break;
            case "is woken":
                system.Syscall(2, SystemCall.Unpark, Word, 1);
                break;
            case "is preempted":
                system.FireTimer(1);
                break;
            case "is stolen":
                system.Syscall(2, SystemCall.ThreadExit);
                break;
            case "moves":
                system.Syscall(1, SystemCall.ThreadSetAffinity, Races.Handle, 4);
                break;
            case "is started":
                system.Syscall(1, SystemCall.ThreadStart, Races.Handle);
                break;
        }
    }

    private static void AssertStopsAndGoesOn(SimulatedSystem system)
    {
        Settle(system);
        ThreadLocation place = PlaceOf(system);
        Assert.True(place is ThreadLocation.Suspended or ThreadLocation.Blocked or ThreadLocation.Dead, $"{place}");
        system.Syscall(0, SystemCall.ThreadResume, Races.Handle);
        Settle(system);
        Assert.Equal(place == ThreadLocation.Suspended, PlaceOf(system) is ThreadLocation.Running or ThreadLocation.Queued or ThreadLocation.Inbox);
    }

    private static void AssertEnds(SimulatedSystem system)
    {
        Settle(system);
        Assert.Equal(ThreadLocation.Dead, PlaceOf(system));
        Assert.Equal(Code, system.Syscall(0, SystemCall.ThreadJoin, Races.Handle).Value);
    }

    private static void Settle(SimulatedSystem system)
    {
        system.Advance(10);
        system.RunPendingWork();
    }

    private static ThreadLocation PlaceOf(SimulatedSystem system) => SimulatedSystem.StateOf(system.ThreadOf(0, Races.Handle)).Location;
}
