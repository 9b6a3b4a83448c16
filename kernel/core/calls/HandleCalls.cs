using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Calls;

/// <summary>Turning handles of the calling process into objects, and closing them.</summary>
public static unsafe class HandleCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>Deletes a handle. <see cref="Error.StaleHandle"/>.</summary>
    public static Error Close(Cpu* cpu, ulong handle)
    {
        Process* process = cpu->Current->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        CapabilitySlot* slot = process->Handles.Find(handle);
        CapabilitySlot closed = default;
        if (slot != null)
        {
            closed = *slot;
            process->Handles.Remove(slot);
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        if (closed.Kind == ObjectKind.None)
        {
            return Error.StaleHandle;
        }

        References<TMachine>.Drop(cpu, closed.Kind, closed.Object);
        return Error.None;
    }

    /// <summary>Whether the caller's handle names the (only) object of this kind.</summary>
    public static Error Check(Cpu* cpu, ulong handle, ObjectKind kind)
    {
        Process* process = cpu->Current->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        Error error = KindError(process->Handles.Find(handle), kind);
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return error;
    }

    /// <summary>The thread that the caller's handle names, with a reference that the caller of this drops; null with an
    /// error.</summary>
    public static Thread* TakeThread(Cpu* cpu, ulong handle, out Error error)
    {
        ObjectHeader* header = Take(cpu, handle, ObjectKind.Thread, out error, out Ref reference);
        return header == null ? null : cpu->Kernel->ThreadOf(reference);
    }

    /// <summary>The process that the caller's handle names, with a reference that the caller of this drops; null with an
    /// error.</summary>
    public static Process* TakeProcess(Cpu* cpu, ulong handle, out Error error)
    {
        ObjectHeader* header = Take(cpu, handle, ObjectKind.Process, out error, out Ref reference);
        return header == null ? null : cpu->Kernel->ProcessOf(reference);
    }

    /// <summary>Drops a reference to a thread that <see cref="TakeThread"/> gave.</summary>
    public static void Drop(Cpu* cpu, Thread* thread) =>
        References<TMachine>.Drop(cpu, ObjectKind.Thread, thread->Header.Reference);

    /// <summary>Drops a reference to a process that <see cref="TakeProcess"/> gave.</summary>
    public static void Drop(Cpu* cpu, Process* process) =>
        References<TMachine>.Drop(cpu, ObjectKind.Process, process->Header.Reference);

    // The handle itself holds a reference, so under the lock the object lives and can be given one more.
    private static ObjectHeader* Take(Cpu* cpu, ulong handle, ObjectKind kind, out Error error, out Ref reference)
    {
        Process* process = cpu->Current->Process;
        ObjectHeader* header = null;
        reference = default;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        CapabilitySlot* slot = process->Handles.Find(handle);
        error = KindError(slot, kind);
        if (error == Error.None)
        {
            reference = slot->Object;
            header = kind == ObjectKind.Thread
                ? &cpu->Kernel->ThreadOf(reference)->Header
                : &cpu->Kernel->ProcessOf(reference)->Header;
            References<TMachine>.Take(header);
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return header;
    }

    private static Error KindError(CapabilitySlot* slot, ObjectKind kind) =>
        slot == null ? Error.StaleHandle : slot->Kind != kind ? Error.WrongKind : Error.None;
}
