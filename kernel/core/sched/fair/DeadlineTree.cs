using System.Runtime.CompilerServices;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched.Fair;

/// <summary>
/// The queued threads of one CPU, ordered by virtual deadline; equal ones in the order in which they came. A B+ tree (Bayer
/// &amp; McCreight, "Organization and Maintenance of Large Ordered Indices", 1972), so O(log n) whatever the deadlines are.
/// Nodes know the least virtual runtime of each of their branches, so that the earliest deadline among the eligible is found
/// in one descent (Stoica &amp; Abdel-Wahab 1995, section 5).
/// </summary>
/// <remarks>
/// <para>A search reads the deadlines of a whole node without a branch: it costs what its few levels cost, and no wrong guesses.
/// That, not the number of comparisons, is what a binary tree is slow by.</para>
/// <para>The left edge (the way from the root to the first thread) does not know its first branch's least runtime: a search
/// has looked through that branch before it comes to a node of the edge. So taking out the first thread, as nearly every pick
/// does, changes one node.</para>
/// <para>Nodes come from an array with room for every thread, so that queueing cannot fail. All but those of the left and
/// the right edge have at least <see cref="MinEntries"/> entries; edges are used up at one end and filled at the other.</para>
/// <para>All under the run queue's lock.</para>
/// </remarks>
public unsafe partial struct DeadlineTree
{
    /// <summary>What nodes have at least, apart from those of the edges.</summary>
    public const int MinEntries = 6;

    private DeadlineNode* _root;
    private Thread* _first;
    private Thread* _last;
    private DeadlineNode* _free;
    private DeadlineNode* _neverUsed;

    /// <summary>The earliest deadline, or null.</summary>
    public readonly Thread* First => _first;

    /// <summary>The latest deadline, or null.</summary>
    public readonly Thread* Last => _last;

    /// <summary>The root; for checks.</summary>
    public readonly DeadlineNode* Root => _root;

    /// <summary>The next later deadline after a thread of the tree, or null.</summary>
    public static Thread* Next(Thread* thread)
    {
        DeadlineNode* node = thread->Fair.Node;
        int rank = node->RankOf(thread->Fair.Slot) + 1;
        while (rank == node->Count)
        {
            if (node->Parent == null)
            {
                return null;
            }

            rank = node->Parent->RankOf(node->Slot) + 1;
            node = node->Parent;
        }

        while (node->Height > 0)
        {
            node = node->NodeAt(rank);
            rank = 0;
        }

        return node->ThreadAt(rank);
    }

    /// <summary>The earliest deadline among those whose virtual runtime does not exceed <paramref name="maxRuntime"/>, or null.
    /// O(log n).</summary>
    public readonly Thread* EarliestEligible(VirtualTime maxRuntime)
    {
        if (_first == null)
        {
            return null;
        }

        // Up the left edge: of each node the branches that are behind the one from which the search comes.
        DeadlineNode* node = _first->Fair.Node;
        int rank = node->FirstRankUpTo(maxRuntime, 0);
        while (rank == node->Count)
        {
            node = node->Parent;
            if (node == null)
            {
                return null;
            }

            rank = node->FirstRankUpTo(maxRuntime, 1);
        }

        while (node->Height > 0)
        {
            node = node->NodeAt(rank);
            rank = node->FirstRankUpTo(maxRuntime, 0);
        }

        return node->ThreadAt(rank);
    }

    /// <summary>Adds a thread, behind those of equal deadline.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Insert(Thread* thread)
    {
        if (_last != null && thread->Fair.Deadline < _last->Fair.Deadline)
        {
            InsertBeforeLast(thread);
            return;
        }

        DeadlineNode* leaf = _last == null ? _root : _last->Fair.Node;
        if (leaf->IsFull)
        {
            leaf = AppendRightmostNode(leaf, thread);
        }

        thread->Fair.Slot = leaf->Append(thread->Fair.Deadline.Value, thread->Fair.VirtualRuntime.Value, thread);
        thread->Fair.Node = leaf;
        _first = _last == null ? thread : _first;
        _last = thread;
        LowerMinRuntimes(leaf, thread->Fair.VirtualRuntime.Value);
    }

    /// <summary>Takes out a thread of the tree.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(Thread* thread)
    {
        if (thread != _first)
        {
            RemoveNotFirst(thread);
            return;
        }

        DeadlineNode* leaf = thread->Fair.Node;
        leaf->RemoveFirst();
        if (leaf->Count > 0)
        {
            _first = leaf->ThreadAt(0);
        }
        else
        {
            RemoveEmptyFirstLeaf(leaf);
        }
    }

    /// <summary>Takes out the only thread of the tree and adds another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ReplaceOnly(Thread* thread)
    {
        DeadlineNode* leaf = _first->Fair.Node;
        uint slot = _first->Fair.Slot;
        leaf->Deadlines[slot] = thread->Fair.Deadline.Value;
        leaf->MinRuntimes[slot] = thread->Fair.VirtualRuntime.Value;
        leaf->Children[slot] = (ulong)thread;
        thread->Fair.Node = leaf;
        thread->Fair.Slot = slot;
        _first = thread;
        _last = thread;
    }

    // Where its deadline belongs. Every branch on the way down counts it at once.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void InsertBeforeLast(Thread* thread)
    {
        VirtualTime deadline = thread->Fair.Deadline;
        long runtime = thread->Fair.VirtualRuntime.Value;
        DeadlineNode* node = _root;
        for (uint level = _root->Height; level > 0; level--)
        {
            uint slot = DeadlineNode.ChildSlotFor(node, deadline);
            node->LowerMinRuntime(slot, runtime);
            node = (DeadlineNode*)node->Children[slot];
        }

        if (node->IsFull)
        {
            DeadlineNode* right = Split(node);
            node = deadline < new VirtualTime(right->DeadlineAt(0)) ? node : right;
            LowerMinRuntimes(node, runtime);
        }

        thread->Fair.Slot = node->InsertAt(DeadlineNode.UpperBound(node, deadline), deadline.Value, runtime, thread);
        thread->Fair.Node = node;
        if (deadline < _first->Fair.Deadline)
        {
            _first = thread;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RemoveNotFirst(Thread* thread)
    {
        DeadlineNode* leaf = thread->Fair.Node;
        long runtime = thread->Fair.VirtualRuntime.Value;
        leaf->Remove(thread->Fair.Slot);
        if (leaf->Count < MinEntries)
        {
            FixUnderflow(leaf, runtime);
        }
        else
        {
            RaiseMinRuntimes(leaf, runtime);
        }

        if (thread == _last)
        {
            _last = LastThread();
        }
    }

    // A new entry of a node lowers the least runtimes above it, until one is less already.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LowerMinRuntimes(DeadlineNode* node, long runtime)
    {
        while (node->Parent != null && runtime - node->Parent->MinRuntimes[node->Slot] < 0)
        {
            node->Parent->MinRuntimes[node->Slot] = runtime;
            node = node->Parent;
        }
    }

    // An entry of a node is gone: if the least runtimes above were its, they are others' now.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void RaiseMinRuntimes(DeadlineNode* node, long runtime)
    {
        while (node->Parent != null && node->Parent->MinRuntimes[node->Slot] == runtime)
        {
            node->Parent->MinRuntimes[node->Slot] = node->MinRuntime();
            node = node->Parent;
        }
    }
}
