using System;
using Lachesis.Abi;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Fair;

/// <summary>What a thread keeps when it sleeps, moves, or changes its weight.</summary>
public sealed unsafe class LagTests : IDisposable
{
    private const uint Request = FairBench.Request;

    private readonly FairBench _bench = new(8, origin: long.MaxValue - (3 * Request));

    public void Dispose() => _bench.Dispose();

    private FairQueue* Queue => _bench.Queue;

    // Two others stand in the queue and one runs, ahead of V by its lag.
    private Thread* RunAhead(long ns, uint weight = 1024)
    {
        Thread* thread = _bench.MakeWoken(0, weight);
        _bench.Enter(1);
        _bench.Enter(2, weight: 2048);
        Queue->StartRunning(thread, 0, FairFeatures.None);
        _bench.Run(ns);
        return thread;
    }

    private void Sleep()
    {
        Queue->Running->EnqueueReason = EnqueueReason.Woken;
        Queue->StopRunning(Queue->Running, 0);
    }

    [Fact]
    public void A_nap_forgives_nothing()
    {
        Thread* thread = RunAhead(4000);
        VirtualTime runtime = thread->Fair.VirtualRuntime;
        Sleep();
        Assert.Equal(-3000, thread->Fair.Lag);
        Queue->Enqueue(thread, 0, FairFeatures.None);
        Assert.InRange(thread->Fair.VirtualRuntime - runtime, -1, 1);
        Assert.False(Queue->IsEligible(thread));
    }

    [Theory]
    [InlineData(0, -3000)]
    [InlineData(2000, -1500)]
    [InlineData(3996, -3)]
    [InlineData(4000, 0)]
    [InlineData(50_000, 0)]
    public void Debt_is_paid_off_as_the_mean_of_the_others_comes_up(long by, long left)
    {
        // Others of thrice its weight, 4,000 behind: with the sleeper among them the mean would be 3,000 behind it.
        Thread* thread = RunAhead(4000);
        Sleep();
        Queue->PickNext();
        Queue->Running->Fair.VirtualRuntime += 3072 * by / Queue->Running->Weight;
        Assert.Equal(left, Queue->LagAfterSleep(thread));
    }

    [Fact]
    public void Who_computes_in_short_bursts_is_owed_up_to_a_whole_request_of_its_class()
    {
        // It waited for another one's request, which is longer than its own burst, and goes to sleep before it is even.
        Thread* thread = _bench.MakeWoken(0);
        Queue->StartRunning(thread, 0, FairFeatures.ShortBursts);
        Assert.Equal((long)SchedulingLimits.MinSliceNs, thread->Fair.Deadline - thread->Fair.VirtualRuntime);
        Thread* ahead = _bench.MakeWoken(1);
        ahead->EnqueueReason = EnqueueReason.Moved;
        ahead->Fair.Lag = -Request;
        Queue->Enqueue(ahead, 0, FairFeatures.ShortBursts);
        Sleep();
        Assert.InRange(thread->Fair.Lag, Request - 1, Request + 1);
    }

    [Fact]
    public void Being_owed_service_lasts_however_long_the_sleep()
    {
        Thread* thread = RunAhead(0);
        Thread* ahead = _bench.MakeWoken(3);
        ahead->EnqueueReason = EnqueueReason.Moved;
        ahead->Fair.Lag = -400_000;
        Queue->Enqueue(ahead, 0, FairFeatures.None);
        long lag = Queue->ZeroLag() - thread->Fair.VirtualRuntime;
        Sleep();
        Assert.Equal(lag, thread->Fair.Lag);
        Queue->PickNext();
        _bench.Run(50_000_000);
        Queue->Enqueue(thread, 0, FairFeatures.None);
        Assert.InRange(Queue->ZeroLag() - thread->Fair.VirtualRuntime - lag, -2, 2);
    }

