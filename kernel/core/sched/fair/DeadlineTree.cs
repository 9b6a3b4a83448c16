using System.Runtime.CompilerServices;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched.Fair;

/// <summary>
/// The queued threads of one CPU, ordered by virtual deadline; equal ones in the order in which they came. A red-black tree
/// whose nodes know the least virtual runtime below them, so that the earliest deadline among the eligible is found in
/// O(log n) (Stoica &amp; Abdel-Wahab 1995, section 5).
/// </summary>
/// <remarks>
/// <code>
///            c          the spine: a, b, c — from the first node up to the root. Their least runtimes
///          /   \        leave out the left subtree, which the search has looked through before it comes
///        b       f      to them. So taking out the first node, which happens at every pick, changes no
///      /  \     / \     least runtime at all; adding at the end stops at the first node that knows a
///     a    d   e   g    lesser one.
/// </code>
/// First and last are kept at hand. All under the run queue's lock. Red-black rules: Guibas &amp; Sedgewick 1978, as in
/// Cormen et al., chapter 13; insertion and removal rotate O(1) times amortised.
/// </remarks>
public unsafe partial struct DeadlineTree
{
    private Thread* _root;
    private Thread* _first;
    private Thread* _last;

    /// <summary>The earliest deadline, or null.</summary>
    public readonly Thread* First => _first;

    /// <summary>The root, or null; for checks.</summary>
    public readonly Thread* Root => _root;

    /// <summary>The latest deadline, or null; for checks.</summary>
    public readonly Thread* Last => _last;

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
    public void Insert(Thread* thread)
    {
        thread->Fair.Left = null;
        thread->Fair.Right = null;
        thread->Fair.Least = thread->Fair.Runtime;
        if (_root == null)
        {
            InsertOnly(thread);
            return;
        }

        Thread* parent = _last;
        if (thread->Fair.Deadline >= parent->Fair.Deadline)
        {
            parent->Fair.Right = thread;
            _last = thread;
            thread->Fair.OnSpine = 0;
        }
        else
        {
            parent = AttachWithin(thread);
        }

        thread->Fair.Parent = parent;
        thread->Fair.Red = 1;
        LowerLeast(thread);
        if (parent->Fair.Red != 0)
        {
            BalanceAfterInsert(thread);
        }
    }

    /// <summary>Takes out a thread of the tree.</summary>
    public void Remove(Thread* thread)
    {
        Thread* left = thread->Fair.Left;
        Thread* right = thread->Fair.Right;
        if (left != null && right != null)
        {
            RemoveInner(thread);
            return;
        }

        Thread* child = left != null ? left : right;
        Thread* parent = thread->Fair.Parent;
        bool wasFirst = thread == _first;

        // Red-black: the only child of a node is a red leaf, so it is itself the next or the previous one.
        if (wasFirst)
        {
            _first = right != null ? right : parent;
            if (right != null)
            {
                right->Fair.OnSpine = 1;
            }
        }

        if (thread == _last)
        {
            _last = left != null ? left : parent;
        }

        Replace(thread, child);
        if (!wasFirst)
        {
            RefreshUp(parent);
        }

        if (thread->Fair.Red == 0)
        {
            BalanceAfterRemove(child, parent);
        }
    }

    /// <summary>Takes out the only thread of the tree and adds another.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void ReplaceOnly(Thread* thread)
    {
        thread->Fair.Left = null;
        thread->Fair.Right = null;
        thread->Fair.Least = thread->Fair.Runtime;
        InsertOnly(thread);
    }

    /// <summary>Whether there is exactly one thread.</summary>
    public readonly bool HasOne => _first != null && _first == _last;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void InsertOnly(Thread* thread)
    {
        thread->Fair.Parent = null;
        thread->Fair.Red = 0;
        thread->Fair.OnSpine = 1;
        _root = thread;
        _first = thread;
        _last = thread;
    }

    // Hangs a thread that is not the last below its place; gives the node above it.
    private Thread* AttachWithin(Thread* thread)
    {
        Thread* at = _root;
        while (true)
        {
            if (thread->Fair.Deadline < at->Fair.Deadline)
            {
                if (at->Fair.Left == null)
                {
                    at->Fair.Left = thread;
                    bool isFirst = at == _first;
                    thread->Fair.OnSpine = isFirst ? 1u : 0;
                    _first = isFirst ? thread : _first;
                    return at;
                }

                at = at->Fair.Left;
            }
            else
            {
                if (at->Fair.Right == null)
                {
                    at->Fair.Right = thread;
                    thread->Fair.OnSpine = 0;
                    return at;
                }

                at = at->Fair.Right;
            }
        }
    }

    // A thread with two subtrees: the next one, which has no left subtree, takes its place.
    private void RemoveInner(Thread* thread)
    {
        Thread* next = Leftmost(thread->Fair.Right);
        Thread* child = next->Fair.Right;
        bool nextIsBelow = next->Fair.Parent == thread;
        Thread* parent = nextIsBelow ? next : next->Fair.Parent;
        uint red = next->Fair.Red;
        if (!nextIsBelow)
        {
            parent->Fair.Left = child;
            if (child != null)
            {
                child->Fair.Parent = parent;
            }

            next->Fair.Right = thread->Fair.Right;
            next->Fair.Right->Fair.Parent = next;
        }

        next->Fair.Left = thread->Fair.Left;
        next->Fair.Left->Fair.Parent = next;
        next->Fair.Red = thread->Fair.Red;
        next->Fair.OnSpine = thread->Fair.OnSpine;
        Replace(thread, next);
        if (!nextIsBelow)
        {
            RefreshUp(parent);
        }

        // It knows of itself only from here on; what is above may have known it already, or not.
        Refresh(next);
        RefreshUp(next->Fair.Parent);
        if (red == 0)
        {
            BalanceAfterRemove(child, parent);
        }
    }

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
}
