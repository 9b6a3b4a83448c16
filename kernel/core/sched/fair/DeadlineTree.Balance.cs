using System.Runtime.CompilerServices;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched.Fair;

/// <summary>Keeping the tree balanced and its least runtimes true.</summary>
public unsafe partial struct DeadlineTree
{
    // A red node under a red one: recolours upwards, and rotates at most twice.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void BalanceAfterInsert(Thread* node)
    {
        Thread* parent = node->Fair.Parent;
        while (parent != null && parent->Fair.Red != 0)
        {
            Thread* above = parent->Fair.Parent;
            bool onLeft = parent == above->Fair.Left;
            Thread* uncle = onLeft ? above->Fair.Right : above->Fair.Left;
            if (IsRed(uncle))
            {
                parent->Fair.Red = 0;
                uncle->Fair.Red = 0;
                above->Fair.Red = 1;
                node = above;
                parent = node->Fair.Parent;
                continue;
            }

            if (node == (onLeft ? parent->Fair.Right : parent->Fair.Left))
            {
                Rotate(parent, toLeft: onLeft);
                parent = node;
            }

            parent->Fair.Red = 0;
            above->Fair.Red = 1;
            Rotate(above, toLeft: !onLeft);
            break;
        }

        _root->Fair.Red = 0;
    }

    // Below parent, where node is (or nothing), paths have one black node too few.
    private void BalanceAfterRemove(Thread* node, Thread* parent)
    {
        while (parent != null && !IsRed(node))
        {
            bool onLeft = node == parent->Fair.Left;
            Thread* sibling = onLeft ? parent->Fair.Right : parent->Fair.Left;
            if (sibling->Fair.Red != 0)
            {
                sibling->Fair.Red = 0;
                parent->Fair.Red = 1;
                Rotate(parent, toLeft: onLeft);
                sibling = onLeft ? parent->Fair.Right : parent->Fair.Left;
            }

            Thread* near = onLeft ? sibling->Fair.Left : sibling->Fair.Right;
            Thread* far = onLeft ? sibling->Fair.Right : sibling->Fair.Left;
            if (!IsRed(near) && !IsRed(far))
            {
                sibling->Fair.Red = 1;
                node = parent;
                parent = node->Fair.Parent;
                continue;
            }

            if (!IsRed(far))
            {
                near->Fair.Red = 0;
                sibling->Fair.Red = 1;
                Rotate(sibling, toLeft: !onLeft);
                far = sibling;
                sibling = near;
            }

            sibling->Fair.Red = parent->Fair.Red;
            parent->Fair.Red = 0;
            far->Fair.Red = 0;
            Rotate(parent, toLeft: onLeft);
            return;
        }

        if (node != null)
        {
            node->Fair.Red = 0;
        }
    }

    // The child on the other side comes up, the node goes down to the side named.
    private void Rotate(Thread* node, bool toLeft)
    {
        Thread* up = toLeft ? node->Fair.Right : node->Fair.Left;
        Thread* across = toLeft ? up->Fair.Left : up->Fair.Right;
        if (toLeft)
        {
            node->Fair.Right = across;
            up->Fair.Left = node;
            up->Fair.OnSpine = node->Fair.OnSpine;
        }
        else
        {
            node->Fair.Left = across;
            up->Fair.Right = node;
            node->Fair.OnSpine = 0;
        }

        if (across != null)
        {
            across->Fair.Parent = node;
        }

        Replace(node, up);
        node->Fair.Parent = up;
        Refresh(node);
        Refresh(up);
    }

    // Puts a node, or nothing, where another was, as seen from above.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
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

    // A new leaf lowers the least runtimes above it, until one is less already or does not count it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void LowerLeast(Thread* leaf)
    {
        VirtualTime runtime = leaf->Fair.Runtime;
        Thread* below = leaf;
        Thread* node = leaf->Fair.Parent;
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

    private static bool IsRed(Thread* node) => node != null && node->Fair.Red != 0;
}
