using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Fair;

/// <summary>When a woken thread takes the CPU from the running one.</summary>
public sealed unsafe class PreemptionTests
{
    private const uint Request = FairBench.Request;

    // One runs and is owed service, as another has run ahead; a third one wakes.
    private static bool Preempts(FairFeatures features, uint wokenRequest, uint wokenWeight = 1024)
    {
        using var bench = new FairBench(3);
        Thread* runs = bench.Enter(0);
        bench.Queue->PickNext();
        Thread* ahead = bench.Make(1);
        ahead->EnqueueReason = EnqueueReason.Moved;
        ahead->Fair.Lag = -10_000;
        ahead->Fair.RelativeDeadline = 100 * Request;
        bench.Queue->Enqueue(ahead, 0, features);
        bench.Run(10);
        bench.Enter(2, wokenWeight, wokenRequest);
        return bench.Decide(ReschedReason.Wake, features) != runs;
    }

    [Fact]
    public void Without_run_to_parity_an_earlier_deadline_preempts() =>
        Assert.True(Preempts(FairFeatures.None, Request, wokenWeight: 4096));

    [Fact]
    public void With_run_to_parity_who_is_owed_service_keeps_the_cpu_against_a_request_as_long() =>
        Assert.False(Preempts(FairFeatures.RunToParity, Request, wokenWeight: 4096));

    [Theory]
    [InlineData(FairFeatures.RunToParity)]
    [InlineData(FairFeatures.None)]
    public void A_shorter_request_of_an_earlier_deadline_preempts_either_way(FairFeatures features) =>
        Assert.True(Preempts(features, Request / 2));

    [Theory]
    [InlineData(FairFeatures.RunToParity)]
    [InlineData(FairFeatures.None)]
    public void A_later_deadline_does_not_preempt_who_is_owed_service(FairFeatures features) =>
        Assert.False(Preempts(features, 4 * Request));

    [Theory]
    [InlineData(FairFeatures.RunToParity, true)]
    [InlineData(FairFeatures.None, false)]
    public void A_shorter_request_preempts_who_runs_to_parity_even_if_its_deadline_is_later(FairFeatures features, bool preempts) =>
        Assert.Equal(preempts, Preempts(features, Request / 2, wokenWeight: 100));

    [Fact]
    public void Who_is_owed_nothing_makes_way_for_any_eligible_one()
    {
        using var bench = new FairBench(2);
        bench.Enter(0);
        bench.Enter(1, requestNs: 50 * Request);
        bench.Queue->PickNext();
        bench.Run(10);
        Assert.Equal((nint)bench.At(1), (nint)bench.Decide(ReschedReason.Wake, FairFeatures.All));
    }

    [Theory]
    [InlineData(ReschedReason.Wake, 0)]
    [InlineData(ReschedReason.SliceEnd, 1)]
    public void Equal_deadlines_change_places_at_the_end_of_a_slice_and_not_at_a_wake(ReschedReason reason, int runs)
    {
        using var bench = new FairBench(2);
        bench.Enter(0);
        bench.Enter(1);
        bench.Queue->PickNext();
        Assert.Equal((nint)bench.At(runs), (nint)bench.Decide(reason));
    }

    // Somebody has run ahead, and four threads of equal requests, each heavier than the last, wake one by one: so all are
    // owed service, and each deadline is earlier than those before. Then the one that runs is served.
    [Theory]
    [InlineData(FairFeatures.None, "01232")]
    [InlineData(FairFeatures.RunToParity, "00003")]
    public void Run_to_parity_puts_off_preemptions(FairFeatures features, string expected)
    {
        using var bench = new FairBench(5);
        Thread* ahead = bench.Enter(4);
        bench.Queue->PickNext();
        var order = new List<int>();
        for (int i = 0; i < 4; i++)
        {
            bench.Enter(i, 1024u << i);
            ahead->Fair.VirtualRuntime += i == 0 ? Request / 100 : 0;
            order.Add((int)(bench.Decide(ReschedReason.Wake, features) - bench.At(0)));
            bench.Run(1000);
        }

        bench.Run(FairQueue.RemainingSlice(bench.Queue->Running).Nanoseconds);
        order.Add((int)(bench.Decide(ReschedReason.SliceEnd, features) - bench.At(0)));
        Assert.Equal(expected, string.Concat(order));
    }

    [Fact]
    public void Short_bursts_ask_for_twice_what_the_last_one_took()
    {
        using var bench = new FairBench(1);
        Thread* thread = bench.Enter(0);
        thread->Fair.BurstStart = new Duration(5_000_000);
        Ledger.AddRuntime(thread, new Duration(5_200_000));
        Assert.Equal(400_000, FairQueue.SliceAtWakeup(thread, FairFeatures.ShortBursts));
        Assert.Equal(Request, FairQueue.SliceAtWakeup(thread, FairFeatures.RunToParity));
        Ledger.AddRuntime(thread, new Duration(600_000));
        Assert.Equal(Request, FairQueue.SliceAtWakeup(thread, FairFeatures.ShortBursts));
        thread->Fair.BurstStart = thread->Ledger.Runtime;
        Assert.Equal(SchedulingLimits.MinSliceNs, FairQueue.SliceAtWakeup(thread, FairFeatures.ShortBursts));
    }

    [Theory]
    [InlineData(FairFeatures.ShortBursts, 300_000)]
    [InlineData(FairFeatures.None, (int)Request)]
    public void A_burst_shorter_than_its_request_gets_a_near_deadline_at_the_next_wake(FairFeatures features, long distance)
    {
        using var bench = new FairBench(1);
        Thread* thread = bench.Enter(0);
        Ledger.AddRuntime(thread, new Duration(150_000));
        bench.Queue->Dequeue(thread, 0);
        bench.Queue->Enqueue(thread, 0, features);
        Assert.Equal(distance, thread->Fair.Deadline - thread->Fair.VirtualRuntime);
        Assert.Equal(150_000, thread->Fair.BurstStart.Nanoseconds);
    }

    [Fact]
    public void A_handoff_is_refused_to_who_would_be_ahead_and_granted_to_who_is_even()
    {
        using var bench = new FairBench(3);
        Thread* runs = bench.Enter(0);
        bench.Queue->PickNext();
        Thread* ahead = bench.MakeWoken(1);
        ahead->EnqueueReason = EnqueueReason.Moved;
        ahead->Fair.Lag = -1;
        Assert.False(bench.Queue->TryHandOff(runs, ahead, 0, FairFeatures.All));
        Assert.Equal((nint)runs, (nint)bench.Queue->Running);
        bench.Check();
        Thread* owed = bench.MakeWoken(2);
        Assert.True(bench.Queue->TryHandOff(runs, owed, 0, FairFeatures.All));
        Assert.Equal((nint)owed, (nint)bench.Queue->Running);
        bench.Check();
    }
}
