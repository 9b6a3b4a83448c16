using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Change;

/// <summary>Changing policies while threads run.</summary>
public sealed unsafe class PolicyTests
{
    private const ulong StillChanging = 256;
    private const int StepBudget = PolicyChange<SimulatedMachine>.MaxPerStep;

    [Theory]
    [InlineData(SchedulingPolicy.Fair, SchedulingPolicy.Priority)]
    [InlineData(SchedulingPolicy.Fair, SchedulingPolicy.RoundRobin)]
    [InlineData(SchedulingPolicy.Priority, SchedulingPolicy.Fair)]
    [InlineData(SchedulingPolicy.Priority, SchedulingPolicy.RoundRobin)]
    [InlineData(SchedulingPolicy.RoundRobin, SchedulingPolicy.Fair)]
    [InlineData(SchedulingPolicy.RoundRobin, SchedulingPolicy.Priority)]
    public void Strays_are_moved_over_in_bounded_steps_and_none_is_lost(SchedulingPolicy before, SchedulingPolicy after)
    {
        using SimulatedSystem system = Crowd(before, 70);
        nint running = (nint)system.Cpu(0)->Current;
        List<nint> queue = system.QueueOf(0);
        Assert.Equal(70, queue.Count);
        Change(system, 0, after);
        Assert.Equal(running, (nint)system.Cpu(0)->Current);
        Assert.Equal((ulong)after + StillChanging, Get(system, 0));
        Assert.Equal(queue.Order(), system.QueueOf(0).Order());
        for (int left = 70 - StepBudget; left > -StepBudget; left -= StepBudget)
        {
            Step(system);
            Assert.Equal(Math.Max(left, 0), All(system).Count(thread => ((Thread*)thread)->QueuedPolicy == before));
            Assert.Equal(queue.Append(running).Order(), All(system).Order());
        }

        Assert.Equal((ulong)after, Get(system, 0));
    }

    [Fact]
    public void Policies_that_change_all_the_time_lose_no_thread_and_no_time() => Operations.Check(
        operations =>
        {
            using SimulatedSystem system = Crowd(SchedulingPolicy.Fair, 40);
            List<nint> all = [.. All(system).Order()];
            long start = system.Clock;
            long before = Used(all);
            ulong kernel = system.Total(Counter.KernelNs);
            foreach (int operation in operations)
            {
                if (operation % 4 == 0)
                {
                    Change(system, 0, (SchedulingPolicy)(operation / 4 % 3));
                }
                else if (operation % 4 == 1)
                {
                    system.Syscall(0, SystemCall.Yield);
                }
                else
                {
                    Step(system);
                }

                Assert.Equal(all, All(system).Order());
                system.Syscall(0, SystemCall.Nop);
            }

            system.Syscall(0, SystemCall.Yield);
            Assert.Equal(system.Clock - start, Used(all) - before + (long)(system.Total(Counter.KernelNs) - kernel));
        },
        tests: 20);

    [Fact]
    public void Strays_run_when_nobody_else_does()
    {
        using SimulatedSystem system = Crowd(SchedulingPolicy.Fair, 3);
        Change(system, 0, SchedulingPolicy.RoundRobin);
        system.Syscall(0, SystemCall.SleepUntil, (ulong)system.Clock + 1_000_000_000);
        Assert.Equal(SchedulingPolicy.RoundRobin, system.Cpu(0)->Current->QueuedPolicy);
        Assert.Equal(2ul, system.Cpu(0)->RunQueue.Count);
    }

    [Theory]
    [InlineData(SchedulingPolicy.Fair)]
    [InlineData(SchedulingPolicy.Priority)]
    [InlineData(SchedulingPolicy.RoundRobin)]
    public void A_stray_can_be_changed_and_taken_away(SchedulingPolicy before)
    {
        using SimulatedSystem system = Crowd(before, 3, cpus: 2);
        Thread* stray = system.ThreadOf(0, Races.Handle);
        Change(system, 0, (SchedulingPolicy)(((int)before + 1) % 3));
        Assert.Equal(before, stray->QueuedPolicy);
        system.Syscall(0, SystemCall.ThreadSetScheduling, BootHandle.Policy, Races.Handle, (ulong)SchedulingParameter.Weight, 64);
        Assert.Equal(64, stray->Weight);
        system.Syscall(0, SystemCall.ThreadSetAffinity, Races.Handle, 2);
        system.RunPendingWork();
        Assert.Equal((nint)stray, (nint)system.Cpu(1)->Current);
    }

