using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Fair;

/// <summary>Who runs next under the fair policy, by examples.</summary>
public sealed unsafe class FairQueueTests
{
    private const long Unit = 1_000_000;

    // Stoica & Abdel-Wahab 1995, figure 1: two clients of weight 2; client 1 asks for 2 at 0, client 2 for 1 at 1. The
    // quantum is 1, and equal deadlines change places.
    [Fact]
    public void The_example_of_the_paper_gives_the_papers_schedule()
    {
        using var bench = new FairBench(2);
        bench.Enter(0, weight: 2, requestNs: 2 * (uint)Unit);
        bench.Queue->PickNext();
        bench.Run(Unit);
        bench.Enter(1, weight: 2, requestNs: (uint)Unit);
        var order = Enumerable.Range(0, 8).Select(_ =>
        {
            int runs = bench.EndSlice() == bench.At(0) ? 1 : 2;
            bench.Run(Unit);
            return runs;
        });
        Assert.Equal([2, 1, 2, 1, 2, 1, 2, 1], order.ToArray());
    }

    // The same clients, each interrupted only when it has been served: the one that runs keeps the CPU at a tie.
    [Fact]
    public void The_example_of_the_paper_without_a_quantum_serves_whole_requests()
    {
        using var bench = new FairBench(2);
        bench.Enter(0, weight: 2, requestNs: 2 * (uint)Unit);
        bench.Queue->PickNext();
        bench.Run(Unit);
        bench.Enter(1, weight: 2, requestNs: (uint)Unit);
        bench.Decide(ReschedReason.Wake);
        var order = Enumerable.Range(0, 6).Select(_ =>
        {
            Thread* runs = bench.Queue->Running;
            long slice = FairQueue.RemainingSlice(runs).Nanoseconds;
            bench.Run(slice);
            bench.EndSlice();
            return (runs == bench.At(0) ? 1 : 2, slice / Unit);
        });
        Assert.Equal([(1, 1), (2, 1), (2, 1), (1, 2), (2, 1), (2, 1)], order.ToArray());
    }

    [Fact]
    public void A_new_thread_asks_for_half_a_request_and_one_that_woke_for_a_whole_one()
    {
        using var bench = new FairBench(2);
        Thread* made = bench.Make(0);
        bench.Queue->Enqueue(made, 0, FairFeatures.All);
        Thread* woke = bench.Enter(1);
        Assert.Equal(FairBench.Request / 2, made->Fair.Deadline - made->Fair.VirtualRuntime);
        Assert.Equal(FairBench.Request, woke->Fair.Deadline - woke->Fair.VirtualRuntime);
    }

    [Fact]
    public void A_request_is_renewed_only_once_it_has_been_served()
    {
        using var bench = new FairBench(2);
        Thread* thread = bench.Enter(0);
        bench.Queue->PickNext();
        long first = thread->Fair.Deadline.Value;
        bench.Run(FairBench.Request - 1);
        bench.EndSlice();
        Assert.Equal(first, thread->Fair.Deadline.Value);
        bench.Run(1);
        bench.EndSlice();
        Assert.Equal(first + FairBench.Request, thread->Fair.Deadline.Value);
    }

    [Fact]
    public void A_thread_put_back_makes_a_new_request_only_if_it_was_served()
    {
        using var bench = new FairBench(2);
        Thread* thread = bench.Enter(0);
        bench.Queue->PickNext();
        bench.Run(FairBench.Request - 1);
        bench.Queue->RequeueRunning(thread);
        Assert.Equal(1, thread->Fair.Deadline - thread->Fair.VirtualRuntime);
        bench.Queue->PickNext();
        bench.Run(1);
        bench.Queue->RequeueRunning(thread);
        Assert.Equal(FairBench.Request, thread->Fair.Deadline - thread->Fair.VirtualRuntime);
    }

    [Theory]
    [InlineData(1, 1_024_000)]
    [InlineData(1024, 1000)]
    [InlineData(3000, 342)]
    public void A_slice_lasts_until_the_request_is_served_and_no_longer(uint weight, long virtualTime)
    {
        using var bench = new FairBench(1);
        Thread* thread = bench.Enter(0, weight);
        thread->Fair.Deadline = thread->Fair.VirtualRuntime + virtualTime;
        bench.Queue->PickNext();
        bench.Run(FairQueue.RemainingSlice(thread).Nanoseconds - 1);
        Assert.True(thread->Fair.VirtualRuntime < thread->Fair.Deadline);
        bench.Run(1);
        Assert.True(thread->Fair.VirtualRuntime >= thread->Fair.Deadline);
    }

    [Fact]
    public void A_yielder_forfeits_its_request_and_makes_a_new_one()
    {
        using var bench = new FairBench(3);
        for (int i = 0; i < 3; i++)
        {
            bench.Enter(i);
        }

        Thread* yielder = bench.Queue->PickNext();
        bench.Run(10);
        VirtualTime forfeited = yielder->Fair.Deadline;
        Assert.Equal((nint)bench.At(1), (nint)bench.Queue->ReplaceYielding(yielder));
        Assert.Equal(forfeited.Value, yielder->Fair.VirtualRuntime.Value);
        Assert.Equal(forfeited.Value + FairBench.Request, yielder->Fair.Deadline.Value);
        bench.Check();
    }

    [Fact]
    public void Threads_that_yield_to_each_other_take_strict_turns()
    {
        using var bench = new FairBench(3);
        for (int i = 0; i < 3; i++)
        {
            bench.Enter(i);
        }

        bench.Queue->PickNext();
        nint[] turns = Enumerable.Range(0, 9).Select(i =>
        {
            bench.Run(100 + (10 * i));
            return (nint)bench.Queue->ReplaceYielding(bench.Queue->Running);
        }).ToArray();
        Assert.Equal(3, turns.Take(3).Distinct().Count());
        Assert.Equal(turns.Take(6), turns.Skip(3));
    }

    [Fact]
    public void A_yielder_far_behind_goes_on_a_request_at_a_time_until_another_one_is_eligible()
    {
        using var bench = new FairBench(3);
        Thread* behind = bench.Enter(0);
        bench.Queue->PickNext();
        bench.Enter(1);
        bench.Enter(2);
        behind->Fair.VirtualRuntime += -100_000_000;
        behind->Fair.Deadline += -100_000_000;
        VirtualTime before = behind->Fair.VirtualRuntime;
        long request = behind->Fair.VirtualSlice;
        int yields = 1;
        Thread* next;
        while ((next = bench.Queue->ReplaceYielding(behind)) == null)
        {
            yields++;
            Assert.InRange(behind->Fair.VirtualRuntime - before, 0, yields * request);
            bench.Check();
        }

        Assert.True(next != behind);
        Assert.InRange(yields, 100_000_000 / request, (100_000_000 / request) + 2);
        bench.Check();
    }
}
