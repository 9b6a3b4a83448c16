using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Capabilities;

/// <summary>
/// The common cases of copying and deleting, with the fewest steps: locks that are free, a slot at hand, no relatives but a
/// parent. Where it is not that, nothing has changed; then the general way does what is to be done, or says why it cannot be.
/// </summary>
/// <remarks>They call nothing, so nothing has to be kept for afterwards.</remarks>
public static unsafe partial class Capabilities<TMachine>
{
    /// <summary>The calling process gets another capability like one of its own, whose handle becomes the call's value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryFastCopy(Cpu* cpu, ulong handle)
    {
        Thread* caller = cpu->Current;
        Process* process = caller->Process;
        SpinLock* derivation = &cpu->Kernel->DerivationLock;
        if (!TryAcquireLocks(cpu, derivation, process))
        {
            return false;
        }

        CapabilitySlot* source = CapabilitySpace.CandidateSlot(process, handle);
        CapabilitySlot* slot = process->Handles.FirstFree;
        if (source->Kind == ObjectKind.None || source->Handle != handle || slot == null
            || process->Phase != ProcessPhase.Alive)
        {
            ReleaseLocks(cpu, derivation, process);
            return false;
        }

        process->Handles.FirstFree = CapabilitySpace.NextFree(slot);
        FillDerived(source, slot, source->Rights, source->Badge);
        caller->Context.Rdx = slot->Handle;
        ReleaseLocks(cpu, derivation, process);
        return true;
    }

    /// <summary>Deletes a capability of the calling process. <see cref="Error.StaleHandle"/>. Directly if it is the only child of
    /// another one and has none itself: as it has a parent, nobody is to be told.</summary>
    public static Error DeleteFromCaller(Cpu* cpu, ulong handle)
    {
        Process* process = cpu->Current->Process;
        SpinLock* derivation = &cpu->Kernel->DerivationLock;
        if (!TryAcquireLocks(cpu, derivation, process))
        {
            return DeleteFromCallerSlowpath(cpu, handle);
        }

        CapabilitySlot* slot = CapabilitySpace.CandidateSlot(process, handle);
        if (slot->Kind == ObjectKind.None || slot->Handle != handle)
        {
            ReleaseLocks(cpu, derivation, process);
            return Error.StaleHandle;
        }

        if (!DerivationTree.TryRemoveOnlyChild(slot))
        {
            return DeleteFromCallerLocked(cpu, slot);
        }

        CapabilitySpace.Remove(process, slot);
        ReleaseLocks(cpu, derivation, process);
        return Error.None;
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Error DeleteFromCallerSlowpath(Cpu* cpu, ulong handle) =>
        Scheduler<TMachine>.ReturnAfterWakeups(cpu, Delete(cpu, cpu->Current->Process, handle));

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Error DeleteFromCallerLocked(Cpu* cpu, CapabilitySlot* slot)
    {
        DeleteLocked(cpu, slot);
        return Scheduler<TMachine>.ReturnAfterWakeups(cpu, Error.None);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryAcquireLocks(Cpu* cpu, SpinLock* derivation, Process* process)
    {
        if (!SpinLock.TryAcquireUncontended<TMachine>(derivation, cpu, LockRank.Derivation))
        {
            return false;
        }

        if (!SpinLock.TryAcquireUncontended<TMachine>(&process->Lock, cpu, LockRank.Process))
        {
            SpinLock.Release<TMachine>(derivation, cpu, LockRank.Derivation);
            return false;
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReleaseLocks(Cpu* cpu, SpinLock* derivation, Process* process)
    {
        SpinLock.Release<TMachine>(&process->Lock, cpu, LockRank.Process);
        SpinLock.Release<TMachine>(derivation, cpu, LockRank.Derivation);
    }
}
