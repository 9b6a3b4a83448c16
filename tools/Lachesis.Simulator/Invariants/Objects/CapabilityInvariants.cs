using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Processes;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>
/// The tree of derivations: every capability is in it once, its links agree in both directions, and nothing gained a right
/// on its way down.
/// </summary>
internal static unsafe class CapabilityInvariants
{
    internal static void Check(SimulatedSystem system)
    {
        Require(*(ulong*)&system.Kernel->DerivationLock == 0, "the lock of derivation is held");
        ulong living = 0;
        foreach (nint process in system.Walk.Processes)
        {
            living += CountOf((Process*)process);
            CheckFree((Process*)process);
        }

        ulong met = 0;
        foreach (nint process in system.Walk.Processes)
        {
            CapabilitySpace* space = &((Process*)process)->Handles;
            for (uint i = 0; i < space->HighWaterMark; i++)
            {
                CapabilitySlot* slot = space->SlotAt(i);
                if (slot->Kind != ObjectKind.None && slot->Previous == DerivationTree.NoParent)
                {
                    Walk(system, null, slot, ref met, living);
                }
            }
        }

        Require(met == living, "a capability is derived from itself, or from one that is gone");
    }

    // How many references a capability stands for: a tree holds one, however many are in it, and the first of its originals is
    // taken for it.
    internal static ulong ReferencesOf(CapabilitySlot* slot) => slot->Previous == DerivationTree.NoParent ? 1ul : 0;

    private static ulong CountOf(Process* process)
    {
        ulong count = 0;
        for (uint i = 0; i < process->Handles.HighWaterMark; i++)
        {
            CapabilitySlot* slot = process->Handles.SlotAt(i);
            if (slot->Kind != ObjectKind.None)
            {
                Require(slot->Owner == process, "a capability belongs to a process in whose space it is not");
                Require((slot->FirstChild == null) == (slot->LastChild == null), "a capability has children at one end only");
                count++;
            }
            else
            {
                Require(slot->FirstChild == null && slot->LastChild == null, "a slot that is free has children");
            }
        }

        return count;
    }

    // What is to be given out again is free, and each of it stands in the list once.
    private static void CheckFree(Process* process)
    {
        uint count = 0;
        for (CapabilitySlot* slot = process->Handles.FirstFree; slot != null; slot = CapabilitySpace.NextFree(slot))
        {
            Require(slot->Kind == ObjectKind.None && slot->Owner == process, "a slot is in use, or another's, and is to be given out");
            Require(++count <= process->Handles.HighWaterMark, "the list of free slots goes in a circle");
        }
    }

    // A list of siblings, and all that is below them.
    private static void Walk(SimulatedSystem system, CapabilitySlot* parent, CapabilitySlot* first, ref ulong met, ulong living)
    {
        ulong up = (ulong)parent | DerivationTree.ParentBit;
        ulong before = up;
        for (ulong at = (ulong)first; at != up;)
        {
            Require((at & DerivationTree.ParentBit) == 0, "a list of siblings ends with another one's parent");
            CapabilitySlot* slot = (CapabilitySlot*)at;
            Require(IsLive(system, slot), "the tree of derivations leads to a slot that is free");
            Require(slot->Previous == before, "the tree of derivations disagrees with itself");
            Require(++met <= living, "the tree of derivations goes in a circle");
            CheckInherited(parent, slot);
            Require(NamesTheSame(parent == null ? first : parent, slot), "a tree of capabilities names more than one object");
            if (slot->FirstChild != null)
            {
                Walk(system, slot, slot->FirstChild, ref met, living);
            }

            before = at;
            at = slot->Next;
        }

        Require(parent == null || before == (ulong)parent->LastChild, "the last child is not the last of the children");
    }

    private static void CheckInherited(CapabilitySlot* parent, CapabilitySlot* slot)
    {
        if (parent != null)
        {
            Require((slot->Rights & ~parent->Rights) == 0, "a right was gained by deriving");
            Require(parent->Badge == 0 || slot->Badge == parent->Badge, "a badge was changed");
        }
    }

    private static bool NamesTheSame(CapabilitySlot* one, CapabilitySlot* other) =>
        one->Kind == other->Kind && one->Object.Index == other->Object.Index
        && one->Object.Generation == other->Object.Generation;

    private static bool IsLive(SimulatedSystem system, CapabilitySlot* slot) =>
        slot->Kind != ObjectKind.None && system.Walk.WasVisited(slot->Owner, VisitKind.InUse)
        && CapabilitySpace.IndexOf(slot->Handle) < slot->Owner->Handles.HighWaterMark
        && slot->Owner->Handles.SlotOfHandle(slot->Handle) == slot;
}
