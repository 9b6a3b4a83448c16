using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Entry;

/// <summary>System calls on capabilities themselves, whatever they name; <see cref="SystemCall"/> says what each does. None
/// needs a right: whoever holds a capability may pass on, give up or ask about what it is.</summary>
public static unsafe class CapabilityCalls<TMachine>
    where TMachine : struct, IMachine
{
    private const int RightsShift = 8;

    /// <summary><see cref="SystemCall.CapabilityMint"/>.</summary>
    public static Error Mint(Cpu* cpu, ulong handle, ulong mask, ulong badge) =>
        mask != (ulong)Rights.Same || badge != 0 ? MintSlowpath(cpu, handle, mask, badge)
        : Capabilities<TMachine>.TryFastCopy(cpu, handle) ? Error.None
        : MintSlowpath(cpu, handle, (ulong)Rights.Same, 0);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Error MintSlowpath(Cpu* cpu, ulong handle, ulong mask, ulong badge)
    {
        if ((mask & ~(ulong)Rights.All) != 0 && mask != (ulong)Rights.Same)
        {
            return Error.BadArgument;
        }

        DerivationRequest derivation = default;
        derivation.SourceProcess = cpu->Current->Process;
        derivation.TargetProcess = cpu->Current->Process;
        derivation.SourceHandle = handle;
        derivation.RightsMask = (Rights)mask;
        derivation.Badge = badge;
        Error error = Capabilities<TMachine>.Derive(cpu, &derivation);
        return error == Error.None ? Results.Ok(cpu, derivation.NewHandle) : error;
    }

    /// <summary><see cref="SystemCall.CapabilityMove"/>.</summary>
    public static Error Move(Cpu* cpu, ulong handle)
    {
        Error error = Capabilities<TMachine>.Move(cpu, cpu->Current->Process, handle, out ulong moved);
        return error == Error.None ? Results.Ok(cpu, moved) : error;
    }

    /// <summary><see cref="SystemCall.CapabilityRevoke"/>.</summary>
    public static Error Revoke(Cpu* cpu, ulong handle)
    {
        Error error = Capabilities<TMachine>.Revoke(
            cpu, cpu->Current->Process, handle, CallLimits.MaxRevoke, out bool more);
        return error == Error.None ? Results.Ok(cpu, more ? 1ul : 0) : error;
    }

    /// <summary><see cref="SystemCall.CapabilityInspect"/>.</summary>
    public static Error Inspect(Cpu* cpu, ulong handle, ulong aspect)
    {
        if (aspect >= (ulong)CapabilityAspect.Count)
        {
            return Error.BadArgument;
        }

        Process* process = cpu->Current->Process;
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        CapabilitySlot* slot = process->Handles.Find(handle);
        ulong value = slot == null ? 0
            : aspect == (ulong)CapabilityAspect.Badge ? slot->Badge
            : (ulong)slot->Kind | ((ulong)slot->Rights << RightsShift);
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return slot != null ? Results.Ok(cpu, value) : Error.StaleHandle;
    }
}
