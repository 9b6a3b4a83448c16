using System;
using Lachesis.Abi;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Change;

/// <summary>Setting parameters of threads, wherever they are.</summary>
public sealed unsafe class ParameterTests
{
    private const ulong Word = SimulatedSystem.DataAddress;

    [Theory]
    [InlineData(SchedulingParameter.Weight, 1, 100_000, 1)]
    [InlineData(SchedulingParameter.SliceNs, 100_000, 100_000_000, 1000)]
    [InlineData(SchedulingParameter.Priority, 0, 255, 1)]
    [InlineData(SchedulingParameter.QuantumNs, 10_000, 1_000_000_000, 1000)]
    public void Values_within_their_range_come_back_and_no_others(
        SchedulingParameter parameter, ulong least, ulong most, ulong step)
    {
        foreach (ulong value in (ulong[])[least, least + step, most - step, most])
        {
            Assert.True(SchedulingParameters.TryPack(parameter, value, out ulong bits));
            Assert.Equal(bits, bits & SchedulingParameters.MaskOf(parameter));
            var all = new SchedulingParameters(ulong.MaxValue & ~SchedulingParameters.MaskOf(parameter) | bits);
            Assert.Equal(value, parameter switch
            {
                SchedulingParameter.Weight => all.Weight,
                SchedulingParameter.SliceNs => (ulong)all.SliceNs,
                SchedulingParameter.Priority => all.Priority,
                _ => (ulong)all.QuantumNs,
            });
        }

        Assert.False(SchedulingParameters.TryPack(parameter, most + 1, out _));
        Assert.False(least > 0 && SchedulingParameters.TryPack(parameter, least - 1, out _));
        Assert.False(SchedulingParameters.TryPack(SchedulingParameter.Count, 1024, out _));
    }

