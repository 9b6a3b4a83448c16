using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Processes;

/// <summary>Passing capabilities to a process that is being spawned.</summary>
public static unsafe class SpawnCapabilityTransfer<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Reads and checks what a request passes on. <see cref="Error.BadArgument"/>, <see cref="Error.BadAddress"/>, <see
    /// cref="Error.StaleHandle"/>, <see cref="Error.MissingRight"/>.
    /// </summary>
    public static Error CopyIn(Cpu* cpu, SpawnCapabilityList* list, ulong address, uint count)
    {
        list->Count = count;
        SpawnCapability* capabilities = SpawnCapabilityList.First(list);
        if (count > CallLimits.MaxSpawnCapabilities)
        {
            return Error.BadArgument;
        }

        if (!TMachine.CopyFromUser(cpu, capabilities, address, count * (ulong)sizeof(SpawnCapability)))
        {
            return Error.BadAddress;
        }

        // The process's own slots are filled already.
        uint filled = (1u << (int)BootHandle.Process) | (1u << (int)BootHandle.MainThread);
        Error error = Error.None;
        for (uint i = 0; i < count && error == Error.None; i++)
        {
            error = CheckEntry(cpu, capabilities + i, ref filled);
        }

        return error;
    }

    /// <summary>
    /// Derives them for the new process, which nobody else knows yet. A capability that is deleted between the two gives <see
    /// cref="Error.StaleHandle"/>; the new process then holds those before it.
    /// </summary>
    public static Error DeriveAll(Cpu* cpu, SpawnCapabilityList* list, Process* process)
    {
        SpawnCapability* capabilities = SpawnCapabilityList.First(list);
        Error error = Error.None;
        for (uint i = 0; i < list->Count && error == Error.None; i++)
        {
            DerivationRequest derivation = default;
            derivation.SourceProcess = cpu->Current->Process;
            derivation.SourceHandle = capabilities[i].Handle;
            derivation.RightsMask = capabilities[i].Rights;
            derivation.TargetProcess = process;
            derivation.TargetSlot = process->Handles.SlotAt(capabilities[i].Index);
            error = Capabilities<TMachine>.Derive(cpu, &derivation);
        }

        return error;
    }

    private static Error CheckEntry(Cpu* cpu, SpawnCapability* capability, ref uint filled)
    {
        bool known = (capability->Rights & ~Rights.All) == 0 || capability->Rights == Rights.Same;
        if (!known || capability->Reserved != 0 || capability->Reserved2 != 0 || capability->Index >= BootHandle.Count
            || (filled >> (int)capability->Index & 1) != 0)
        {
            return Error.BadArgument;
        }

        filled |= 1u << (int)capability->Index;
        DerivationRequest derivation = default;
        derivation.RightsMask = capability->Rights;
        Process* caller = cpu->Current->Process;
        caller->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        Error error = derivation.CheckSource(caller->Handles.Find(capability->Handle), out _);
        caller->Lock.Release<TMachine>(cpu, LockRank.Process);
        return error;
    }
}
