using System;
using Lachesis.Abi;
using Lachesis.Core.Tests.Machine;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Priority;

/// <summary>Under the priority policy no wake of a higher thread is missed, whatever its CPU is doing.</summary>
public sealed unsafe class PriorityRaceTests
{
    private const ulong Word = SimulatedSystem.DataAddress;
    private const ulong Third = Races.Handle + 1;

    [Theory]
    [InlineData(127, false)]
    [InlineData(128, false)]
    [InlineData(129, true)]
    public void A_remote_wake_interrupts_for_a_higher_thread_alone(uint priority, bool interrupts)
    {
        using SimulatedSystem system = Prepared(priority);
        nint running = (nint)system.Cpu(1)->Current;
        system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.Equal(interrupts, system.HasInterrupt(1));
        system.RunPendingWork();
        Assert.Equal(interrupts, (nint)system.Cpu(1)->Current != running);
    }

    [Fact]
    public void A_thread_that_was_raised_while_it_slept_interrupts_too()
    {
        using SimulatedSystem system = Prepared(1);
        system.Syscall(0, SystemCall.Unpark, Word, 1);
        system.Advance(system.Shape.SliceNs);
        system.RunPendingWork();
        Schedule(system, Races.Handle, 0);
        Schedule(system, Third + 1, 0);
        system.RunPendingWork();
        Assert.Equal(1u, system.Cpu(1)->Current->Priority);
        system.Syscall(1, SystemCall.Park, Word);
        Schedule(system, Races.Handle, 100);
        Schedule(system, Third + 1, 100);
        system.RunPendingWork();
        Schedule(system, Third, 200);
        system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.True(system.HasInterrupt(1));
        system.RunPendingWork();
        Assert.Equal(200u, system.Cpu(1)->Current->Priority);
    }

    [Fact]
    public void A_higher_thread_woken_while_its_cpu_yields_runs_at_once() => Raced(
        system => system.Syscall(0, SystemCall.Unpark, Word, 1),
        system => system.Syscall(1, SystemCall.Yield));

    [Fact]
    public void A_cpu_that_yields_while_a_higher_thread_is_woken_for_it_runs_that() => Raced(
        system => system.Syscall(1, SystemCall.Yield),
        system => system.Syscall(0, SystemCall.Unpark, Word, 1));

    [Fact]
    public void A_cpu_whose_thread_parks_while_a_higher_one_is_woken_for_it_runs_that() => Raced(
        system => system.Syscall(1, SystemCall.Park, Word + 4),
        system => system.Syscall(0, SystemCall.Unpark, Word, 1));

    [Fact]
    public void A_higher_thread_woken_while_the_quantum_ends_runs_at_once() => Raced(
        system =>
        {
            system.Advance(system.Shape.SliceNs);
            system.FireTimer(1);
        },
        system => system.Syscall(0, SystemCall.Unpark, Word, 1));

    [Fact]
    public void A_higher_thread_woken_while_the_running_one_is_lowered_runs_at_once() => Raced(
        () =>
        {
            SimulatedSystem system = Prepared(150);
            Schedule(system, Races.Handle, 200);
            system.RunPendingWork();
            Assert.Equal((200u, 0ul), (system.Cpu(1)->Current->Priority, system.Cpu(1)->NeedsRescheduleIpi));
            Schedule(system, Races.Handle, 100);
            return system;
        },
        system => system.DeliverIpi(1),
        system => system.Syscall(0, SystemCall.Unpark, Word, 1),
        150);

    // One that is suspended before it gets there is seen to in the same interrupt: it comes into the queue, and leaves it.
    [Fact]
    public void A_quantum_that_ends_as_a_higher_thread_comes_and_goes_has_ended()
    {
        using SimulatedSystem system = Prepared(200);
        nint running = (nint)system.Cpu(1)->Current;
        system.Syscall(0, SystemCall.Unpark, Word, 1);
        Assert.Equal(Error.None, system.Syscall(1, SystemCall.ThreadSuspend, Third).Error);
        Assert.Equal(running, (nint)system.Cpu(1)->Current);
        system.Advance(system.Shape.SliceNs);
        system.FireTimer(1);
        Assert.Equal(128u, system.Cpu(1)->Current->Priority);
        Assert.NotEqual(running, (nint)system.Cpu(1)->Current);
    }

    private static void Raced(Action<SimulatedSystem> outer, Action<SimulatedSystem> inner) =>
        Raced(() => Prepared(200), outer, inner, 200);

    private static void Raced(
        Func<SimulatedSystem> prepare, Action<SimulatedSystem> outer, Action<SimulatedSystem> inner, uint priority)
    {
        int points = Interleaving.AtEachPoint(prepare, outer, inner, system =>
        {
            system.RunPendingWork();
            Assert.Equal(priority, system.Cpu(1)->Current->Priority);
        });
        Assert.True(points >= 3, $"only {points} points");
    }

    // CPU 0 runs the first thread. On CPU 1, two equal threads take turns; a third one, which has parked, is of the given
    // priority and belongs there too.
    private static SimulatedSystem Prepared(uint priority)
    {
        SimulatedSystem system =
            SimulatedSystem.Running(new SystemShape { Cpus = 2, Policy = SchedulingPolicy.Priority });
        Races.Started(system);
        Pin(system, Races.Handle);
        for (int i = 0; i < 2; i++)
        {
            system.CreateThread(0);
        }

        Pin(system, Third);
        Pin(system, Third + 1);
        Schedule(system, Third, 250);
        system.Syscall(0, SystemCall.ThreadStart, Third);
        system.RunPendingWork();
        Assert.Equal(250u, system.Cpu(1)->Current->Priority);
        system.Syscall(1, SystemCall.Park, Word);
        Schedule(system, Third, priority);
        system.Syscall(0, SystemCall.ThreadStart, Third + 1);
        system.RunPendingWork();
        system.Advance(system.Shape.SliceNs);
        system.RunPendingWork();
        Assert.Equal((1ul, 0ul), (system.Cpu(1)->RunQueue.Count, system.Cpu(1)->NeedsRescheduleIpi));
        Assert.False(system.HasInterrupt(1));
        return system;
    }

    private static void Pin(SimulatedSystem system, ulong handle) =>
        system.Syscall(0, SystemCall.ThreadSetAffinity, handle, 2);

    private static void Schedule(SimulatedSystem system, ulong handle, uint priority) => system.Syscall(
        0, SystemCall.ThreadSetScheduling, BootHandle.Policy, handle, (ulong)SchedulingParameter.Priority, priority);
}
