using System;
using System.Collections.Generic;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Wait;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Wait;

public sealed unsafe class WaitQueueTests : IDisposable
{
    private const int Threads = 12;

    private readonly NativeBlock _threads = new(Threads * (ulong)sizeof(Thread));

    public void Dispose() => _threads.Dispose();

    [Fact]
    public void Waiters_keep_their_order_whoever_leaves() => Operations.Check(operations =>
    {
        WaitQueue queue = default;
        var model = new List<nint>();
        foreach (int operation in operations)
        {
            Thread* thread = (Thread*)_threads.Start + (operation % Threads);
            if (model.Remove((nint)thread))
            {
                queue.Remove(thread);
            }
            else
            {
                queue.Append(thread);
                model.Add((nint)thread);
            }

            var found = new List<nint>();
            Thread* last = null;
            for (Thread* next = queue.First; next != null; next = next->QueueNext)
            {
                found.Add((nint)next);
                Assert.True(next->QueuePrevious == last);
                last = next;
            }

            Assert.Equal(model, found);
            Assert.True(queue.Last == last);
        }
    });

    [Fact]
    public void By_priority_waiters_stand_as_in_a_sorted_list_and_levels_know_each_other() => Operations.Check(operations =>
    {
        WaitQueue queue = default;
        var model = new List<nint>();
        foreach (int operation in operations)
        {
            Thread* thread = (Thread*)_threads.Start + (operation % Threads);
            if (operation % 7 == 0 && model.Count != 0)
            {
                WaitQueue.RemoveFirst(&queue, queue.First);
                model.RemoveAt(0);
            }
            else if (model.Remove((nint)thread))
            {
                queue.Remove(thread);
            }
            else
            {
                thread->Priority = (uint)(operation / Threads % 4);
                if (queue.First == null && operation % 5 == 0)
                {
                    WaitQueue.AppendToEmpty(&queue, thread);
                }
                else
                {
                    queue.InsertByPriority(thread);
                }

                int at = model.FindIndex(other => ((Thread*)other)->Priority < thread->Priority);
                model.Insert(at < 0 ? model.Count : at, (nint)thread);
            }

            CheckLevels(in queue, model);
        }

        while (queue.First != null)
        {
            WaitQueue.RemoveFirst(&queue, queue.First);
        }
    });

    [Fact]
    public void By_deadline_waiters_of_one_priority_stand_by_it_and_equals_as_they_came() => Operations.Check(operations =>
    {
        WaitQueue queue = default;
        var model = new List<nint>();
        foreach (int operation in operations)
        {
            Thread* thread = (Thread*)_threads.Start + (operation % Threads);
            if (model.Remove((nint)thread))
            {
                queue.Remove(thread);
            }
            else
            {
                thread->Priority = (uint)(operation / Threads % 3);
                thread->CappedDeadline = new Instant(operation / Threads / 3 % 4);
                queue.InsertByDeadline(thread);
                int at = model.FindIndex(other => ((Thread*)other)->Priority < thread->Priority
                    || (((Thread*)other)->Priority == thread->Priority && ((Thread*)other)->CappedDeadline > thread->CappedDeadline));
                model.Insert(at < 0 ? model.Count : at, (nint)thread);
            }

            CheckLevels(in queue, model);
        }

        while (queue.First != null)
        {
            queue.Remove(queue.First);
        }
    });

    [Theory]
    [InlineData(WaitQueue.MaxOvertaken, 0)]
    [InlineData(WaitQueue.MaxOvertaken + 1, 1)]
    [InlineData(100, 100 - WaitQueue.MaxOvertaken)]
    public void A_waiter_is_put_before_so_many_with_later_deadlines_and_no_more(int waiters, int place)
    {
        using var block = new NativeBlock((ulong)(waiters + 1) * (ulong)sizeof(Thread));
        Thread* threads = (Thread*)block.Start;
        WaitQueue queue = default;
        for (int i = 0; i < waiters; i++)
        {
            threads[i].CappedDeadline = new Instant(5);
            queue.InsertByDeadline(&threads[i]);
        }

        queue.InsertByDeadline(&threads[waiters]);
        int found = 0;
        for (Thread* next = queue.First; next != &threads[waiters]; next = next->QueueNext)
        {
            found++;
        }

        Assert.Equal(place, found);
    }

    private void CheckLevels(in WaitQueue queue, List<nint> model)
    {
        var found = new List<nint>();
        Thread* level = null;
        for (Thread* next = queue.First; next != null; next = next->QueueNext)
        {
            bool begins = found.Count == 0 || next->QueuePrevious->Priority != next->Priority;
            Assert.True(next->PreviousLevelHead == (begins ? level : null));
            level = begins ? next : level;
            found.Add((nint)next);
        }

        Assert.Equal(model, found);
        for (int i = 0; i < Threads; i++)
        {
            Thread* thread = (Thread*)_threads.Start + i;
            Assert.True(model.Contains((nint)thread) || (thread->NextLevelHead == null && thread->PreviousLevelHead == null));
        }
    }
}
