using System.Runtime.CompilerServices;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched.Fair;

/// <summary>
/// The queued threads of one CPU, ordered by virtual deadline; equal ones in the order in which they came. A treap (Seidel
/// &amp; Aragon, "Randomized Search Trees", 1996): a search tree by deadline that is a heap by rank, a random number drawn at
/// each insertion. So it is shaped like a tree filled in random order, whatever the deadlines are: O(log n) deep, expected,
/// and no order of deadlines makes it deeper. Nodes know the least virtual runtime below them, so that the earliest
/// deadline among the eligible is found in one descent (Stoica &amp; Abdel-Wahab 1995, section 5).
/// </summary>
/// <remarks>
/// <code>
///            c          the spine: a, b, c — from the first node up to the root. Their least runtimes
///          /   \        leave out the left subtree, which a search has looked through before it comes
///        b       f      to them. So taking out the first node, as nearly every pick does, changes no
///      /  \     / \     least runtime above it, and needs no rotation; adding at the end, as nearly
///     a    d   e   g    every new request does, climbs one step of the right edge on average.
/// </code>
/// All under the run queue's lock.
/// </remarks>
public unsafe struct DeadlineTree
{
    private const ulong RankMultiplier = 6364136223846793005;
    private const ulong RankIncrement = 1442695040888963407;

    private Thread* _root;
    private Thread* _first;
    private Thread* _last;
    private ulong _rank;

    /// <summary>The earliest deadline, or null.</summary>
    public readonly Thread* First => _first;

    /// <summary>The latest deadline, or null.</summary>
    public readonly Thread* Last => _last;

    /// <summary>The root, or null; for checks.</summary>
    public readonly Thread* Root => _root;

    /// <summary>The next later deadline after a thread of the tree, or null.</summary>
    public static Thread* Next(Thread* thread)
    {
        if (thread->Fair.Right != null)
        {
            return Leftmost(thread->Fair.Right);
        }

        Thread* below = thread;
        Thread* parent = thread->Fair.Parent;
        while (parent != null && below == parent->Fair.Right)
        {
            below = parent;
            parent = parent->Fair.Parent;
        }

        return parent;
    }

    /// <summary>The earliest deadline among those whose virtual runtime does not exceed <paramref name="limit"/>, or null.
    /// O(log n).</summary>
    public readonly Thread* FirstUpTo(VirtualTime limit)
    {
        // Up the spine: a node, then its right subtree, then the node above, is the order of deadlines.
        for (Thread* node = _first; node != null; node = node->Fair.Parent)
        {
            if (node->Fair.Least <= limit)
            {
                return node->Fair.Runtime <= limit ? node : FirstBelow(node->Fair.Right, limit);
            }
        }

        return null;
    }

    /// <summary>Adds a thread, behind those of equal deadline.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Insert(Thread* thread)
    {
        // A linear congruential generator with Knuth's constants; its high bits, which decide, are random enough.
        _rank = (_rank * RankMultiplier) + RankIncrement;
        thread->Fair.Rank = _rank;
        if (_last == null || thread->Fair.Deadline >= _last->Fair.Deadline)
        {
            Append(thread);
        }
        else
        {
            InsertWithin(thread);
        }
    }

    /// <summary>Takes out a thread of the tree.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Remove(Thread* thread)
    {
        if (thread == _first)
        {
            RemoveFirst(thread);
        }
        else
        {
            RemoveWithin(thread);
        }
    }

    /// <summary>Takes out the only thread of the tree and adds another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ReplaceOnly(Thread* thread)
    {
        FairEntity* entity = &thread->Fair;
        entity->Left = null;
        entity->Right = null;
        entity->Parent = null;
        entity->OnSpine = 1;
        entity->Least = entity->Runtime;
        _root = thread;
        _first = thread;
        _last = thread;
    }

    // Climbs the right edge past nodes of lower rank, which become its left subtree as they are.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Append(Thread* thread)
    {
        Thread* below = null;
        Thread* above = _last;
        while (above != null && above->Fair.Rank < thread->Fair.Rank)
        {
            below = above;
            above = above->Fair.Parent;
        }

        VirtualTime least = thread->Fair.Runtime;
        thread->Fair.Left = below;
        thread->Fair.Right = null;
        thread->Fair.Parent = above;
        _last = thread;
        if (below != null)
        {
            below->Fair.Parent = thread;
        }

        if (above == null)
        {
            thread->Fair.OnSpine = 1;
            thread->Fair.Least = least;
            _root = thread;
            _first = below == null ? thread : _first;
            return;
        }

        above->Fair.Right = thread;
        thread->Fair.OnSpine = 0;
        thread->Fair.Least = below != null && below->Fair.Least < least ? below->Fair.Least : least;
        LowerLeast(thread);
    }

    // The first node has no left subtree: its right one takes its place, and the left edge of that is spine from now on.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void RemoveFirst(Thread* thread)
    {
        Thread* child = thread->Fair.Right;
        Thread* parent = thread->Fair.Parent;
        Thread* first = parent;
        if (child != null)
        {
            child->Fair.Parent = parent;
            first = BecomeSpine(child);
        }

        _first = first;
        if (parent != null)
        {
            parent->Fair.Left = child;
            return;
        }

        _root = child;
        if (child == null)
        {
            _last = null;
        }
    }

