using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Capabilities;

/// <summary>
/// The common cases of copying and deleting, with the fewest steps: locks that are free, a slot at hand, no relatives. Each gives
/// false, and has changed nothing, where it is not that; then the general way does what is to be done, or says why it cannot be.
/// </summary>
/// <remarks>They call nothing, so nothing has to be kept for afterwards.</remarks>
public static unsafe partial class Capabilities<TMachine>
{
    /// <summary>The calling process gets another capability like one of its own, whose handle becomes the call's value.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryCopy(Cpu* cpu, ulong handle)
    {
        Process* process = cpu->Current->Process;
        if (!TryTakeLocks(cpu, process))
        {
            return false;
        }

        CapabilitySlot* source = CapabilitySpace.Candidate(&process->Handles, handle);
        CapabilitySlot* slot = process->Handles.FirstFree;
        if (source->Kind == ObjectKind.None || source->Generation != CapabilitySpace.LifeOf(handle) || slot == null
            || process->Phase != ProcessPhase.Alive)
        {
            ReleaseLocks(cpu, process);
            return false;
        }

        process->Handles.TakeFirstFree();
        Place(cpu, source, slot, source->Rights, source->Badge);
        cpu->Current->Context.Rdx = CapabilitySpace.HandleOf(slot);
        ReleaseLocks(cpu, process);
        return true;
    }

    /// <summary>Deletes a capability of the calling process. The only child of another one, or a lone original: without children,
    /// so that nothing else has to be linked. If that was the last that held its object, the caller destroys it: <paramref
    /// name="orphan"/>, else null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryDelete(Cpu* cpu, ulong handle, out ObjectKind kind, out ObjectHeader* orphan)
    {
        Process* process = cpu->Current->Process;
        kind = ObjectKind.None;
        orphan = null;
        if (!TryTakeLocks(cpu, process))
        {
            return false;
        }

        CapabilitySlot* slot = CapabilitySpace.Candidate(&process->Handles, handle);
        if (slot->Kind == ObjectKind.None || slot->Generation != CapabilitySpace.LifeOf(handle)
            || !DerivationTree.TryRemoveLone(slot))
        {
            ReleaseLocks(cpu, process);
            return false;
        }

        kind = slot->Kind;
        Ref reference = slot->Object;
        process->Handles.Remove(slot);
        ReleaseLocks(cpu, process);
        orphan = References<TMachine>.Let(cpu, kind, reference);
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static bool TryTakeLocks(Cpu* cpu, Process* process)
    {
        if (!SpinLock.TryTake<TMachine>(&cpu->Kernel->DerivationLock, cpu, LockRank.Derivation))
        {
            return false;
        }

        if (!SpinLock.TryTake<TMachine>(&process->Lock, cpu, LockRank.Process))
        {
            SpinLock.Release<TMachine>(&cpu->Kernel->DerivationLock, cpu, LockRank.Derivation);
            return false;
        }

        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void ReleaseLocks(Cpu* cpu, Process* process)
    {
        SpinLock.Release<TMachine>(&process->Lock, cpu, LockRank.Process);
        SpinLock.Release<TMachine>(&cpu->Kernel->DerivationLock, cpu, LockRank.Derivation);
    }
}
