using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Place;

/// <summary>Threads that never sleep, spread over CPUs.</summary>
public sealed unsafe class LoadBalanceTests
{
    private const long Slice = 2_000_000;
    private const long Second = 1_000_000_000;

    private static long Interval => LoadBalance<SimulatedMachine>.PushInterval.Nanoseconds;

    [Theory]
    [InlineData(2, SchedulingPolicy.Fair)]
    [InlineData(3, SchedulingPolicy.Fair)]
    [InlineData(4, SchedulingPolicy.Fair)]
    [InlineData(3, SchedulingPolicy.RoundRobin)]
    [InlineData(3, SchedulingPolicy.Priority)]
    public void One_hog_more_than_cpus_gets_the_same_as_each_other(uint cpus, SchedulingPolicy policy)
    {
        using SimulatedSystem system = Hogs(policy, cpus, (int)cpus + 1);
        long[] shares = Shares(system, 3 * Second);

        // Each CPU pushes after an interval, and two slices more if the one whose turn it is runs. Once round, all have had
        // the same: what is left is a round not finished.
        long round = cpus * (cpus + 1) * (Interval + (2 * Slice));
        long fair = 3 * Second * cpus / (cpus + 1);
        Assert.All(shares, share => Assert.InRange(share, fair - round, fair + round));
        Assert.True(system.Total(Counter.BalancePushes) >= (ulong)(3 * Second / round));
        Assert.Equal(0ul, system.Total(Counter.BalanceBehind));
        Assert.Equal(0ul, system.Total(Counter.LateDispatches));
    }

    [Fact]
    public void Nothing_is_pushed_between_equal_loads()
    {
        using SimulatedSystem system = Hogs(SchedulingPolicy.Fair, 2, 4);
        system.AdvanceToNextEvent(new Instant(system.Clock));
        Shares(system, Second);
        ulong pushes = system.Total(Counter.BalancePushes);
        long[] shares = Shares(system, Second);
        Assert.Equal(pushes, system.Total(Counter.BalancePushes));
        Assert.All(shares, share => Assert.InRange(share, (Second / 2) - (2 * Slice), (Second / 2) + (2 * Slice)));
    }

    [Fact]
    public void Weights_are_evened_out_and_not_numbers()
    {
        using SimulatedSystem system = Hogs(SchedulingPolicy.Fair, 2, 4, 3072, 1024, 1024, 1024);
        Shares(system, Second);
        long[] shares = Shares(system, Second);
        Assert.InRange(shares[0], Second - (4 * Slice), Second);
        Assert.All(shares.Skip(1), share => Assert.InRange(share, (Second / 3) - (4 * Slice), (Second / 3) + (4 * Slice)));
        Assert.Equal(3072ul, LoadBalance<SimulatedMachine>.LoadOf(system.Cpu(0), system.Cpu(0)));
        Assert.Equal(3072ul, LoadBalance<SimulatedMachine>.LoadOf(system.Cpu(0), system.Cpu(1)));
    }

    [Fact]
    public void Threads_that_may_run_on_one_cpu_alone_stay_there()
    {
        using SimulatedSystem system = Hogs(SchedulingPolicy.Fair, 2, 3);
        foreach (nint thread in Workers(system))
        {
            system.Syscall(0, SystemCall.Nop);
            ((Thread*)thread)->EffectiveAffinity = 1ul << (int)SimulatedSystem.StateOf((Thread*)thread).Cpu;
        }

        Shares(system, Second);
        Assert.Equal(0ul, system.Total(Counter.BalancePushes));
    }

    [Fact]
    public void A_cpu_with_many_threads_too_many_says_that_it_is_behind()
    {
        using SimulatedSystem system = Hogs(SchedulingPolicy.RoundRobin, 2, 12, pinned: true);
        foreach (nint thread in Workers(system))
        {
            ((Thread*)thread)->EffectiveAffinity = 3;
        }

        Shares(system, Second);
        ulong pushes = system.Total(Counter.BalancePushes);
        Assert.True(pushes >= 4);
        Assert.InRange(system.Total(Counter.BalanceBehind), 1ul, pushes - 1);
        Assert.InRange((long)system.Cpu(0)->RunQueue.Count - (long)system.Cpu(1)->RunQueue.Count, -1, 1);
    }

    [Theory]
    [InlineData(101, 0)]
    [InlineData(102, 1)]
    public void A_dispatch_is_late_if_the_wait_exceeded_the_bound(int threads, int late)
    {
        // Round robin with a millisecond each: who runs waits for all the others.
        using SimulatedSystem system = SimulatedSystem.Running(
            new SystemShape { Threads = 128, SliceNs = 1_000_000, Pages = 2048 });
        for (int i = 1; i < threads; i++)
        {
            system.StartThread(0);
        }

        Thread* first = system.Cpu(0)->Current;
        for (int i = 0; i < threads; i++)
        {
            system.Advance(1_000_000);
            system.FireTimer(0);
        }

        Assert.Equal((nint)first, (nint)system.Cpu(0)->Current);
        Assert.Equal((threads - 1) * 1_000_000L, first->Ledger.RunDelay.Nanoseconds);
        Assert.Equal((ulong)late * 2, system.Total(Counter.LateDispatches));
    }

    // Threads that run for ever; the one that made them sleeps.
    private static SimulatedSystem Hogs(SchedulingPolicy policy, uint cpus, int count, params ulong[] weights) =>
        Hogs(policy, cpus, count, pinned: false, weights);

    private static SimulatedSystem Hogs(SchedulingPolicy policy, uint cpus, int count, bool pinned, params ulong[] weights)
    {
        SimulatedSystem system =
            SimulatedSystem.Running(new SystemShape { Policy = policy, Cpus = cpus, SliceNs = Slice, Pages = 512 });
        for (int i = 0; i < count; i++)
        {
            ulong handle = system.CreateThread(0);
            ulong weight = i < weights.Length ? weights[i] : 1024;
            system.Syscall(0, SystemCall.ThreadSetScheduling, BootHandle.Policy, handle, (ulong)SchedulingParameter.Weight, weight);
            if (pinned)
            {
                system.Syscall(0, SystemCall.ThreadSetAffinity, handle, 1);
            }

            system.Syscall(0, SystemCall.ThreadStart, handle);
            system.RunPendingWork();
        }

        system.Syscall(0, SystemCall.SleepUntil, long.MaxValue - 1);
        system.RunPendingWork();
        return system;
    }

    private static List<nint> Workers(SimulatedSystem system) => system.Threads
        .Where(thread => SimulatedSystem.StateOf((Thread*)thread).Location != ThreadLocation.Blocked)
        .OrderByDescending(thread => ((Thread*)thread)->Weight)
        .ToList();

    // What each gets in that time.
    private static long[] Shares(SimulatedSystem system, long time)
    {
        List<nint> workers = Workers(system);
        long[] before = [.. workers.Select(thread => Used(system, (Thread*)thread))];
        var end = new Instant(system.Clock + time);
        while (system.AdvanceToNextEvent(end))
        {
        }

        return [.. workers.Select((thread, i) => Used(system, (Thread*)thread) - before[i])];
    }

    // With what a thread that runs has not been charged yet.
    private static long Used(SimulatedSystem system, Thread* thread)
    {
        ThreadState state = SimulatedSystem.StateOf(thread);
        long since = state.Location == ThreadLocation.Running
            ? system.Clock - system.Cpu(state.Cpu)->AccountedUntil.Nanoseconds
            : 0;
        return thread->Ledger.Runtime.Nanoseconds + since;
    }
}
