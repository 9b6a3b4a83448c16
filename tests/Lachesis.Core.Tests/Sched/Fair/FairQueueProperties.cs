using System;
using Lachesis.Abi;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Fair;

/// <summary>What holds of a fair queue whatever happens.</summary>
public sealed unsafe class FairQueueProperties
{
    private const int Threads = 12;

    private static readonly uint[] s_weights = [1, 15, 335, 1024, 3121, 88_761, 100_000];
    private static readonly uint[] s_requests = [100_000, 700_000, 3_000_000, 100_000_000];

    [Theory]
    [InlineData(0)]
    [InlineData(-5_000_000)]
    [InlineData(long.MaxValue - 2_000_000)]
    [InlineData(long.MinValue)]
    public void V_is_the_weighted_mean_and_the_pick_the_earliest_deadline_of_the_eligible(long origin) =>
        Operations.Check(operations =>
        {
            using var bench = new FairBench(Threads, origin);
            foreach (int operation in operations)
            {
                Do(bench, operation);
                bench.Check();
            }
        });

    [Theory]
    [InlineData(0)]
    [InlineData(long.MaxValue - 30_000_000)]
    public void With_fixed_weights_lag_stays_between_a_request_behind_and_the_longest_before(long origin) =>
        Operations.Check(operations =>
        {
            using var bench = new FairBench(Threads, origin);
            uint longest = 0;
            for (int i = 0; i < Threads; i++)
            {
                uint request = 100_000 + ((uint)((i * 7919) + operations.Length) % 20 * 100_000);
                longest = Math.Max(longest, request);
                bench.Enter(i, 100 + ((uint)i * 337), request);
            }

            bench.Queue->PickNext();
            foreach (int operation in operations)
            {
                long slice = FairQueue.RemainingSlice(bench.Queue->Running).Nanoseconds;
                bool whole = operation % 3 != 0;
                bench.Run(whole ? slice : operation / 3 % slice);
                bench.Decide(whole ? ReschedReason.SliceEnd : ReschedReason.Wake);
                foreach (nint at in bench.Present)
                {
                    // A nanosecond for the rounding of each side.
                    long lag = bench.ServiceLag((Thread*)at);
                    Assert.InRange(lag, -((Thread*)at)->Fair.Slice - 2, longest + 2);
                }
            }
        });

    [Fact]
    public void Many_short_charges_come_to_the_same_as_one_long() => Operations.Check(operations =>
    {
        using var bench = new FairBench(2);
        uint weight = (uint)(operations.Length == 0 ? 3 : 1 + (operations[0] % 100_000));
        Thread* oft = bench.Make(0, weight);
        Thread* once = bench.Make(1, weight);
        long all = 0;
        long moved = 0;
        foreach (int operation in operations)
        {
            all += operation;
            moved += FairQueue.Charge(oft, new Duration(operation));
        }

        Assert.Equal(moved, FairQueue.Charge(once, new Duration(all)));
        Assert.Equal(once->Fair.VirtualRuntime.Value, oft->Fair.VirtualRuntime.Value);
        Assert.Equal(all * 1024 / weight, moved);
    });

    private static void Do(FairBench bench, int operation)
    {
        Thread* thread = bench.At(operation / 8 % Threads);
        bool present = bench.Present.Contains((nint)thread);
        uint weight = s_weights[operation / 97 % s_weights.Length];
        uint request = s_requests[operation / 89 % s_requests.Length];
        FairQueue* queue = bench.Queue;
        switch (operation % 8)
        {
            case 0 when !present:
                bench.Make(operation / 8 % Threads, weight, request);
                queue->Enqueue(thread, 0, FairFeatures.None);
                break;
            case 1 when present && thread != queue->Running:
                queue->Dequeue(thread, 0);
                thread->EnqueueReason = EnqueueReason.Moved;
                break;
            case 2 when !present && thread->Weight != 0:
                queue->Enqueue(thread, 0, FairFeatures.All);
                break;
            case 3 when present:
                queue->Reweight(thread, new SchedulingParameters(weight, 0, request, 0));
                break;
            case 4 when queue->Running != null && queue->Tree->First != null:
                queue->ReplaceYielding(queue->Running);
                break;
            case 5 when queue->Running != null:
                queue->Running->EnqueueReason = EnqueueReason.Woken;
                queue->StopRunning(queue->Running, 0);
                break;
            default:
                RunAndPick(bench, operation);
                break;
        }
    }

    private static void RunAndPick(FairBench bench, int operation)
    {
        FairQueue* queue = bench.Queue;
        if (queue->Running == null)
        {
            nint expected = bench.Present.Count == 0 ? 0 : (nint)bench.EarliestOwed();
            Assert.Equal(expected, (nint)queue->PickNext());
            return;
        }

        Thread* before = queue->Running;
        long slice = FairQueue.RemainingSlice(before).Nanoseconds;

        // A greater weight may have left nothing of its request: then it runs for nothing.
        bench.Run((operation & 64) == 0 ? slice : operation % (slice + 1));
        VirtualTime mean = bench.Mean;
        long deadline = before->Fair.Deadline - mean;
        if (before->Fair.VirtualRuntime - mean >= deadline)
        {
            deadline = before->Fair.VirtualRuntime + before->Fair.VirtualSlice - mean;
        }

        Thread* other = bench.EarliestOwed();
        bool stays = other == null || (bench.IsOwed(before) && deadline < other->Fair.Deadline - mean);
        Assert.Equal((nint)(stays ? before : other), (nint)bench.EndSlice());
        Assert.Equal(deadline, before->Fair.Deadline - mean);
    }
}
