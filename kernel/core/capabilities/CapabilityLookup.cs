using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Capabilities;

/// <summary>From a handle to the capability that a call needs.</summary>
public static unsafe class CapabilityLookup<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>The slot of a handle, if it is a capability to an object of that kind, with all of these rights. Under the process's
    /// lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryFind(Cpu* cpu, Process* process, ulong handle, ObjectKind kind, Rights needed, out CapabilitySlot* slot)
    {
        SpinLock.CheckHeld<TMachine>(&process->Lock, cpu);
        slot = CapabilitySpace.CandidateSlot(process, handle);
        return slot->Kind == kind && slot->Handle == handle && slot->HasRights(needed);
    }

    /// <summary>Why the caller cannot use a capability: <see cref="Error.StaleHandle"/>, <see cref="Error.WrongKind"/>, <see
    /// cref="Error.MissingRight"/>. Its process's lock is held, and given back.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error FailLookup(Cpu* cpu, ulong handle, ObjectKind kind)
    {
        Process* process = cpu->Current->Process;
        CapabilitySlot* slot = process->Handles.Find(handle);
        Error error = slot == null ? Error.StaleHandle : slot->Kind != kind ? Error.WrongKind : Error.MissingRight;
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return error;
    }
}
