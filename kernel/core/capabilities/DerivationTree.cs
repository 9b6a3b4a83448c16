using System.Runtime.CompilerServices;
using Lachesis.Core.Check;
using Lachesis.Core.Machine;

namespace Lachesis.Core.Capabilities;

/// <summary>
/// Who derived which capability from which, over all processes: what revoking follows. A capability's children are a list in
/// the order in which they were derived. The ends of a list lead back up:
/// </summary>
/// <remarks>
/// <code>
///            parent ◄───────────────┐
///    FirstChild │  └── LastChild ─┐ │
///               ▼                 ▼ │
///     parent|1 ◄─ child ⇄ child ⇄ child ─► parent|1
/// </code>
/// Originals have no parent. One starts as the only member of a list whose ends are null with bit 0 set; when it is deleted,
/// its children take its place in that list and are originals from then on. So every operation here touches at most six
/// capabilities, however many there are. A child's place among its siblings says nothing about rights, and only the ends of
/// a list know the parent, which is all that is needed: nothing here walks.
/// <para>All members of a tree, that is of a list of originals and all that is below it, name one object, to which the tree
/// holds one reference: it begins with its first member and ends with its last. So deriving counts nothing.</para>
/// <para>A slot that is in no list has no children.</para>
/// <para>All under <see cref="LockRank.Derivation"/>; only an original that nobody has seen yet is made without it.</para>
/// </remarks>
public static unsafe class DerivationTree
{
    /// <summary>The bit that marks a link as one to the parent.</summary>
    public const ulong ParentBit = 1;

    /// <summary>Both links of an original that is alone.</summary>
    public const ulong NoParent = ParentBit;

    /// <summary>Makes a capability that is in no list an original, the first of a tree.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MakeOriginal(CapabilitySlot* slot)
    {
        slot->Next = NoParent;
        slot->Previous = NoParent;
    }

    /// <summary>Makes a capability that is in no list, or an original that is alone in its list, the last child of another
    /// one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AppendChild(CapabilitySlot* parent, CapabilitySlot* child)
    {
        CapabilitySlot* last = parent->LastChild;
        child->Next = (ulong)parent | ParentBit;
        if (last == null)
        {
            child->Previous = (ulong)parent | ParentBit;
            parent->FirstChild = child;
        }
        else
        {
            child->Previous = (ulong)last;
            last->Next = (ulong)child;
        }

        parent->LastChild = child;
    }

    /// <summary>Takes a capability out; its children take its place. Whether it was the last of its tree.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool Remove(CapabilitySlot* slot)
    {
        CapabilitySlot* first = slot->FirstChild;
        SeededBugs.Inject(SeededBug.OrphanedChildren, ref *(ulong*)&first, 0ul);
        if (first == null)
        {
            SetNext(slot->Previous, slot->Next);
            SetPrevious(slot->Next, slot->Previous);
            return (slot->Next | slot->Previous) == NoParent;
        }

        CapabilitySlot* last = slot->LastChild;
        first->Previous = slot->Previous;
        last->Next = slot->Next;
        SetNext(slot->Previous, (ulong)first);
        SetPrevious(slot->Next, (ulong)last);
        slot->FirstChild = null;
        slot->LastChild = null;
        return false;
    }

    /// <summary>Takes a capability out that is the only child of another one and has no children; false, and nothing has
    /// changed, if it is not that.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRemoveOnlyChild(CapabilitySlot* slot)
    {
        // Only a parent is on both sides of it, or nobody.
        ulong parent = slot->Next;
        if (slot->FirstChild != null || parent != slot->Previous || parent == NoParent)
        {
            return false;
        }

        ((CapabilitySlot*)(parent - ParentBit))->FirstChild = null;
        ((CapabilitySlot*)(parent - ParentBit))->LastChild = null;
        return true;
    }

    /// <summary>Puts <paramref name="slot"/>, which is in no list, where <paramref name="old"/> is, with its
    /// children.</summary>
    public static void Replace(CapabilitySlot* old, CapabilitySlot* slot)
    {
        slot->Previous = old->Previous;
        slot->Next = old->Next;
        SetNext(old->Previous, (ulong)slot);
        SetPrevious(old->Next, (ulong)slot);
        slot->FirstChild = old->FirstChild;
        slot->LastChild = old->LastChild;
        if (slot->FirstChild != null)
        {
            slot->FirstChild->Previous = (ulong)slot | ParentBit;
            slot->LastChild->Next = (ulong)slot | ParentBit;
        }

        old->FirstChild = null;
        old->LastChild = null;
    }

    // What follows `at`, a sibling or a link to the parent, is `next`: a sibling, or a link to the parent if none is left.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SetNext(ulong link, ulong next)
    {
        if ((link & ParentBit) == 0)
        {
            ((CapabilitySlot*)link)->Next = next;
        }
        else if (link != NoParent)
        {
            ((CapabilitySlot*)(link - ParentBit))->FirstChild = SiblingOrNull(next);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SetPrevious(ulong link, ulong previous)
    {
        if ((link & ParentBit) == 0)
        {
            ((CapabilitySlot*)link)->Previous = previous;
        }
        else if (link != NoParent)
        {
            ((CapabilitySlot*)(link - ParentBit))->LastChild = SiblingOrNull(previous);
        }
    }

    private static CapabilitySlot* SiblingOrNull(ulong link) => (link & ParentBit) == 0 ? (CapabilitySlot*)link : null;
}
