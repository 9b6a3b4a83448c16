using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Capabilities;

/// <summary>Deriving capabilities from others, moving, deleting and revoking them.</summary>
/// <remarks>
/// Each operation takes the lock of derivation and, under it, the lock of one process at a time: a capability that was found
/// stays until the lock of derivation is free, so the process's lock can be given back in between. What is done under both is
/// O(1): pages for slots are had beforehand, and references are dropped afterwards.
/// </remarks>
public static unsafe partial class Capabilities<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Derives a capability from one of <paramref name="from"/>'s for <paramref name="to"/>, which may be the same process and
    /// which the caller holds. <see cref="Error.StaleHandle"/>, <see cref="Error.MissingRight"/>, <see
    /// cref="Error.BadState"/> if <paramref name="to"/> is ending, <see cref="Error.HandlesFull"/>, <see
    /// cref="Error.OutOfMemory"/>.
    /// </summary>
    public static Error Derive(Cpu* cpu, Process* from, ulong handle, Rights mask, Process* to, out ulong newHandle)
    {
        Derivation derivation = new() { From = from, Handle = handle, Mask = mask, To = to };
        Error error = Derive(cpu, &derivation);
        newHandle = derivation.Made;
        return error;
    }

    /// <summary>The same with a badge, or into a slot that was taken before; such a slot stays the caller's on an
    /// error.</summary>
    public static Error Derive(Cpu* cpu, Derivation* derivation)
    {
        Error error = TryDerive(cpu, derivation);
        return error == Error.HandlesFull ? DeriveIntoNewSlot(cpu, derivation) : error;
    }

    /// <summary>
    /// Moves a capability to another slot of its space: its handle goes stale, its place in the tree stays. <see
    /// cref="Error.StaleHandle"/>, <see cref="Error.HandlesFull"/>, <see cref="Error.OutOfMemory"/>.
    /// </summary>
    public static Error Move(Cpu* cpu, Process* process, ulong handle, out ulong newHandle)
    {
        Error error = TryMove(cpu, process, handle, null, out newHandle);
        if (error != Error.HandlesFull)
        {
            return error;
        }

        CapabilitySlot* slot = TakeSlot(cpu, process, out error);
        if (slot != null)
        {
            error = TryMove(cpu, process, handle, slot, out newHandle);
            if (error != Error.None)
            {
                PutBack(cpu, process, slot);
            }
        }

        return error;
    }

    /// <summary>Deletes a capability; what was derived from it counts as derived from its source. <see
    /// cref="Error.StaleHandle"/>.</summary>
    public static Error Delete(Cpu* cpu, Process* process, ulong handle)
    {
        cpu->Kernel->DerivationLock.Acquire<TMachine>(cpu, LockRank.Derivation);
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (process->Handles.TryFind(handle, out CapabilitySlot* slot))
        {
            DeleteFound(cpu, slot);
            return Error.None;
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        cpu->Kernel->DerivationLock.Release<TMachine>(cpu, LockRank.Derivation);
        return Error.StaleHandle;
    }

    /// <summary>
    /// Deletes at most <paramref name="most"/> of the capabilities that were derived from one, directly or not; <paramref
    /// name="more"/> if there may be others. <see cref="Error.StaleHandle"/>; if the handle goes stale while this runs, there is
    /// nothing more to do.
    /// </summary>
    public static Error Revoke(Cpu* cpu, Process* process, ulong handle, uint most, out bool more)
    {
        more = true;
        Error error = Error.None;
        for (uint i = 0; i < most && more; i++)
        {
            Error found = DeleteFirstChild(cpu, process, handle, out more);
            error = i == 0 ? found : Error.None;
        }

        return error;
    }

    /// <summary>
    /// Gives <paramref name="maker"/>, the calling process, an original of a process that it has made and holds; that process's
    /// own capability to itself, whose tree has a reference, is made to be derived from it. <see
    /// cref="Error.HandlesFull"/>, <see cref="Error.OutOfMemory"/>.
    /// </summary>
    public static Error GiveToMaker(Cpu* cpu, Process* maker, Process* made, out ulong handle)
    {
        handle = 0;
        CapabilitySlot* slot = TakeSlot(cpu, maker, out Error error);
        if (slot == null)
        {
            return error;
        }

        SpinLock* derivation = &cpu->Kernel->DerivationLock;
        derivation->Acquire<TMachine>(cpu, LockRank.Derivation);
        maker->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        CapabilitySpace.FillOriginal(slot, ObjectKind.Process, made->Header.Reference);
        handle = slot->Handle;
        maker->Lock.Release<TMachine>(cpu, LockRank.Process);
        DerivationTree.Append(slot, made->Handles.SlotAt(BootHandle.Process));
        derivation->Release<TMachine>(cpu, LockRank.Derivation);
        return Error.None;
    }

    // Under the locks of derivation and of its process, which are given back.
    private static void DeleteFound(Cpu* cpu, CapabilitySlot* slot)
    {
        Process* process = slot->Owner;
        ObjectKind kind = slot->Kind;
        Ref reference = slot->Object;
        bool last = DerivationTree.Remove(slot);
        CapabilitySpace.Remove(process, slot);
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        cpu->Kernel->DerivationLock.Release<TMachine>(cpu, LockRank.Derivation);
        if (last)
        {
            References<TMachine>.Drop(cpu, kind, reference);
        }
    }

    // A slot is taken first, if needs be from a new page, and then it cannot lack again.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Error DeriveIntoNewSlot(Cpu* cpu, Derivation* derivation)
    {
        Process* to = derivation->To;
        derivation->Slot = TakeSlot(cpu, to, out Error error);
        if (derivation->Slot != null)
        {
            error = TryDerive(cpu, derivation);
            if (error != Error.None)
            {
                PutBack(cpu, to, derivation->Slot);
            }
        }

        return error;
    }

    // Error.HandlesFull if no slot is given and none is at hand, although there may be memory for more.
    private static Error TryDerive(Cpu* cpu, Derivation* derivation)
    {
        Process* locked = derivation->From;
        SpinLock* tree = &cpu->Kernel->DerivationLock;
        tree->Acquire<TMachine>(cpu, LockRank.Derivation);
        locked->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        CapabilitySlot* source = locked->Handles.Find(derivation->Handle);
        Error error = derivation->Decode(source, out Rights rights);
        if (error == Error.None && locked != derivation->To)
        {
            locked->Lock.Release<TMachine>(cpu, LockRank.Process);
            locked = derivation->To;
            locked->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        }

        error = error == Error.None ? Put(cpu, derivation, source, rights) : error;
        locked->Lock.Release<TMachine>(cpu, LockRank.Process);
        tree->Release<TMachine>(cpu, LockRank.Derivation);
        return error;
    }

    // Under the locks of derivation, which keeps the source, and of the process that gets the capability.
    private static Error Put(Cpu* cpu, Derivation* derivation, CapabilitySlot* source, Rights rights)
    {
        Process* to = derivation->To;
        if (to->Phase != ProcessPhase.Alive)
        {
            return Error.BadState;
        }

        CapabilitySlot* slot = derivation->Slot != null ? derivation->Slot : to->Handles.TryTakeSlot();
        if (slot == null)
        {
            return Error.HandlesFull;
        }

        Place(source, slot, rights, derivation->Badge != 0 ? derivation->Badge : source->Badge);
        derivation->Made = slot->Handle;
        return Error.None;
    }

    // A taken slot becomes a capability that is derived from another one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Place(CapabilitySlot* source, CapabilitySlot* slot, Rights rights, ulong badge)
    {
        CapabilitySpace.Fill(slot, source->Kind, source->Object, rights, badge);
        DerivationTree.Append(source, slot);
    }

    // Error.HandlesFull if no slot is given and none is at hand.
    private static Error TryMove(Cpu* cpu, Process* process, ulong handle, CapabilitySlot* slot, out ulong newHandle)
    {
        newHandle = 0;
        SpinLock* tree = &cpu->Kernel->DerivationLock;
        tree->Acquire<TMachine>(cpu, LockRank.Derivation);
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        Error error = Error.StaleHandle;
        CapabilitySlot* old = process->Handles.Find(handle);
        if (old != null)
        {
            slot = slot != null ? slot : process->Handles.TryTakeSlot();
            error = slot != null ? Error.None : Error.HandlesFull;
        }

        if (error == Error.None)
        {
            CapabilitySpace.Fill(slot, old->Kind, old->Object, old->Rights, old->Badge);
            DerivationTree.Replace(old, slot);
            CapabilitySpace.Remove(process, old);
            newHandle = slot->Handle;
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        tree->Release<TMachine>(cpu, LockRank.Derivation);
        return error;
    }

    // Its children take its place, so whatever was derived from the capability comes to be a first child in the end.
    private static Error DeleteFirstChild(Cpu* cpu, Process* process, ulong handle, out bool more)
    {
        more = false;
        SpinLock* derivation = &cpu->Kernel->DerivationLock;
        derivation->Acquire<TMachine>(cpu, LockRank.Derivation);
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        CapabilitySlot* revoked = process->Handles.Find(handle);
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        CapabilitySlot* child = revoked == null ? null : revoked->FirstChild;
        bool early = false;
        SeededBugs.Alter(SeededBug.UnlockedRevoke, ref early, true);
        if (early)
        {
            derivation->Release<TMachine>(cpu, LockRank.Derivation);
        }

        if (child != null)
        {
            Process* owner = child->Owner;
            owner->Lock.Acquire<TMachine>(cpu, LockRank.Process);
            DerivationTree.Remove(child);
            CapabilitySpace.Remove(owner, child);
            owner->Lock.Release<TMachine>(cpu, LockRank.Process);
            more = revoked->FirstChild != null;
        }

        if (!early)
        {
            derivation->Release<TMachine>(cpu, LockRank.Derivation);
        }

        return revoked == null ? Error.StaleHandle : Error.None;
    }

    private static CapabilitySlot* TakeSlot(Cpu* cpu, Process* process, out Error error)
    {
        CapabilitySlot* slot = null;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        error = Error.BadState;
        if (process->Phase == ProcessPhase.Alive)
        {
            slot = process->Handles.TakeSlot<TMachine>(cpu->Kernel, cpu, out error);
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return slot;
    }

    // The slots of a process that is ending may be gone by now.
    private static void PutBack(Cpu* cpu, Process* process, CapabilitySlot* slot)
    {
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (process->Phase == ProcessPhase.Alive)
        {
            CapabilitySpace.PutBack(process, slot);
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
    }
}
