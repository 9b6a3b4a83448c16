using System.Runtime.CompilerServices;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched.Fair;

/// <summary>How the tree keeps its shape: nodes that are full, and nodes that have become too empty.</summary>
public unsafe partial struct DeadlineTree
{
    // Both edges' nodes, of any number of levels that there can be.
    private const uint EdgeNodes = 32;

    /// <summary>The most nodes for so many threads: if each had its least number of entries, and the edges'.</summary>
    public static uint NodesFor(uint threads) => (threads / (LeastEntries - 1)) + EdgeNodes;

    /// <summary>Sets the tree up over memory for <see cref="NodesFor"/> its threads, which need not be cleared.</summary>
    public void Initialize(DeadlineNode* nodes)
    {
        _unused = nodes;
        _free = null;
        _first = null;
        _last = null;
        _root = Take(0);
    }

    private DeadlineNode* Take(uint level)
    {
        DeadlineNode* node = _free;
        if (node != null)
        {
            _free = node->Parent;
        }
        else
        {
            node = _unused++;
        }

        node->Clear(level);
        return node;
    }

    private void Free(DeadlineNode* node)
    {
        node->Parent = _free;
        _free = node;
    }

    // A leaf for a thread behind all others. What comes always at the end so leaves full nodes behind it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private DeadlineNode* ExtendEdge(DeadlineNode* full, Thread* thread)
    {
        DeadlineNode* parent = full->Parent;
        if (parent == null)
        {
            parent = Grow();
        }
        else if (parent->IsFull)
        {
            parent = ExtendEdge(parent, thread);
        }

        DeadlineNode* node = Take(full->Level);
        node->Parent = parent;
        node->Slot = parent->Append(thread->Fair.Deadline.Value, thread->Fair.Runtime.Value, node);
        LowerLeast(parent, thread->Fair.Runtime.Value);
        return node;
    }

    // A level more: the root is the only branch of a new one.
    private DeadlineNode* Grow()
    {
        DeadlineNode* old = _root;
        _root = Take(old->Level + 1);
        Link(_root, _root->Append(old->DeadlineAt(0), old->LeastOfAll(), old));
        return _root;
    }

    // A full node gives half of its entries to a new one behind it, which it returns.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private DeadlineNode* Split(DeadlineNode* full)
    {
        if (full->Parent == null)
        {
            Grow();
        }
        else if (full->Parent->IsFull)
        {
            Split(full->Parent);
        }

        DeadlineNode* parent = full->Parent;
        DeadlineNode* right = Take(full->Level);
        long least = DeadlineNode.GiveHalf(full, right);
        for (uint slot = 0; slot < DeadlineNode.Capacity / 2; slot++)
        {
            Link(right, slot);
        }

        parent->Least[full->Slot] = full->LeastOfAll();
        right->Parent = parent;
        right->Slot = parent->InsertAt(parent->RankOf(full->Slot) + 1, right->DeadlineAt(0), least, right);
        return right;
    }

    // The first leaf is empty: the next one is the first from now on.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void ShortenLeftEdge(DeadlineNode* node)
    {
        while (node->Count == 0 && node->Parent != null)
        {
            DeadlineNode* parent = node->Parent;
            parent->RemoveFirst();
            Free(node);
            node = parent;
        }

        if (node->Count == 0)
        {
            node->Level = 0;
            _first = null;
            _last = null;
            return;
        }

        while (node->Level > 0)
        {
            node = node->NodeAt(0);
        }

        _first = node->ThreadAt(0);
        Shrink();
    }

    // A node has lost an entry of that least runtime and has less than the least number of entries.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Refill(DeadlineNode* node, long runtime)
    {
        DeadlineNode* parent = node->Parent;
        if (parent == null)
        {
            Shrink();
            return;
        }

        if (node->Count == 0)
        {
            parent->Remove(node->Slot);
            Free(node);
        }
        else if (IsOnEdge(node))
        {
            RaiseLeast(node, runtime);
            return;
        }
        else
        {
            int rank = parent->RankOf(node->Slot);
            int right = rank == 0 ? 1 : rank;
            Even(parent, parent->NodeAt(right - 1), parent->NodeAt(right));
        }

        if (parent->Count < LeastEntries)
        {
            Refill(parent, runtime);
        }
        else
        {
            RaiseLeast(parent, runtime);
        }
    }

    // Two neighbours become one, if all fits into it, or else equally full.
    private void Even(DeadlineNode* parent, DeadlineNode* left, DeadlineNode* right)
    {
        if (right->Level > 0)
        {
            // As a first branch's, it said nothing. It is to be one among others.
            right->Deadlines[right->SlotAt(0)] = parent->Deadlines[right->Slot];
        }

        int total = left->Count + right->Count;
        bool fits = total <= DeadlineNode.Capacity;
        while (right->Count > 0 && (fits || left->Count < total / 2))
        {
            uint slot = right->SlotAt(0);
            Link(left, left->Append(right->Deadlines[slot], right->Least[slot], (void*)right->Below[slot]));
            right->RemoveFirst();
        }

        while (!fits && left->Count > total / 2)
        {
            uint slot = left->SlotAt(left->Count - 1);
            Link(right, right->InsertAt(0, left->Deadlines[slot], left->Least[slot], (void*)left->Below[slot]));
            left->Truncate(left->Count - 1);
        }

        parent->Least[left->Slot] = left->LeastOfAll();
        if (fits)
        {
            parent->Remove(right->Slot);
            Free(right);
        }
        else
        {
            parent->Deadlines[right->Slot] = right->DeadlineAt(0);
            parent->Least[right->Slot] = right->LeastOfAll();
        }
    }

    // A root with one branch only is none.
    private void Shrink()
    {
        while (_root->Level > 0 && _root->Count == 1)
        {
            DeadlineNode* old = _root;
            _root = old->NodeAt(0);
            _root->Parent = null;
            Free(old);
        }
    }

    private static bool IsOnEdge(DeadlineNode* node)
    {
        bool first = true;
        bool last = true;
        for (; node->Parent != null && (first || last); node = node->Parent)
        {
            first &= node->Parent->SlotAt(0) == node->Slot;
            last &= node->Parent->SlotAt(node->Parent->Count - 1) == node->Slot;
        }

        return first || last;
    }

    private readonly Thread* Rightmost()
    {
        DeadlineNode* node = _root;
        while (node->Level > 0)
        {
            node = node->NodeAt(node->Count - 1);
        }

        return node->ThreadAt(node->Count - 1);
    }

    // Tells an entry where it is.
    private static void Link(DeadlineNode* node, uint slot)
    {
        if (node->Level == 0)
        {
            Thread* thread = (Thread*)node->Below[slot];
            thread->Fair.Node = node;
            thread->Fair.Slot = slot;
        }
        else
        {
            DeadlineNode* branch = (DeadlineNode*)node->Below[slot];
            branch->Parent = node;
            branch->Slot = slot;
        }
    }
}
