using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Calls;

/// <summary>Passing capabilities to a process that is being spawned.</summary>
public static unsafe class Endowments<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Reads and checks what a request passes on. <see cref="Error.BadArgument"/>, <see cref="Error.BadAddress"/>, <see
    /// cref="Error.StaleHandle"/>, <see cref="Error.MissingRight"/>.
    /// </summary>
    public static Error Fetch(Cpu* cpu, Endowment* endowment, ulong address, uint count)
    {
        endowment->Count = count;
        SpawnCapability* capabilities = Endowment.First(endowment);
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
            error = Decode(cpu, capabilities + i, ref filled);
        }

        return error;
    }

    /// <summary>
    /// Derives them for the new process, which nobody else knows yet. A capability that is deleted between the two gives <see
    /// cref="Error.StaleHandle"/>; the new process then holds those before it.
    /// </summary>
    public static Error Give(Cpu* cpu, Endowment* endowment, Process* process)
    {
        SpawnCapability* capabilities = Endowment.First(endowment);
        Error error = Error.None;
        for (uint i = 0; i < endowment->Count && error == Error.None; i++)
        {
            Derivation derivation = default;
            derivation.From = cpu->Current->Process;
            derivation.Handle = capabilities[i].Handle;
            derivation.Mask = capabilities[i].Rights;
            derivation.To = process;
            derivation.Slot = process->Handles.SlotAt(capabilities[i].Index);
            error = Capabilities<TMachine>.Derive(cpu, &derivation);
        }

        return error;
    }

    private static Error Decode(Cpu* cpu, SpawnCapability* capability, ref uint filled)
    {
        bool known = (capability->Rights & ~Rights.All) == 0 || capability->Rights == Rights.Same;
        if (!known || capability->Reserved != 0 || capability->ReservedToo != 0 || capability->Index >= BootHandle.Count
            || (filled >> (int)capability->Index & 1) != 0)
        {
            return Error.BadArgument;
        }

        filled |= 1u << (int)capability->Index;
        Derivation derivation = default;
        derivation.Mask = capability->Rights;
        Process* caller = cpu->Current->Process;
        caller->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        Error error = derivation.Decode(caller->Handles.Find(capability->Handle), out _);
        caller->Lock.Release<TMachine>(cpu, LockRank.Process);
        return error;
    }
}
