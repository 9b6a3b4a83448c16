using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Rings;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Entry;

/// <summary>System calls on rings; <see cref="SystemCall"/> says what each does.</summary>
public static unsafe class RingCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary><see cref="SystemCall.RingCreate"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Create(Cpu* cpu, ulong processHandle, ulong address, ulong submissions, ulong completions)
    {
        if (!IsValidSize(submissions) || !IsValidSize(completions))
        {
            return Error.BadArgument;
        }

        if (address % RingLayout.PartBytes != 0 || address > UserLayout.Limit - RingLayout.Bytes)
        {
            return Error.BadAddress;
        }

        Process* process = ObjectLookup<TMachine>.TakeProcess(cpu, processHandle, Rights.Control, out Error error);
        if (process == null)
        {
            return error;
        }

        Ring* ring = (Ring*)cpu->Kernel->Rings.Allocate<TMachine>(cpu);
        if (ring == null)
        {
            ObjectLookup<TMachine>.Drop(cpu, process);
            return Error.PoolFull;
        }

        ring->SubmissionMask = submissions - 1;
        ring->CompletionMask = completions - 1;
        bool placed = TryPinMemory(cpu, ring, process, address);
        ObjectLookup<TMachine>.Drop(cpu, process);
        if (!placed)
        {
            References<TMachine>.Drop(cpu, ObjectKind.Ring, ring->Header.Reference);
            return Error.BadAddress;
        }

        return ObjectLookup<TMachine>.InstallNewObject(cpu, ObjectKind.Ring, &ring->Header);
    }

    /// <summary><see cref="SystemCall.RingEnter"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Enter(Cpu* cpu, ulong handle, ulong maxRequests)
    {
        Ring* ring = (Ring*)ObjectLookup<TMachine>.TakeObject(cpu, handle, ObjectKind.Ring, Rights.Control, out _, out Error error);
        if (ring == null)
        {
            return error;
        }

        ObjectRef own = cpu->Current->Process->Header.Reference;
        bool isOwn = ring->Process.Index == own.Index && ring->Process.Generation == own.Generation;
        error = isOwn ? RingExecution<TMachine>.Begin(cpu, ring, maxRequests) : Error.NotPermitted;
        if (error != Error.None)
        {
            References<TMachine>.Drop(cpu, ObjectKind.Ring, ring->Header.Reference);
        }

        return error;
    }

    private static bool IsValidSize(ulong entries) =>
        entries != 0 && entries <= RingLayout.MaxEntries && (entries & (entries - 1)) == 0;

    // A new ring gets its place in a process's memory, if there is one and the process lives. Only then, and under its lock,
    // is that memory sure to stay.
    private static bool TryPinMemory(Cpu* cpu, Ring* ring, Process* process, ulong address)
    {
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (process->Phase == ProcessPhase.Alive)
        {
            ring->SharedHeader = (RingHeader*)PinPart(cpu, process, address, 0);
            ring->Submissions = (RingSubmission*)PinPart(cpu, process, address, 1);
            ring->Completions = (RingCompletion*)PinPart(cpu, process, address, 2);
        }

        bool placed = ring->SharedHeader != null && ring->Submissions != null && ring->Completions != null;
        if (placed)
        {
            InitializeHeader(ring, process);
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return placed;
    }

    private static void* PinPart(Cpu* cpu, Process* process, ulong address, ulong number) =>
        TMachine.PinnedUserMemory(cpu, process->PageTableRoot, address + (number * RingLayout.PartBytes));

    private static void InitializeHeader(Ring* ring, Process* process)
    {
        ring->Process = process->Header.Reference;
        *ring->SharedHeader = default;
        ring->SharedHeader->SubmissionMask = ring->SubmissionMask;
        ring->SharedHeader->CompletionMask = ring->CompletionMask;
    }
}
