using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Fair;

public sealed unsafe class DeadlineTreeTests : IDisposable
{
    private const int Threads = 40;

    private readonly NativeBlock _threads = new(Threads * (ulong)sizeof(Thread));

    public void Dispose() => _threads.Dispose();

    [Fact]
    public void Inserting_removing_and_searching_agree_with_a_sorted_list() => Operations.Check(operations =>
    {
        DeadlineTree tree = default;
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
                thread->Fair.Runtime = new VirtualTime(operation / 11 % 50);
                tree.Insert(thread);
                model.Insert(model.TakeWhile(other => !(thread->Fair.Deadline < ((Thread*)other)->Fair.Deadline)).Count(), (nint)thread);
            }

            Check(in tree, model);
        }
    });

    [Fact]
    public void Taking_the_first_and_adding_at_the_end_for_ever_keeps_the_tree_sound()
    {
        DeadlineTree tree = default;
        var model = new List<nint>();
        for (int i = 0; i < Threads; i++)
        {
            Thread* thread = (Thread*)_threads.Start + i;
            thread->Fair.Deadline = new VirtualTime(i);
            thread->Fair.Runtime = new VirtualTime(i);
            tree.Insert(thread);
            model.Add((nint)thread);
        }

        for (int i = 0; i < 5000; i++)
        {
            Thread* first = tree.First;
            tree.Remove(first);
            model.RemoveAt(0);
            first->Fair.Runtime = tree.Last->Fair.Runtime + ((i * 7 % 13) - 4);
            first->Fair.Deadline = tree.Last->Fair.Deadline + (i % 3);
            tree.Insert(first);
            model.Add((nint)first);
            Check(in tree, model);
        }
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
        if (tree.Root != null)
        {
            Assert.True(tree.Root->Fair.Parent == null);
            CheckNode(tree.Root, onSpine: true);
        }

        for (int limit = -1; limit < 52; limit += 3)
        {
            nint expected = model.FirstOrDefault(thread => ((Thread*)thread)->Fair.Runtime <= new VirtualTime(limit));
            Assert.Equal(expected, (nint)tree.FirstUpTo(new VirtualTime(limit)));
        }
    }

    // Gives the least runtime of all that is at or below the node.
    private static long CheckNode(Thread* node, bool onSpine)
    {
        Assert.Equal(onSpine ? 1ul : 0, node->Fair.OnSpine);
        long counted = node->Fair.Runtime.Value;
        long all = counted;
        if (node->Fair.Right != null)
        {
            Assert.True(node->Fair.Right->Fair.Parent == node && node->Fair.Right->Fair.Rank <= node->Fair.Rank);
            counted = Math.Min(counted, CheckNode(node->Fair.Right, onSpine: false));
            all = counted;
        }

        if (node->Fair.Left != null)
        {
            Assert.True(node->Fair.Left->Fair.Parent == node && node->Fair.Left->Fair.Rank <= node->Fair.Rank);
            long left = CheckNode(node->Fair.Left, onSpine);
            all = Math.Min(all, left);
            counted = onSpine ? counted : all;
        }

        Assert.Equal(counted, node->Fair.Least.Value);
        return all;
    }
}
