using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>What must hold for a deadline tree: its order, its links, what its nodes know of those below, how full they
/// are.</summary>
public static unsafe class DeadlineTreeInvariants
{
    private const uint MaxLevels = 32;
    private const int SlotBits = 4;

    /// <summary>Gives how many threads it has.</summary>
    public static uint Check(DeadlineTree* tree)
    {
        Require(tree->Root->Parent == null, "the root of a deadline tree has a parent");
        Require(tree->Root->Height < MaxLevels, "a deadline tree goes in a circle");
        Require(tree->Root->Height == 0 || tree->Root->Count > 1, "a deadline tree's root has one branch only");
        uint count = CheckBelow(tree->Root, isFirst: true, isLast: true);
        CheckOrder(tree, count);
        return count;
    }

    private static void CheckOrder(DeadlineTree* tree, uint count)
    {
        Thread* last = null;
        for (Thread* thread = tree->First; thread != null; thread = DeadlineTree.Next(thread))
        {
            Require(last == null || last->Fair.Deadline <= thread->Fair.Deadline, "a deadline tree is out of order");
            last = thread;
            count--;
        }

        Require(count == 0, "a walk through a deadline tree misses a thread");
        Require(tree->Last == last, "a deadline tree does not know its last");
    }

    // Gives how many threads there are.
    private static uint CheckBelow(DeadlineNode* node, bool isFirst, bool isLast)
    {
        CheckSlots(node);
        Require(
            isFirst || isLast || node->Count >= DeadlineTree.MinEntries,
            "a node of a deadline tree has too few entries");
        uint count = 0;
        for (int rank = 0; rank < node->Count; rank++)
        {
            uint slot = node->SlotAt(rank);
            Require(node->RankOf(slot) == rank, "a node does not find the rank of a slot");
            if (node->Height == 0)
            {
                CheckThread(node, slot);
                count++;
            }
            else
            {
                CheckBranch(node, rank, isFirst && rank == 0);
                count += CheckBelow(node->NodeAt(rank), isFirst && rank == 0, isLast && rank == node->Count - 1);
            }
        }

        return count;
    }

    // The order names every slot once, those with entries first.
    private static void CheckSlots(DeadlineNode* node)
    {
        Require(node->Count is >= 0 and <= DeadlineNode.Capacity, "a node has more entries than room");
        uint named = 0;
        uint used = 0;
        for (int rank = 0; rank < DeadlineNode.Capacity; rank++)
        {
            uint slot = (uint)(node->Permutation >> (rank * SlotBits)) & (DeadlineNode.Capacity - 1);
            named |= 1u << (int)slot;
            used |= rank < node->Count ? 1u << (int)slot : 0;
        }

        Require(named == (1u << DeadlineNode.Capacity) - 1, "a node's order is no permutation");
        Require(used == node->UsedSlots, "a node does not know which of its slots have entries");
    }

    private static void CheckThread(DeadlineNode* leaf, uint slot)
    {
        Thread* thread = (Thread*)leaf->Children[slot];
        Require(thread->Fair.Node == leaf && thread->Fair.Slot == slot, "a thread does not know its place in a deadline tree");
        Require(
            leaf->Deadlines[slot] == thread->Fair.Deadline.Value && leaf->MinRuntimes[slot] == thread->Fair.VirtualRuntime.Value,
            "a deadline tree's copy of a deadline or runtime is not the thread's");
    }

    // Of the first branch of a level's first node the least runtime says nothing, of the first branch of any node its beginning.
    private static void CheckBranch(DeadlineNode* node, int rank, bool isFirst)
    {
        uint slot = node->SlotAt(rank);
        DeadlineNode* below = node->NodeAt(rank);
        Require(below->Parent == node && below->Slot == slot, "a deadline tree's links disagree");
        Require(below->Height == node->Height - 1, "a deadline tree's levels are not one below the other");
        Require(below->Count > 0, "a branch of a deadline tree is empty");
        Require(isFirst || node->MinRuntimes[slot] == below->MinRuntime(), "a node does not know the least runtime below it");
        if (rank > 0)
        {
            long begins = node->Deadlines[slot];
            Require(unchecked(Outermost(below, first: true) - begins) >= 0, "a thread precedes what its branch begins with");
            long before = Outermost(node->NodeAt(rank - 1), first: false);
            Require(unchecked(before - begins) <= 0, "a thread comes after what the next branch begins with");
        }
    }

    private static long Outermost(DeadlineNode* node, bool first)
    {
        while (node->Height > 0)
        {
            node = node->NodeAt(first ? 0 : node->Count - 1);
        }

        return node->DeadlineAt(first ? 0 : node->Count - 1);
    }
}