    [Fact]
    public void A_thread_that_comes_back_has_the_lag_that_it_left_with() => Operations.Check(operations =>
    {
        using var bench = new FairBench(6);
        uint weight = 100 + (uint)(operations.Length * 37);
        for (int i = 1; i < 6; i++)
        {
            bench.Enter(i, 200 * (uint)i);
        }

        Thread* thread = bench.MakeWoken(0, weight);
        thread->EnqueueReason = EnqueueReason.Moved;
        long most = FairQueue.ServiceToVirtual(Request, weight);
        thread->Fair.Lag = operations.Length == 0 ? 0 : (operations[0] % (2 * most)) - most;
        thread->Fair.RelativeDeadline = 123_456;
        long lag = thread->Fair.Lag;
        bench.Queue->Enqueue(thread, 0, FairFeatures.All);
        Assert.InRange(bench.Mean - thread->Fair.VirtualRuntime - lag, -2, 2);
        Assert.Equal(123_456, thread->Fair.Deadline - thread->Fair.VirtualRuntime);
        long rounded = bench.Mean - thread->Fair.VirtualRuntime;
        bench.Queue->Dequeue(thread, 0);
        Assert.Equal((rounded, 123_456L, 0u), (thread->Fair.Lag, thread->Fair.RelativeDeadline, thread->Fair.LagCpu));
    });

    [Fact]
    public void A_thread_that_moves_takes_lag_and_deadline_with_it_and_not_its_virtual_runtime()
    {
        using var other = new FairBench(2, origin: -77_777_777);
        other.Enter(0);
        Thread* thread = RunAhead(4000);
        Queue->RequeueRunning(thread);
        long distance = thread->Fair.Deadline - thread->Fair.VirtualRuntime;
        Queue->Dequeue(thread, 5);
        thread->EnqueueReason = EnqueueReason.Moved;
        VirtualTime there = other.Queue->ZeroLag();
        other.Queue->Enqueue(thread, 1, FairFeatures.All);
        Assert.Equal(5u, thread->Fair.LagCpu);
        Assert.Equal(-3000, other.Queue->ZeroLag() - thread->Fair.VirtualRuntime);
        Assert.Equal(6000, thread->Fair.VirtualRuntime - there);
        Assert.Equal(distance, thread->Fair.Deadline - thread->Fair.VirtualRuntime);
    }

    [Theory]
    [InlineData(1024u, Request + 100_000)]
    [InlineData(2048u, (Request + 100_000) / 2)]
    public void Lag_beyond_what_a_request_explains_is_not_kept(uint weight, long most)
    {
        Thread* thread = RunAhead(100 * Request, weight);
        Sleep();
        Assert.Equal(-most, thread->Fair.Lag);
        Thread* behind = _bench.MakeWoken(3, weight);
        Queue->StartRunning(behind, 0, FairFeatures.None);
        behind->Fair.VirtualRuntime += -100 * Request;
        Sleep();
        Assert.Equal(most, behind->Fair.Lag);
    }

    [Fact]
    public void A_reweighed_thread_keeps_lag_and_distance_in_service_and_V_does_not_move() => Operations.Check(operations =>
    {
        using var bench = new FairBench(5, operations.Length * 1_000_003L);
        for (int i = 0; i < 5; i++)
        {
            bench.Enter(i, 300 + (500 * (uint)i));
        }

        bench.Queue->PickNext();
        foreach (int operation in operations)
        {
            bench.Run(operation % 300_000);
            bench.EndSlice();
            Thread* thread = bench.At(operation % 5);
            uint weight = 300 + ((uint)operation % 3000);
            long lag = bench.ServiceLag(thread);
            long distance = (thread->Fair.Deadline - thread->Fair.VirtualRuntime) * thread->Weight / 1024;
            VirtualTime zeroLag = bench.Queue->ZeroLag();
            bench.Queue->Reweight(thread, new SchedulingParameters(weight, 0, Request, Request));
            Assert.Equal(weight, (uint)thread->Weight);
            Assert.InRange(bench.Queue->ZeroLag() - zeroLag, -4, 4);
            Assert.InRange(bench.ServiceLag(thread) - lag, -20, 20);
            Assert.InRange(((thread->Fair.Deadline - thread->Fair.VirtualRuntime) * weight / 1024) - distance, -5, 5);
            bench.Check();
        }
    });

    [Fact]
    public void An_absent_thread_keeps_lag_and_distance_in_service_too()
    {
        Thread* thread = _bench.Make(0);
        thread->Fair.Lag = -600;
        thread->Fair.RelativeDeadline = 900;
        FairQueue.ReweightDequeued(thread, new SchedulingParameters(3072, 7, Request, Request));
        Assert.Equal((-200L, 300L), (thread->Fair.Lag, thread->Fair.RelativeDeadline));
        Assert.Equal((3072L, 7u), (thread->Weight, thread->Priority));
        Assert.Equal(Request / 3, thread->Fair.VirtualSlice);
    }
}