    [Theory]
    [InlineData(SchedulingPolicy.Fair)]
    [InlineData(SchedulingPolicy.Priority)]
    [InlineData(SchedulingPolicy.RoundRobin)]
    public void A_queued_threads_parameters_are_in_force_at_once(SchedulingPolicy policy)
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Policy = policy });
        Thread* thread = system.NewThread(0);
        Set(system, SchedulingParameter.Weight, 77);
        Set(system, SchedulingParameter.QuantumNs, 20_000);
        Set(system, SchedulingParameter.SliceNs, 5_000_000);
        Set(system, SchedulingParameter.Priority, 3);
        Assert.Equal((77L, 20_000L, 3u), (thread->Weight, thread->Quantum.Nanoseconds, thread->Priority));
        Assert.Equal((5_000_000L, 5_000_000L * 1024 / 77), (thread->Fair.Slice, thread->Fair.VirtualSlice));
        Assert.Equal([(nint)thread], system.QueueOf(0));
    }

    [Fact]
    public void A_blocked_threads_parameters_are_in_force_when_it_wakes()
    {
        using SimulatedSystem system = Fair(1);
        Thread* thread = system.NewThread(0);
        system.Syscall(0, SystemCall.Yield);
        Assert.Equal((nint)thread, (nint)system.Cpu(0)->Current);
        system.Syscall(0, SystemCall.Park, Word);
        Set(system, SchedulingParameter.Weight, 2048);
        Assert.Equal(1024, thread->Weight);
        system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.Equal(2048, thread->Weight);
    }

    [Fact]
    public void The_callers_own_parameters_are_in_force_before_the_call_returns()
    {
        using SimulatedSystem system = Fair(1);
        system.Syscall(
            0, SystemCall.ThreadSetScheduling, BootHandle.Policy, BootHandle.MainThread, (ulong)SchedulingParameter.Weight, 9);
        Assert.Equal(9, system.Cpu(0)->Current->Weight);
        Assert.Equal(9u, (uint)Core.Sched.Fair.FairQueue.WeightIn(system.Cpu(0)->RunningUrgency));
    }

    [Theory]
    [InlineData(SchedulingParameter.Weight, 9, 6_000)]
    [InlineData(SchedulingParameter.Priority, 3, 6_000)]
    [InlineData(SchedulingParameter.QuantumNs, 10_000, 6_000)]
    [InlineData(SchedulingParameter.QuantumNs, 20_000, 20_000)]
    public void What_is_left_of_a_quantum_stays_unless_another_one_is_given(SchedulingParameter parameter, ulong value, long left)
    {
        using SimulatedSystem system =
            SimulatedSystem.Running(new SystemShape { Policy = SchedulingPolicy.RoundRobin, SliceNs = 10_000 });
        Thread* thread = system.Cpu(0)->Current;
        system.Advance(4_000);
        Set(system, parameter, value, BootHandle.MainThread);
        Assert.Equal(left, (thread->SliceEnd - system.Cpu(0)->AccountedUntil).Nanoseconds);
    }

    [Fact]
    public void Of_two_parameters_that_are_set_at_once_both_are_wanted()
    {
        int points = Interleaving.AtEachPoint(
            () =>
            {
                SimulatedSystem system = Fair(2);
                Races.Started(system);
                return system;
            },
            system => Set(system, SchedulingParameter.Weight, 4000),
            system => system.Syscall(
                1, SystemCall.ThreadSetScheduling, BootHandle.Policy, Races.Handle, (ulong)SchedulingParameter.Priority, 3),
            system =>
            {
                var wanted = new SchedulingParameters(system.ThreadOf(0, Races.Handle)->RequestedParameters);
                Assert.Equal((4000L, 3u), (wanted.Weight, wanted.Priority));
            });
        Assert.True(points >= 3, $"only {points} points");
    }

    [Fact]
    public void A_thread_that_runs_elsewhere_is_reached_by_an_interrupt()
    {
        using SimulatedSystem system = Fair(2);
        Races.Started(system);
        Set(system, SchedulingParameter.Weight, 500);
        Assert.True(system.HasInterrupt(1));
        Assert.Equal(1024, system.Cpu(1)->Current->Weight);
        system.DeliverIpi(1);
        Assert.Equal(500, system.Cpu(1)->Current->Weight);
    }

    [Theory]
    [InlineData(SystemCall.Yield, 0ul, 0)]
    [InlineData(SystemCall.Yield, 0ul, 1)]
    [InlineData(SystemCall.UnparkSwitch, Word, 0)]
    [InlineData(SystemCall.UnparkSwitch, Word, 1)]
    [InlineData(SystemCall.Park, Word + 8, 0)]
    [InlineData(SystemCall.Park, Word + 8, 1)]
    public void Parameters_set_while_their_thread_makes_way_are_not_forgotten(SystemCall call, ulong address, int order)
    {
        Action<SimulatedSystem> set = system => Set(system, SchedulingParameter.Weight, 4000);
        Action<SimulatedSystem> leave = system => system.Syscall(1, call, address);
        Race(SwappedOut, order == 0 ? leave : set, order == 0 ? set : leave);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void Parameters_set_while_their_thread_is_woken_are_not_forgotten(int order)
    {
        Action<SimulatedSystem> set = system => Set(system, SchedulingParameter.Weight, 4000);
        Action<SimulatedSystem> wake = system => system.Syscall(1, SystemCall.Unpark, Word + 16, 1);
        Race(SleepingOnOne, order == 0 ? wake : set, order == 0 ? set : wake);
    }

    [Fact]
    public void Parameters_set_while_the_only_arrival_begins_to_run_are_not_forgotten() => Race(
        system =>
        {
            Races.Started(system);
            system.Syscall(1, SystemCall.Park, Word);
            system.Syscall(0, SystemCall.Unpark, Word, 1);
            Assert.True(system.HasInterrupt(1));
        },
        system => system.DeliverIpi(1),
        system => Set(system, SchedulingParameter.Weight, 4000));

    [Fact]
    public void Parameters_set_while_their_thread_is_stolen_are_not_forgotten() => Race(
        system =>
        {
            Races.Started(system);
            Thread* other = system.NewThread(0);
            Assert.Equal(ThreadLocation.Queued, SimulatedSystem.StateOf(other).Location);
            system.ThreadOf(0, Races.Handle)->EffectiveAffinity = 3;
        },
        system => system.Syscall(1, SystemCall.ThreadExit),
        system => Set(system, SchedulingParameter.Weight, 4000, Races.Handle + 1),
        Races.Handle + 1);

    private static void Race(
        Action<SimulatedSystem> prepare,
        Action<SimulatedSystem> outer,
        Action<SimulatedSystem> inner,
        ulong handle = Races.Handle)
    {
        int points = Interleaving.AtEachPoint(
            () =>
            {
                SimulatedSystem system = Fair(2);
                prepare(system);
                return system;
            },
            outer,
            inner,
            system =>
            {
                system.RunPendingWork();
                Thread* thread = system.ThreadOf(0, handle);
                bool blocked = SimulatedSystem.StateOf(thread).Location == ThreadLocation.Blocked;
                Assert.True(blocked || thread->Weight == 4000, $"{SimulatedSystem.StateOf(thread).Location}");
                Assert.True(blocked || thread->AppliedParameters == thread->RequestedParameters);
            });
        Assert.True(points >= 3, $"only {points} points");
    }

    // On CPU 1 the thread of the first handle runs, another one waits and a third one has parked; all belong there.
    private static void SwappedOut(SimulatedSystem system)
    {
        Races.Started(system);
        system.Syscall(0, SystemCall.ThreadSetAffinity, Races.Handle, 2);
        system.Syscall(1, SystemCall.ThreadCreate, BootHandle.Process, SimulatedSystem.Entry, Word, 0);
        system.Syscall(0, SystemCall.ThreadSetAffinity, Races.Handle + 1, 2);
        system.Syscall(1, SystemCall.ThreadStart, Races.Handle + 1);
        system.Syscall(1, SystemCall.Yield);
        system.Syscall(1, SystemCall.Park, Word);
        system.Syscall(1, SystemCall.ThreadCreate, BootHandle.Process, SimulatedSystem.Entry, Word, 0);
        system.Syscall(0, SystemCall.ThreadSetAffinity, Races.Handle + 2, 2);
        system.Syscall(1, SystemCall.ThreadStart, Races.Handle + 2);
        system.RunPendingWork();
        if (system.Cpu(1)->Current != system.ThreadOf(0, Races.Handle))
        {
            system.Syscall(1, SystemCall.Yield);
        }

        Assert.Equal((nint)system.ThreadOf(0, Races.Handle), (nint)system.Cpu(1)->Current);
        Assert.Equal(1ul, system.Cpu(1)->RunQueue.Count);
    }

    // The thread of the first handle has parked on CPU 1, where another one runs.
    private static void SleepingOnOne(SimulatedSystem system)
    {
        SwappedOut(system);
        system.Syscall(1, SystemCall.Park, Word + 16);
        Assert.True(system.Cpu(1)->Current != null);
    }

    private static SimulatedSystem Fair(uint cpus) =>
        SimulatedSystem.Running(new SystemShape { Cpus = cpus, Policy = SchedulingPolicy.Fair });

    private static void Set(
        SimulatedSystem system, SchedulingParameter parameter, ulong value, ulong handle = Races.Handle) =>
        system.Syscall(0, SystemCall.ThreadSetScheduling, BootHandle.Policy, handle, (ulong)parameter, value);
}