    [Fact]
    public void Another_cpu_changes_when_it_is_interrupted()
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Cpus = 2 });
        Races.Started(system);
        Change(system, 1, SchedulingPolicy.Fair);
        Assert.Equal((ulong)SchedulingPolicy.RoundRobin + StillChanging, Get(system, 1));
        system.DeliverIpi(1);
        Assert.Equal((ulong)SchedulingPolicy.Fair, Get(system, 1));
        Assert.Equal((ulong)SchedulingPolicy.RoundRobin, Get(system, 0));
        Assert.Equal((nint)system.Cpu(1)->Current, (nint)system.Cpu(1)->RunQueue.Fair.Running);
    }

    [Theory]
    [InlineData(SchedulingPolicy.RoundRobin)]
    [InlineData(SchedulingPolicy.Priority)]
    public void The_running_thread_goes_on_with_a_slice_of_the_new_policy(SchedulingPolicy after)
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Policy = SchedulingPolicy.Fair });
        Thread* running = system.Cpu(0)->Current;
        system.Syscall(
            0, SystemCall.ThreadSetScheduling, BootHandle.Policy, BootHandle.MainThread, (ulong)SchedulingParameter.QuantumNs, 7_000_000);
        system.Advance(300_000);
        Change(system, 0, after);
        Assert.Equal(system.Clock + 7_000_000, running->SliceEnd.Nanoseconds);
    }

    [Fact]
    public void Strays_begin_to_move_at_once()
    {
        using SimulatedSystem system = Crowd(SchedulingPolicy.RoundRobin, 3);
        Change(system, 0, SchedulingPolicy.Fair);
        Assert.True(system.IsTimerDue(0));
        system.FireTimer(0);
        Assert.Equal((ulong)SchedulingPolicy.Fair, Get(system, 0));
    }

    [Fact]
    public void Calls_on_policies_ask_for_the_capability_and_for_sound_arguments()
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Cpus = 2, Policy = SchedulingPolicy.Fair });
        ulong thread = system.StartThread(0);
        system.RunPendingWork();
        foreach ((ulong handle, Error error) in
            ((ulong, Error)[])[(BootHandle.Machine, Error.WrongKind), (4000, Error.StaleHandle)])
        {
            Snapshot.Fails(error, system, SystemCall.PolicySet, handle, 1, 0);
            Snapshot.Fails(error, system, SystemCall.PolicyGet, handle, 0);
            Snapshot.Fails(error, system, SystemCall.ThreadSetScheduling, handle, thread, 0, 1024);
            Snapshot.Fails(error, system, SystemCall.FairFeaturesSet, handle, 0);
        }

        Snapshot.Fails(Error.BadArgument, system, SystemCall.PolicySet, BootHandle.Policy, 0, 0);
        Snapshot.Fails(Error.BadArgument, system, SystemCall.PolicySet, BootHandle.Policy, 4, 0);
        Snapshot.Fails(Error.BadArgument, system, SystemCall.PolicySet, BootHandle.Policy, 1, (ulong)SchedulingPolicy.Count);
        Snapshot.Fails(Error.BadArgument, system, SystemCall.PolicyGet, BootHandle.Policy, 2);
        Snapshot.Fails(Error.BadArgument, system, SystemCall.FairFeaturesSet, BootHandle.Policy, 4);
        Snapshot.Fails(Error.BadArgument, system, SystemCall.ThreadSetScheduling, BootHandle.Policy, thread, 0, 0);
        Snapshot.Fails(Error.BadArgument, system, SystemCall.ThreadSetScheduling, BootHandle.Policy, thread, 4, 1);
        Snapshot.Fails(Error.WrongKind, system, SystemCall.ThreadSetScheduling, BootHandle.Policy, BootHandle.Process, 0, 1);
    }

    private static SimulatedSystem Crowd(SchedulingPolicy policy, int others, uint cpus = 1)
    {
        SimulatedSystem system = SimulatedSystem.Running(
            new SystemShape { Policy = policy, Cpus = cpus, Threads = (uint)others + 8, Pages = 1024 });
        for (int i = 0; i < others; i++)
        {
            ulong handle = system.CreateThread(0);
            system.Syscall(0, SystemCall.ThreadSetAffinity, handle, 1);
            system.Syscall(0, SystemCall.ThreadSetScheduling, BootHandle.Policy, handle, 0, 100 + (50 * (ulong)i));
            system.Syscall(0, SystemCall.ThreadSetScheduling, BootHandle.Policy, handle, 2, (ulong)i % 129);
            system.Syscall(0, SystemCall.ThreadStart, handle);
        }

        return system;
    }

    private static long Used(List<nint> threads) => threads.Sum(thread => ((Thread*)thread)->Ledger.Runtime.Nanoseconds);

    private static List<nint> All(SimulatedSystem system) => [.. system.QueueOf(0), (nint)system.Cpu(0)->Current];

    private static void Step(SimulatedSystem system)
    {
        system.Advance(Math.Max(0, Math.Min(10_000_000, system.TimerOf(0).Nanoseconds - system.Clock)));
        if (system.IsTimerDue(0))
        {
            system.FireTimer(0);
        }
    }

    private static void Change(SimulatedSystem system, uint cpu, SchedulingPolicy policy) =>
        system.Syscall(0, SystemCall.PolicySet, BootHandle.Policy, 1ul << (int)cpu, (ulong)policy);

    private static ulong Get(SimulatedSystem system, uint cpu) =>
        system.Syscall(0, SystemCall.PolicyGet, BootHandle.Policy, cpu).Value;
}
