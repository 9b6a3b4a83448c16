using System.Runtime.CompilerServices;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched.Fair;

/// <summary>How the tree keeps its shape: nodes that are full, and nodes that have become too empty.</summary>
public unsafe partial struct DeadlineTree
{
    // Both edges' nodes, of any number of levels that there can be.
    private const uint EdgeNodes = 32;

    /// <summary>The most nodes for so many threads: if each had its least number of entries, and the edges'.</summary>
    public static uint MaxNodesFor(uint threads) => (threads / (MinEntries - 1)) + EdgeNodes;

    /// <summary>Sets the tree up over memory for <see cref="MaxNodesFor"/> its threads, which need not be cleared.</summary>
    public void Initialize(DeadlineNode* nodes)
    {
        _neverUsed = nodes;
        _free = null;
        _first = null;
        _last = null;
        _root = AllocateNode(0);
    }

    private DeadlineNode* AllocateNode(uint height)
    {
        DeadlineNode* node = _free;
        if (node != null)
        {
            _free = node->Parent;
        }
        else
        {
            node = _neverUsed++;
        }

        node->Clear(height);
        return node;
    }

    private void FreeNode(DeadlineNode* node)
    {
        node->Parent = _free;
        _free = node;
    }

    // A leaf for a thread behind all others. What comes always at the end so leaves full nodes behind it.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private DeadlineNode* AppendRightmostNode(DeadlineNode* full, Thread* thread)
    {
        DeadlineNode* parent = full->Parent;
        if (parent == null)
        {
            parent = AddRootLevel();
        }
        else if (parent->IsFull)
        {
            parent = AppendRightmostNode(parent, thread);
        }

        DeadlineNode* node = AllocateNode(full->Height);
        node->Parent = parent;
        node->Slot = parent->Append(thread->Fair.Deadline.Value, thread->Fair.VirtualRuntime.Value, node);
        LowerMinRuntimes(parent, thread->Fair.VirtualRuntime.Value);
        return node;
    }

    // A level more: the root is the only branch of a new one.
    private DeadlineNode* AddRootLevel()
    {
        DeadlineNode* old = _root;
        _root = AllocateNode(old->Height + 1);
        SetBackLink(_root, _root->Append(old->DeadlineAt(0), old->MinRuntime(), old));
        return _root;
    }

    // A full node gives half of its entries to a new one behind it, which it returns.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private DeadlineNode* Split(DeadlineNode* full)
    {
        if (full->Parent == null)
        {
            AddRootLevel();
        }
        else if (full->Parent->IsFull)
        {
            Split(full->Parent);
        }

        DeadlineNode* parent = full->Parent;
        DeadlineNode* right = AllocateNode(full->Height);
        long least = DeadlineNode.MoveUpperHalf(full, right);
        for (uint slot = 0; slot < DeadlineNode.Capacity / 2; slot++)
        {
            SetBackLink(right, slot);
        }

        parent->MinRuntimes[full->Slot] = full->MinRuntime();
        right->Parent = parent;
        right->Slot = parent->InsertAt(parent->RankOf(full->Slot) + 1, right->DeadlineAt(0), least, right);
        return right;
    }

    // The first leaf is empty: the next one is the first from now on.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RemoveEmptyFirstLeaf(DeadlineNode* node)
    {
        while (node->Count == 0 && node->Parent != null)
        {
            DeadlineNode* parent = node->Parent;
            parent->RemoveFirst();
            FreeNode(node);
            node = parent;
        }

        if (node->Count == 0)
        {
            node->Height = 0;
            _first = null;
            _last = null;
            return;
        }

        while (node->Height > 0)
        {
            node = node->NodeAt(0);
        }

        _first = node->ThreadAt(0);
        DropSingleChildRoots();
    }

    // A node has lost an entry of that least runtime and has less than the least number of entries.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void FixUnderflow(DeadlineNode* node, long runtime)
    {
        DeadlineNode* parent = node->Parent;
        if (parent == null)
        {
            DropSingleChildRoots();
            return;
        }

        if (node->Count == 0)
        {
            parent->Remove(node->Slot);
            FreeNode(node);
        }
        else if (IsOnEdge(node))
        {
            RaiseMinRuntimes(node, runtime);
            return;
        }
        else
        {
            int rank = parent->RankOf(node->Slot);
            int right = rank == 0 ? 1 : rank;
            MergeOrRedistribute(parent, parent->NodeAt(right - 1), parent->NodeAt(right));
        }

        if (parent->Count < MinEntries)
        {
            FixUnderflow(parent, runtime);
        }
        else
        {
            RaiseMinRuntimes(parent, runtime);
        }
    }

    // Two neighbours become one, if all fits into it, or else equally full.
    private void MergeOrRedistribute(DeadlineNode* parent, DeadlineNode* left, DeadlineNode* right)
    {
        if (right->Height > 0)
        {
            // As a first branch's, it said nothing. It is to be one among others.
            right->Deadlines[right->SlotAt(0)] = parent->Deadlines[right->Slot];
        }

        int total = left->Count + right->Count;
        bool fits = total <= DeadlineNode.Capacity;
        while (right->Count > 0 && (fits || left->Count < total / 2))
        {
            uint slot = right->SlotAt(0);
            SetBackLink(left, left->Append(right->Deadlines[slot], right->MinRuntimes[slot], (void*)right->Children[slot]));
            right->RemoveFirst();
        }

        while (!fits && left->Count > total / 2)
        {
            uint slot = left->SlotAt(left->Count - 1);
            SetBackLink(right, right->InsertAt(0, left->Deadlines[slot], left->MinRuntimes[slot], (void*)left->Children[slot]));
            left->Truncate(left->Count - 1);
        }

        parent->MinRuntimes[left->Slot] = left->MinRuntime();
        if (fits)
        {
            parent->Remove(right->Slot);
            FreeNode(right);
        }
        else
        {
            parent->Deadlines[right->Slot] = right->DeadlineAt(0);
            parent->MinRuntimes[right->Slot] = right->MinRuntime();
        }
    }

    // A root with one branch only is none.
    private void DropSingleChildRoots()
    {
        while (_root->Height > 0 && _root->Count == 1)
        {
            DeadlineNode* old = _root;
            _root = old->NodeAt(0);
            _root->Parent = null;
            FreeNode(old);
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

    private readonly Thread* LastThread()
    {
        DeadlineNode* node = _root;
        while (node->Height > 0)
        {
            node = node->NodeAt(node->Count - 1);
        }

        return node->ThreadAt(node->Count - 1);
    }

    // Tells an entry where it is.
    private static void SetBackLink(DeadlineNode* node, uint slot)
    {
        if (node->Height == 0)
        {
            Thread* thread = (Thread*)node->Children[slot];
            thread->Fair.Node = node;
            thread->Fair.Slot = slot;
        }
        else
        {
            DeadlineNode* branch = (DeadlineNode*)node->Children[slot];
            branch->Parent = node;
            branch->Slot = slot;
        }
    }
}
