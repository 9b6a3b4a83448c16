using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Fair;

public sealed unsafe class DeadlineTreeTests : IDisposable
{
    private const int Threads = 400;

    private readonly NativeBlock _threads = new(Threads * (ulong)sizeof(Thread));
    private readonly NativeBlock _nodes = new(DeadlineTree.MaxNodesFor(Threads) * (ulong)sizeof(DeadlineNode));

    public void Dispose()
    {
        _threads.Dispose();
        _nodes.Dispose();
    }

    [Fact]
    public void Inserting_removing_and_searching_agree_with_a_sorted_list() => Operations.Check(operations =>
    {
        DeadlineTree tree = Empty();
        var model = new List<nint>();
        foreach (int operation in operations)
        {
            Thread* thread = (Thread*)_threads.Start + (operation / 7 % Threads);
            if (model.Remove((nint)thread))
            {
                tree.Remove(thread);
            }
            else
            {
                thread->Fair.Deadline = new VirtualTime(operation / 3 % 50);
                thread->Fair.VirtualRuntime = new VirtualTime(operation / 11 % 50);
                tree.Insert(thread);
                model.Insert(PlaceOf(model, thread), (nint)thread);
            }

            Check(in tree, model);
        }
    });

    [Fact]
    public void Taking_the_first_and_adding_at_the_end_for_ever_keeps_the_tree_sound()
    {
        DeadlineTree tree = Empty();
        var model = new List<nint>();
        for (int i = 0; i < Threads; i++)
        {
            Thread* thread = (Thread*)_threads.Start + i;
            thread->Fair.Deadline = new VirtualTime(i);
            thread->Fair.VirtualRuntime = new VirtualTime(i);
            tree.Insert(thread);
            model.Add((nint)thread);
        }

        for (int i = 0; i < 5000; i++)
        {
            Thread* first = tree.First;
            tree.Remove(first);
            model.RemoveAt(0);
            first->Fair.VirtualRuntime = tree.Last->Fair.VirtualRuntime + ((i * 7 % 13) - 4);
            first->Fair.Deadline = tree.Last->Fair.Deadline + (i % 3);
            tree.Insert(first);
            model.Add((nint)first);
            Check(in tree, model);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Growing_to_hundreds_and_shrinking_again_keeps_the_tree_sound(int seed)
    {
        var random = new Random(seed);
        DeadlineTree tree = Empty();
        var model = new List<nint>();
        var absent = new List<nint>();
        for (int i = 0; i < Threads; i++)
        {
            absent.Add((nint)At(i));
        }

        for (int step = 0; step < 12_000; step++)
        {
            // Waves: mostly in, then mostly out; those that leave are the first, the last or any.
            bool enters = random.Next(10) < (step / 1500 % 2 == 0 ? 7 : 3);
            if (enters ? absent.Count > 0 : model.Count == 0)
            {
                Move(absent, random.Next(absent.Count), out Thread* thread);
                thread->Fair.Deadline = new VirtualTime(random.Next(3) == 0 ? step : random.Next(2000));
                thread->Fair.VirtualRuntime = new VirtualTime(random.Next(50));
                tree.Insert(thread);
                model.Insert(PlaceOf(model, thread), (nint)thread);
            }
            else if (model.Count > 0)
            {
                int way = random.Next(3);
                Move(model, way == 0 ? 0 : way == 1 ? model.Count - 1 : random.Next(model.Count), out Thread* thread);
                tree.Remove(thread);
                absent.Add((nint)thread);
            }

            if (step % 16 == 0)
            {
                Check(in tree, model);
            }
        }
    }

    [Fact]
    public void So_many_threads_never_need_more_nodes_than_are_made_for_them()
    {
        var random = new Random(1);
        DeadlineTree tree = Empty();
        for (int i = 0; i < Threads; i++)
        {
            At(i)->Fair.Deadline = new VirtualTime(i);
            tree.Insert(At(i));
        }

        // What is in the middle is thinned out again and again, and the rest comes at one place.
        for (int step = 0; step < 50_000; step++)
        {
            Thread* thread = At(random.Next(Threads));
            tree.Remove(thread);
            thread->Fair.Deadline = new VirtualTime(random.Next(2) == 0 ? random.Next(Threads) : step % Threads);
            tree.Insert(thread);
            Assert.InRange(NodesBelow(tree.Root), 1u, DeadlineTree.MaxNodesFor(Threads));
        }
    }

    private static void Move(List<nint> from, int index, out Thread* thread)
    {
        thread = (Thread*)from[index];
        from.RemoveAt(index);
    }

    private static int PlaceOf(List<nint> model, Thread* thread) =>
        model.TakeWhile(other => !(thread->Fair.Deadline < ((Thread*)other)->Fair.Deadline)).Count();

    private static uint NodesBelow(DeadlineNode* node)
    {
        uint nodes = 1;
        for (int rank = 0; node->Height > 0 && rank < node->Count; rank++)
        {
            nodes += NodesBelow(node->NodeAt(rank));
        }

        return nodes;
    }

    private static void Check(in DeadlineTree tree, List<nint> model)
    {
        Assert.Equal(model.FirstOrDefault(), (nint)tree.First);
        Assert.Equal(model.LastOrDefault(), (nint)tree.Last);
        var walked = new List<nint>();
        for (Thread* thread = tree.First; thread != null; thread = DeadlineTree.Next(thread))
        {
            walked.Add((nint)thread);
        }

        Assert.Equal(model, walked);
        fixed (DeadlineTree* at = &tree)
        {
            Assert.Equal((uint)model.Count, DeadlineTreeInvariants.Check(at));
        }

        for (int limit = -1; limit < 52; limit += 3)
        {
            nint expected = model.FirstOrDefault(thread => ((Thread*)thread)->Fair.VirtualRuntime <= new VirtualTime(limit));
            Assert.Equal(expected, (nint)tree.EarliestEligible(new VirtualTime(limit)));
        }
    }

    private Thread* At(int index) => (Thread*)_threads.Start + index;

    private DeadlineTree Empty()
    {
        DeadlineTree tree = default;
        tree.Initialize((DeadlineNode*)_nodes.Start);
        return tree;
    }
}
