using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Check;
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
    /// Derives a capability from one of <paramref name="sourceProcess"/>'s for <paramref name="targetProcess"/>, which may be the same process and
    /// which the caller holds. <see cref="Error.StaleHandle"/>, <see cref="Error.MissingRight"/>, <see
    /// cref="Error.BadState"/> if <paramref name="targetProcess"/> is ending, <see cref="Error.HandlesFull"/>, <see
    /// cref="Error.OutOfMemory"/>.
    /// </summary>
    public static Error Derive(Cpu* cpu, Process* sourceProcess, ulong handle, Rights mask, Process* targetProcess, out ulong newHandle)
    {
        DerivationRequest derivation = new() { SourceProcess = sourceProcess, SourceHandle = handle, RightsMask = mask, TargetProcess = targetProcess };
        Error error = Derive(cpu, &derivation);
        newHandle = derivation.NewHandle;
        return error;
    }

    /// <summary>The same with a badge, or into a slot that was taken before; such a slot stays the caller's on an
    /// error.</summary>
    public static Error Derive(Cpu* cpu, DerivationRequest* request)
    {
        Error error = TryDerive(cpu, request);
        return error == Error.HandlesFull ? DeriveIntoNewSlot(cpu, request) : error;
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

        CapabilitySlot* slot = AllocateSlot(cpu, process, out error);
        if (slot != null)
        {
            error = TryMove(cpu, process, handle, slot, out newHandle);
            if (error != Error.None)
            {
                FreeSlot(cpu, process, slot);
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
            DeleteLocked(cpu, slot);
            return Error.None;
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        cpu->Kernel->DerivationLock.Release<TMachine>(cpu, LockRank.Derivation);
        return Error.StaleHandle;
    }

    /// <summary>
    /// Deletes at most <paramref name="maxCount"/> of the capabilities that were derived from one, directly or not; <paramref
    /// name="hasMore"/> if there may be others. <see cref="Error.StaleHandle"/>; if the handle goes stale while this runs, there is
    /// nothing more to do.
    /// </summary>
    public static Error Revoke(Cpu* cpu, Process* process, ulong handle, uint maxCount, out bool hasMore)
    {
        hasMore = true;
        Error error = Error.None;
        for (uint i = 0; i < maxCount && hasMore; i++)
        {
            Error found = DeleteFirstChild(cpu, process, handle, out hasMore);
            error = i == 0 ? found : Error.None;
        }

        return error;
    }

    /// <summary>
    /// Gives <paramref name="creator"/>, the calling process, an original of a process that it has made and holds; that process's
    /// own capability to itself, whose tree has a reference, is made to be derived from it. <see
    /// cref="Error.HandlesFull"/>, <see cref="Error.OutOfMemory"/>.
    /// </summary>
    public static Error AddForCreator(Cpu* cpu, Process* creator, Process* newProcess, out ulong handle)
    {
        handle = 0;
        CapabilitySlot* slot = AllocateSlot(cpu, creator, out Error error);
        if (slot == null)
        {
            return error;
        }

        SpinLock* derivation = &cpu->Kernel->DerivationLock;
        derivation->Acquire<TMachine>(cpu, LockRank.Derivation);
        creator->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        CapabilitySpace.FillOriginal(slot, ObjectKind.Process, newProcess->Header.Reference);
        handle = slot->Handle;
        creator->Lock.Release<TMachine>(cpu, LockRank.Process);
        DerivationTree.AppendChild(slot, newProcess->Handles.SlotAt(BootHandle.Process));
        derivation->Release<TMachine>(cpu, LockRank.Derivation);
        return Error.None;
    }

    // Under the locks of derivation and of its process, which are given back.
    private static void DeleteLocked(Cpu* cpu, CapabilitySlot* slot)
    {
        SpinLock.CheckHeld<TMachine>(&cpu->Kernel->DerivationLock, cpu);
        SpinLock.CheckHeld<TMachine>(&slot->Owner->Lock, cpu);
        Process* process = slot->Owner;
        ObjectKind kind = slot->Kind;
        ObjectRef reference = slot->Object;
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
    private static Error DeriveIntoNewSlot(Cpu* cpu, DerivationRequest* request)
    {
        Process* to = request->TargetProcess;
        request->TargetSlot = AllocateSlot(cpu, to, out Error error);
        if (request->TargetSlot != null)
        {
            error = TryDerive(cpu, request);
            if (error != Error.None)
            {
                FreeSlot(cpu, to, request->TargetSlot);
            }
        }

        return error;
    }

    // Error.HandlesFull if no slot is given and none is at hand, although there may be memory for more.
    private static Error TryDerive(Cpu* cpu, DerivationRequest* request)
    {
        Process* locked = request->SourceProcess;
        SpinLock* tree = &cpu->Kernel->DerivationLock;
        tree->Acquire<TMachine>(cpu, LockRank.Derivation);
        locked->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        CapabilitySlot* source = locked->Handles.Find(request->SourceHandle);
        Error error = request->CheckSource(source, out Rights rights);
        if (error == Error.None && locked != request->TargetProcess)
        {
            locked->Lock.Release<TMachine>(cpu, LockRank.Process);
            locked = request->TargetProcess;
            locked->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        }

        error = error == Error.None ? DeriveLocked(cpu, request, source, rights) : error;
        locked->Lock.Release<TMachine>(cpu, LockRank.Process);
        tree->Release<TMachine>(cpu, LockRank.Derivation);
        return error;
    }

    // Under the locks of derivation, which keeps the source, and of the process that gets the capability.
    private static Error DeriveLocked(Cpu* cpu, DerivationRequest* request, CapabilitySlot* source, Rights rights)
    {
        SpinLock.CheckHeld<TMachine>(&cpu->Kernel->DerivationLock, cpu);
        SpinLock.CheckHeld<TMachine>(&request->TargetProcess->Lock, cpu);
        Process* to = request->TargetProcess;
        if (to->Phase != ProcessPhase.Alive)
        {
            return Error.BadState;
        }

        CapabilitySlot* slot = request->TargetSlot != null ? request->TargetSlot : to->Handles.TryAllocateSlot();
        if (slot == null)
        {
            return Error.HandlesFull;
        }

        FillDerived(source, slot, rights, request->Badge != 0 ? request->Badge : source->Badge);
        request->NewHandle = slot->Handle;
        return Error.None;
    }

    // A taken slot becomes a capability that is derived from another one.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void FillDerived(CapabilitySlot* source, CapabilitySlot* slot, Rights rights, ulong badge)
    {
        CapabilitySpace.Fill(slot, source->Kind, source->Object, rights, badge);
        DerivationTree.AppendChild(source, slot);
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
            slot = slot != null ? slot : process->Handles.TryAllocateSlot();
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
    private static Error DeleteFirstChild(Cpu* cpu, Process* process, ulong handle, out bool hasMore)
    {
        hasMore = false;
        SpinLock* derivation = &cpu->Kernel->DerivationLock;
        derivation->Acquire<TMachine>(cpu, LockRank.Derivation);
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        CapabilitySlot* revoked = process->Handles.Find(handle);
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        CapabilitySlot* child = revoked == null ? null : revoked->FirstChild;
        SeededBugs.DropLock<TMachine>(SeededBug.UnlockedRevoke, cpu, derivation, LockRank.Derivation);
        if (child != null)
        {
            Process* owner = child->Owner;
            owner->Lock.Acquire<TMachine>(cpu, LockRank.Process);
            DerivationTree.Remove(child);
            CapabilitySpace.Remove(owner, child);
            owner->Lock.Release<TMachine>(cpu, LockRank.Process);
            hasMore = revoked->FirstChild != null;
        }

        derivation->Release<TMachine>(cpu, LockRank.Derivation);

        return revoked == null ? Error.StaleHandle : Error.None;
    }

    private static CapabilitySlot* AllocateSlot(Cpu* cpu, Process* process, out Error error)
    {
        CapabilitySlot* slot = null;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        error = Error.BadState;
        if (process->Phase == ProcessPhase.Alive)
        {
            slot = process->Handles.AllocateSlot<TMachine>(cpu->Kernel, cpu, out error);
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return slot;
    }

    // The slots of a process that is ending may be gone by now.
    private static void FreeSlot(Cpu* cpu, Process* process, CapabilitySlot* slot)
    {
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (process->Phase == ProcessPhase.Alive)
        {
            CapabilitySpace.FreeSlot(process, slot);
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
    }
}
