using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Benchmarks.Queues;
using Lachesis.Core.Sched;
using Xunit;

namespace Lachesis.Core.Tests.Benchmarks;

/// <summary>The sorted sets that the run queue is measured against choose the same threads: neither has less to do.</summary>
public sealed class YardstickTests
{
    private const int Threads = 14;
    private const int Queues = 2;

    [Theory]
    [InlineData(SchedulingPolicy.Fair)]
    [InlineData(SchedulingPolicy.Priority)]
    [InlineData(SchedulingPolicy.RoundRobin)]
    public void Both_choose_the_same_threads_whatever_is_done(SchedulingPolicy policy) => Operations.Check(operations =>
    {
        WorkloadShape shape = new(Queues, Threads, 0);
        using HostMemory memory = new(KernelQueues<NoProbe>.BytesFor(shape));
        Arena arena = memory.Whole();
        KernelQueues<NoProbe> kernel = new(policy, FairFeatures.None, shape, ref arena, default);
        SortedQueues yardstick = new(policy, shape);
        IQueues[] both = [kernel, yardstick];
        Driver driver = new(both);
        foreach (int operation in operations)
        {
            driver.Do(operation);
            for (int queue = 0; queue < Queues; queue++)
            {
                Assert.Equal(kernel.Running(queue), yardstick.Running(queue));
            }
        }
    });

    [Theory]
    [MemberData(nameof(Workloads))]
    public void A_workload_leaves_both_with_the_same_threads_running(
        SchedulingPolicy policy, Operation operation, int runnable)
    {
        using Workload kernel = Workload.OfKernel(policy, operation, runnable);
        using Workload yardstick = Workload.OfYardstick(policy, operation, runnable);
        for (int i = 0; i < 3; i++)
        {
            foreach (Workload workload in (Workload[])[kernel, yardstick])
            {
                workload.Prepare();
                workload.Run();
            }

            for (int queue = 0; queue < WorkloadShape.Of(operation, runnable).Queues; queue++)
            {
                Assert.Equal(kernel.Running(queue), yardstick.Running(queue));
            }
        }
    }

    public static TheoryData<SchedulingPolicy, Operation, int> Workloads()
    {
        TheoryData<SchedulingPolicy, Operation, int> data = [];
        for (SchedulingPolicy policy = 0; policy < SchedulingPolicy.Count; policy++)
        {
            for (Operation operation = Operation.Enqueue; operation < Operation.Count; operation++)
            {
                data.Add(policy, operation, 10);
                data.Add(policy, operation, 1000);
            }
        }

        return data;
    }

    // Turns a number into an operation that is possible now, on both.
    private sealed class Driver
    {
        private readonly IQueues[] _both;
        private readonly List<int>[] _queued = [[], []];
        private readonly List<int> _asleep = [];

        // A few threads in each queue, and one that runs.
        public Driver(IQueues[] both)
        {
            _both = both;
            for (int thread = 0; thread < Queues * Threads; thread++)
            {
                _asleep.Add(thread);
            }

            for (int queue = 0; queue < Queues; queue++)
            {
                Insert(queue, 0);
                Insert(queue, 0);
                Insert(queue, 0);
                Start(queue);
            }
        }

        public void Do(int operation)
        {
            int queue = operation % Queues;
            int which = operation / Queues / 7;
            switch (operation / Queues % 7)
            {
                case 0 when _asleep.Count > 0:
                    Insert(queue, which % _asleep.Count);
                    Exchange(queue, ReschedReason.Wake);
                    break;
                case 1 when _asleep.Count > 0:
                    Insert(queue, which % _asleep.Count);
                    break;
                case 2 when _queued[queue].Count > 1:
                    Sleep(queue, which);
                    break;
                case 3 when _queued[queue].Count > 1:
                    Move(queue, which % _queued[queue].Count);
                    break;
                case 4 when _queued[queue].Count > 1:
                    Reweigh(queue, which);
                    break;
                case 5:
                    Exchange(queue, ReschedReason.SliceEnd);
                    break;
                default:
                    Each(queues => queues.Serve(queue));
                    Exchange(queue, ReschedReason.SliceEnd);
                    break;
            }
        }

        private void Insert(int queue, int index)
        {
            int thread = Take(_asleep, index);
            _queued[queue].Add(thread);
            Each(queues => queues.Insert(queue, thread, EnqueueReason.Woken));
        }

        // The running one, or now and then a queued one.
        private void Sleep(int queue, int which)
        {
            if (which % 4 == 0)
            {
                int thread = Take(_queued[queue], which % _queued[queue].Count);
                _asleep.Add(thread);
                Each(queues => queues.Remove(queue, thread));
                return;
            }

            _asleep.Add(_both[0].Running(queue));
            Each(queues => queues.Stop(queue));
            Start(queue);
        }

        private void Move(int queue, int index)
        {
            int thread = Take(_queued[queue], index);
            _queued[queue ^ 1].Add(thread);
            Each(queues => queues.Remove(queue, thread));
            Each(queues => queues.Insert(queue ^ 1, thread, EnqueueReason.Moved));
        }

        private void Reweigh(int queue, int which)
        {
            int thread = _queued[queue][which % _queued[queue].Count];
            uint weight = which % 2 == 0 ? ThreadPlan.LightWeight : ThreadPlan.HeavyWeight;
            Each(queues => queues.Reweigh(queue, thread, weight));
        }

        private void Start(int queue)
        {
            Each(queues => queues.Start(queue));
            _queued[queue].Remove(_both[0].Running(queue));
        }

        private void Exchange(int queue, ReschedReason reason)
        {
            _queued[queue].Add(_both[0].Running(queue));
            Each(queues => queues.Exchange(queue, reason));
            _queued[queue].Remove(_both[0].Running(queue));
        }

        private void Each(System.Action<IQueues> action)
        {
            foreach (IQueues queues in _both)
            {
                action(queues);
            }
        }

        private static int Take(List<int> threads, int index)
        {
            int thread = threads[index];
            threads.RemoveAt(index);
            return thread;
        }
    }
}
