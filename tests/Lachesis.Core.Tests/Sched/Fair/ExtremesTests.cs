using Lachesis.Abi;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Fair;

/// <summary>Long uptimes, many threads, weights at both ends.</summary>
public sealed unsafe class ExtremesTests
{
    private const uint Longest = SchedulingLimits.MaxSliceNs;

    [Theory]
    [InlineData(0)]
    [InlineData(long.MaxValue - 1_000_000_000)]
    [InlineData(long.MinValue)]
    public void Thousands_of_threads_of_the_least_and_the_greatest_weight_do_not_overflow(long origin)
    {
        const int threads = 3000;
        using var bench = new FairBench(threads, origin);
        for (int i = 0; i < threads; i++)
        {
            bench.Enter(i, i % 2 == 0 ? SchedulingLimits.MinWeight : SchedulingLimits.MaxWeight, Longest);
        }

        bench.Queue->PickNext();
        for (int i = 0; i < 3000; i++)
        {
            bench.Run(FairQueue.RemainingSlice(bench.Queue->Running).Nanoseconds);
            bench.EndSlice();
        }

        bench.Check();
        for (int i = 1; i < threads; i += 2)
        {
            if (bench.Queue->Running != bench.At(i))
            {
                bench.Queue->Dequeue(bench.At(i), 0);
            }
        }

        bench.Check();
    }

    [Fact]
    public void A_heavy_crowd_comes_to_a_light_thread_that_ran_alone_for_a_day()
    {
        using var bench = new FairBench(1001);
        Thread* light = bench.Enter(1000, SchedulingLimits.MinWeight, Longest);
        bench.Queue->PickNext();
        bench.Run(86_400_000_000_000);
        for (int i = 0; i < 1000; i++)
        {
            bench.Enter(i, SchedulingLimits.MaxWeight, Longest);
        }

        bench.Check();
        Assert.NotEqual((nint)light, (nint)bench.EndSlice());
    }

    [Fact]
    public void A_year_of_slices_keeps_V_exact()
    {
        using var bench = new FairBench(3, long.MaxValue - 1_000_000_000_000);
        bench.Enter(0, 3, Longest);
        bench.Enter(1, 1024, Longest);
        bench.Enter(2, 99_991, Longest);
        bench.Queue->PickNext();

        // Each step stands for many slices in a row of all three: an hour of service for each by its weight.
        for (int hour = 0; hour < 24 * 365; hour++)
        {
            for (int i = 0; i < 3; i++)
            {
                bench.Run(FairQueue.RemainingSlice(bench.Queue->Running).Nanoseconds + (hour % 7));
                bench.EndSlice();
            }

            foreach (nint at in bench.Present)
            {
                Thread* thread = (Thread*)at;
                if (thread != bench.Queue->Running)
                {
                    bench.Queue->Dequeue(thread, 0);
                    thread->Fair.VirtualRuntime += 3_600_000_000_000;
                    thread->EnqueueReason = EnqueueReason.Moved;
                }
            }

            bench.Queue->Running->Fair.VirtualRuntime += 3_600_000_000_000;
            bench.Queue->Running->Fair.Deadline += 3_600_000_000_000;
            for (int i = 0; i < 3; i++)
            {
                if (bench.At(i) != bench.Queue->Running)
                {
                    bench.Queue->Enqueue(bench.At(i), 0, FairFeatures.None);
                }
            }

            bench.Check();
        }
    }

    [Fact]
    public void A_lone_thread_that_leaves_and_comes_back_goes_on_where_it_was()
    {
        using var bench = new FairBench(1);
        Thread* thread = bench.Enter(0);
        for (int i = 0; i < 100; i++)
        {
            bench.Queue->PickNext();
            bench.Run(1_000_000_000_000_000_000);
            VirtualTime runtime = thread->Fair.VirtualRuntime;
            thread->EnqueueReason = EnqueueReason.Woken;
            bench.Queue->StopRunning(thread, 0);
            bench.Queue->Enqueue(thread, 0, FairFeatures.None);
            Assert.Equal(runtime.Value, thread->Fair.VirtualRuntime.Value);
            Assert.Equal(runtime.Value, bench.Queue->ZeroLag().Value);
        }
    }

    [Fact]
    public void A_request_of_the_longest_kind_of_the_least_weight_takes_a_slice_of_that_length()
    {
        using var bench = new FairBench(1, long.MaxValue);
        Thread* thread = bench.Enter(0, SchedulingLimits.MinWeight, Longest);
        Assert.Equal(Longest, FairQueue.RemainingSlice(thread).Nanoseconds);
        Assert.Equal(Longest * 1024L, thread->Fair.Deadline - thread->Fair.VirtualRuntime);
    }

    [Theory]
    [InlineData(1u, 100_000u)]
    [InlineData(100_000u, 100_000_000u)]
    public void Urgency_says_how_short_a_request_is_and_keeps_the_weight(uint weight, uint request)
    {
        ulong urgency = FairQueue.UrgencyOf(request, weight);
        Assert.Equal(weight, (uint)FairQueue.WeightIn(urgency));
        ulong shorterAndLight = FairQueue.UrgencyOf(request - 1, SchedulingLimits.MinWeight);
        Assert.True(shorterAndLight > FairQueue.UrgencyOf(request, SchedulingLimits.MaxWeight));
        Assert.True(urgency >> 56 == 0);
    }
}