    // Gives the last of the left edge that begins with a node.
    private static Thread* BecomeSpine(Thread* node)
    {
        while (true)
        {
            FairEntity* entity = &node->Fair;
            VirtualTime least = entity->Runtime;
            if (entity->Right != null && entity->Right->Fair.Least < least)
            {
                least = entity->Right->Fair.Least;
            }

            entity->OnSpine = 1;
            entity->Least = least;
            if (entity->Left == null)
            {
                return node;
            }

            node = entity->Left;
        }
    }

    // As a leaf where its deadline belongs, then up as far as its rank says.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void InsertWithin(Thread* thread)
    {
        Thread* at = _root;
        Thread* parent;
        bool onLeft;
        do
        {
            parent = at;
            onLeft = thread->Fair.Deadline < at->Fair.Deadline;
            at = onLeft ? at->Fair.Left : at->Fair.Right;
        }
        while (at != null);

        bool isFirst = onLeft && parent == _first;
        thread->Fair.Left = null;
        thread->Fair.Right = null;
        thread->Fair.Parent = parent;
        thread->Fair.OnSpine = isFirst ? 1ul : 0;
        thread->Fair.Least = thread->Fair.Runtime;
        if (onLeft)
        {
            parent->Fair.Left = thread;
            _first = isFirst ? thread : _first;
        }
        else
        {
            parent->Fair.Right = thread;
        }

        LowerLeast(thread);
        while (thread->Fair.Parent != null && thread->Fair.Parent->Fair.Rank < thread->Fair.Rank)
        {
            Raise(thread);
        }
    }

    // Down until one of its subtrees is empty; the other one takes its place.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void RemoveWithin(Thread* thread)
    {
        Thread* left = thread->Fair.Left;
        Thread* right = thread->Fair.Right;
        while (left != null && right != null)
        {
            Raise(left->Fair.Rank > right->Fair.Rank ? left : right);
            left = thread->Fair.Left;
            right = thread->Fair.Right;
        }

        Thread* child = left != null ? left : right;
        Thread* parent = thread->Fair.Parent;
        if (thread == _last)
        {
            _last = left != null ? Rightmost(left) : parent;
        }

        Replace(thread, child);
        RefreshUp(parent);
    }

    // A rotation: a node changes places with its parent.
    private void Raise(Thread* node)
    {
        Thread* parent = node->Fair.Parent;
        Thread* across;
        if (node == parent->Fair.Right)
        {
            across = node->Fair.Left;
            parent->Fair.Right = across;
            node->Fair.Left = parent;
            node->Fair.OnSpine = parent->Fair.OnSpine;
        }
        else
        {
            across = node->Fair.Right;
            parent->Fair.Left = across;
            node->Fair.Right = parent;
            parent->Fair.OnSpine = 0;
        }

        if (across != null)
        {
            across->Fair.Parent = parent;
        }

        Replace(parent, node);
        parent->Fair.Parent = node;
        Refresh(parent);
        Refresh(node);
    }

    // Puts a node, or nothing, where another was, as seen from above.
    private void Replace(Thread* old, Thread* with)
    {
        Thread* parent = old->Fair.Parent;
        if (with != null)
        {
            with->Fair.Parent = parent;
        }

        if (parent == null)
        {
            _root = with;
        }
        else if (parent->Fair.Left == old)
        {
            parent->Fair.Left = with;
        }
        else
        {
            parent->Fair.Right = with;
        }
    }

    // A new node lowers the least runtimes above it, until one is less already or does not count it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LowerLeast(Thread* added)
    {
        VirtualTime runtime = added->Fair.Runtime;
        Thread* below = added;
        Thread* node = added->Fair.Parent;
        while (node != null && runtime < node->Fair.Least && (node->Fair.OnSpine == 0 || node->Fair.Right == below))
        {
            node->Fair.Least = runtime;
            below = node;
            node = node->Fair.Parent;
        }
    }

    private static void RefreshUp(Thread* node)
    {
        while (node != null)
        {
            VirtualTime before = node->Fair.Least;
            Refresh(node);
            if (node->Fair.Least.Value == before.Value)
            {
                return;
            }

            node = node->Fair.Parent;
        }
    }

    private static void Refresh(Thread* node)
    {
        VirtualTime least = node->Fair.Runtime;
        Thread* right = node->Fair.Right;
        if (right != null && right->Fair.Least < least)
        {
            least = right->Fair.Least;
        }

        Thread* left = node->Fair.OnSpine == 0 ? node->Fair.Left : null;
        if (left != null && left->Fair.Least < least)
        {
            least = left->Fair.Least;
        }

        node->Fair.Least = least;
    }

    // Somewhere at or below the node there is one.
    private static Thread* FirstBelow(Thread* node, VirtualTime limit)
    {
        while (true)
        {
            if (node->Fair.Left != null && node->Fair.Left->Fair.Least <= limit)
            {
                node = node->Fair.Left;
            }
            else if (node->Fair.Runtime <= limit)
            {
                return node;
            }
            else
            {
                node = node->Fair.Right;
            }
        }
    }

    private static Thread* Leftmost(Thread* node)
    {
        while (node->Fair.Left != null)
        {
            node = node->Fair.Left;
        }

        return node;
    }

    private static Thread* Rightmost(Thread* node)
    {
        while (node->Fair.Right != null)
        {
            node = node->Fair.Right;
        }

        return node;
    }
}
