using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Fair;

/// <summary>What becomes of lags when a CPU leaves the fair policy and comes back.</summary>
public sealed unsafe class PolicyLagTests
{
    private const int Rounding = 3;

    [Theory]
    [InlineData(SchedulingPolicy.RoundRobin)]
    [InlineData(SchedulingPolicy.Priority)]
    public void Whoever_is_not_moved_over_before_the_change_back_has_the_lag_of_before(SchedulingPolicy other)
    {
        using SimulatedSystem system = Unequal(3);
        Dictionary<nint, long> before = Lags(system);
        Change(system, other);
        Assert.Equal(before[(nint)system.Cpu(0)->Current], system.Cpu(0)->Current->Fair.Lag);
        Change(system, SchedulingPolicy.Fair);
        Dictionary<nint, long> after = Lags(system);
        Assert.Contains(before.Values, lag => lag < -100_000);
        Assert.Equal(before.Keys.Order(), after.Keys.Order());
        Assert.All(before, pair => Assert.InRange(after[pair.Key], pair.Value - Rounding, pair.Value + Rounding));
    }

    [Theory]
    [InlineData(SchedulingPolicy.RoundRobin)]
    [InlineData(SchedulingPolicy.Priority)]
    public void Whoever_was_moved_over_comes_back_with_the_lag_that_it_took_along(SchedulingPolicy other)
    {
        const int moved = PolicyChange<SimulatedMachine>.MaxPerStep;
        using SimulatedSystem system = Unequal(moved + 6);
        Change(system, other);
        FireTimer(system);
        List<nint> gone = [.. system.QueueOf(0).Where(thread => ((Thread*)thread)->QueuedPolicy == other)];
        Assert.InRange(gone.Count, moved - 1, moved + 1);

        // Those who stayed keep V; each that comes back is put where its lag says, with those there who came before it.
        Dictionary<nint, long> taken = gone.ToDictionary(thread => thread, thread => ((Thread*)thread)->Fair.Lag);
        Assert.Contains(taken.Values, lag => lag > 1000);
        Change(system, SchedulingPolicy.Fair);
        PerCpuRunQueue* queue = &system.Cpu(0)->RunQueue;
        foreach (nint at in gone)
        {
            Thread* thread = (Thread*)at;
            Assert.Equal(other, thread->QueuedPolicy);
            queue->Dequeue(system.Cpu(0), thread);
            queue->Enqueue(system.Cpu(0), thread);
            long lag = queue->Fair.ZeroLag() - thread->Fair.VirtualRuntime;
            Assert.InRange(lag, taken[at] - Rounding, taken[at] + Rounding);
        }

        Assert.False(queue->HasOldPolicyThreads);
    }

    [Fact]
    public void The_others_lags_do_not_move_when_one_comes_back()
    {
        using SimulatedSystem system = Unequal(5);
        Change(system, SchedulingPolicy.RoundRobin);
        Change(system, SchedulingPolicy.Fair);
        PerCpuRunQueue* queue = &system.Cpu(0)->RunQueue;
        long sum = Lags(system).Values.Sum();
        Assert.InRange(sum, -5 * Rounding, 5 * Rounding);
        Thread* first = queue->First;
        long lag = queue->Fair.ZeroLag() - first->Fair.VirtualRuntime;
        queue->Dequeue(system.Cpu(0), first);
        queue->Enqueue(system.Cpu(0), first);
        Assert.InRange(Lags(system)[(nint)first], lag - Rounding, lag + Rounding);
        Assert.InRange(Lags(system).Values.Sum(), -5 * Rounding, 5 * Rounding);
    }

    // Equal weights; the running thread has had more than its share, and the others have not had the same.
    private static SimulatedSystem Unequal(int threads)
    {
        SimulatedSystem system = SimulatedSystem.Running(
            new SystemShape { Policy = SchedulingPolicy.Fair, Threads = (uint)threads + 8, Pages = 1024 });
        for (int i = 1; i < threads; i++)
        {
            system.StartThread(0);
        }

        for (int i = 0; i < threads / 2; i++)
        {
            system.Advance(100_000 + (20_000 * i));
            system.Syscall(0, SystemCall.Yield);
        }

        system.Advance(600_000);
        system.Syscall(0, SystemCall.LedgerRead, BootHandle.Process, (ulong)LedgerScope.Process, 0, SimulatedSystem.DataAddress);
        return system;
    }

    private static Dictionary<nint, long> Lags(SimulatedSystem system)
    {
        var lags = new Dictionary<nint, long>();
        foreach (nint thread in system.QueueOf(0).Append((nint)system.Cpu(0)->Current))
        {
            lags.Add(thread, system.Cpu(0)->RunQueue.Fair.ZeroLag() - ((Thread*)thread)->Fair.VirtualRuntime);
        }

        return lags;
    }

    private static void FireTimer(SimulatedSystem system)
    {
        system.Advance(long.Max(0, system.TimerOf(0).Nanoseconds - system.Clock));
        system.FireTimer(0);
    }

    private static void Change(SimulatedSystem system, SchedulingPolicy policy) =>
        system.Syscall(0, SystemCall.PolicySet, BootHandle.Policy, 1, (ulong)policy);
}
