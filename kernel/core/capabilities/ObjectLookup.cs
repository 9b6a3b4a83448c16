using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Capabilities;

/// <summary>Turning handles of the calling process into objects, if they give the right to what is asked for, and closing them.</summary>
public static unsafe class ObjectLookup<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>Deletes a handle. <see cref="Error.StaleHandle"/>. Whoever waited at an object whose last one that was
    /// wakes.</summary>
    public static Error DeleteCapability(Cpu* cpu, ulong handle) => Capabilities<TMachine>.DeleteFromCaller(cpu, handle);

    /// <summary>Whether the caller's handle names the (only) object of this kind, with the rights needed.</summary>
    public static Error CheckCapability(Cpu* cpu, ulong handle, ObjectKind kind, Rights needed)
    {
        Process* process = cpu->Current->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        Error error = CheckSlot(process->Handles.Find(handle), kind, needed);
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return error;
    }

    /// <summary>The thread that the caller's handle names with the rights needed, with a reference that the caller of this
    /// drops; null with an error.</summary>
    public static Thread* TakeThread(Cpu* cpu, ulong handle, Rights needed, out Error error)
    {
        CapabilitySlot* slot = LookUpLocked(cpu, handle, ObjectKind.Thread, needed, out error);
        Thread* thread = null;
        if (slot != null)
        {
            thread = (Thread*)cpu->Kernel->Threads.At(slot->Object.Index);
            References<TMachine>.Take(&thread->Header);
        }

        cpu->Current->Process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return thread;
    }

    /// <summary>The process that the caller's handle names with the rights needed, with a reference that the caller of this
    /// drops; null with an error.</summary>
    public static Process* TakeProcess(Cpu* cpu, ulong handle, Rights needed, out Error error)
    {
        CapabilitySlot* slot = LookUpLocked(cpu, handle, ObjectKind.Process, needed, out error);
        Process* process = null;
        if (slot != null)
        {
            process = (Process*)cpu->Kernel->Processes.At(slot->Object.Index);
            References<TMachine>.Take(&process->Header);
        }

        cpu->Current->Process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return process;
    }

    /// <summary>The object that the caller's handle names, of a kind that has a pool and begins with its header, with the rights
    /// needed, with a reference that the caller of this drops, and the capability's badge; null with an error.</summary>
    public static ObjectHeader* TakeObject(
        Cpu* cpu, ulong handle, ObjectKind kind, Rights needed, out ulong badge, out Error error)
    {
        CapabilitySlot* slot = LookUpLocked(cpu, handle, kind, needed, out error);
        ObjectHeader* header = null;
        badge = 0;
        if (slot != null)
        {
            badge = slot->Badge;
            header = (ObjectHeader*)cpu->Kernel->PoolOf(kind)->At(slot->Object.Index);
            References<TMachine>.Take(header);
        }

        cpu->Current->Process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return header;
    }

    /// <summary>The calling process gets the original of a new object, whose only reference becomes that one's: the call's
    /// value is the handle. On an error the object is gone again.</summary>
    public static Error InstallNewObject(Cpu* cpu, ObjectKind kind, ObjectHeader* newObject)
    {
        Process* caller = cpu->Current->Process;
        caller->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        Error error = caller->Handles.AddOriginal<TMachine>(cpu->Kernel, cpu, kind, newObject->Reference, out ulong handle);
        caller->Lock.Release<TMachine>(cpu, LockRank.Process);
        if (error != Error.None)
        {
            References<TMachine>.Drop(cpu, kind, newObject->Reference);
            return error;
        }

        return Results.Ok(cpu, handle);
    }

    /// <summary>Drops a reference to a thread that <see cref="TakeThread"/> gave.</summary>
    public static void Drop(Cpu* cpu, Thread* thread) =>
        References<TMachine>.Drop(cpu, ObjectKind.Thread, thread->Header.Reference);

    /// <summary>Drops a reference to a process that <see cref="TakeProcess"/> gave.</summary>
    public static void Drop(Cpu* cpu, Process* process) =>
        References<TMachine>.Drop(cpu, ObjectKind.Process, process->Header.Reference);

    // Finds a capability and leaves its process locked: its tree holds a reference, so while the lock is held the object lives and
    // can be given one more.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static CapabilitySlot* LookUpLocked(Cpu* cpu, ulong handle, ObjectKind kind, Rights needed, out Error error)
    {
        Process* process = cpu->Current->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        CapabilitySlot* slot = process->Handles.Find(handle);
        error = CheckSlot(slot, kind, needed);
        return error == Error.None ? slot : null;
    }

    // In this order: what the handle names, what it is, what may be done with it.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Error CheckSlot(CapabilitySlot* slot, ObjectKind kind, Rights needed) =>
        slot == null ? Error.StaleHandle
        : slot->Kind != kind ? Error.WrongKind
        : !slot->HasRights(needed) ? Error.MissingRight
        : Error.None;
}
