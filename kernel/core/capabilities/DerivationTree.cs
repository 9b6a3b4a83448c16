using System.Runtime.CompilerServices;
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
/// <para>All under <see cref="LockRank.Derivation"/>; only an original that nobody has seen yet is made without it.</para>
/// </remarks>
public static unsafe class DerivationTree
{
    /// <summary>The bit that marks a link as one to the parent.</summary>
    public const ulong ParentBit = 1;

    /// <summary>Both links of an original that is alone.</summary>
    public const ulong NoParent = ParentBit;

    /// <summary>Makes a capability an original without children.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Begin(CapabilitySlot* slot)
    {
        slot->FirstChild = null;
        slot->LastChild = null;
        slot->Next = NoParent;
        slot->Previous = NoParent;
    }

    /// <summary>Makes a capability the last child of another one, without children of its own.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void BeginUnder(CapabilitySlot* parent, CapabilitySlot* child)
    {
        child->FirstChild = null;
        child->LastChild = null;
        Append(parent, child);
    }

    /// <summary>Makes an original that is alone in its list the last child of another capability.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Append(CapabilitySlot* parent, CapabilitySlot* child)
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

    /// <summary>Takes a capability out; its children take its place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Remove(CapabilitySlot* slot)
    {
        CapabilitySlot* first = slot->FirstChild;
        SeededBugs.Alter(SeededBug.OrphanedChildren, ref *(ulong*)&first, 0ul);
        if (first == null)
        {
            SetNext(slot->Previous, slot->Next);
            SetPrevious(slot->Next, slot->Previous);
            return;
        }

        CapabilitySlot* last = slot->LastChild;
        first->Previous = slot->Previous;
        last->Next = slot->Next;
        SetNext(slot->Previous, (ulong)first);
        SetPrevious(slot->Next, (ulong)last);
    }

    /// <summary>Takes a capability out that has neither children nor siblings; false, and nothing has changed, if it has.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryRemoveLone(CapabilitySlot* slot)
    {
        // Only a parent is on both sides of it, or nobody.
        ulong parent = slot->Next;
        if (slot->FirstChild != null || parent != slot->Previous)
        {
            return false;
        }

        if (parent != NoParent)
        {
            ((CapabilitySlot*)(parent - ParentBit))->FirstChild = null;
            ((CapabilitySlot*)(parent - ParentBit))->LastChild = null;
        }

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
    }

    // What follows `at`, a sibling or a link to the parent, is `next`: a sibling, or a link to the parent if none is left.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SetNext(ulong at, ulong next)
    {
        if ((at & ParentBit) == 0)
        {
            ((CapabilitySlot*)at)->Next = next;
        }
        else if (at != NoParent)
        {
            ((CapabilitySlot*)(at - ParentBit))->FirstChild = SiblingOrNull(next);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void SetPrevious(ulong at, ulong previous)
    {
        if ((at & ParentBit) == 0)
        {
            ((CapabilitySlot*)at)->Previous = previous;
        }
        else if (at != NoParent)
        {
            ((CapabilitySlot*)(at - ParentBit))->LastChild = SiblingOrNull(previous);
        }
    }

    private static CapabilitySlot* SiblingOrNull(ulong link) => (link & ParentBit) == 0 ? (CapabilitySlot*)link : null;
}
