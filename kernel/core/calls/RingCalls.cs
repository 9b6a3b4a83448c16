using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Rings;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Calls;

/// <summary>System calls on rings; <see cref="SystemCall"/> says what each does.</summary>
public static unsafe class RingCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary><see cref="SystemCall.RingCreate"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Create(Cpu* cpu, ulong processHandle, ulong address, ulong submissions, ulong completions)
    {
        if (!IsSize(submissions) || !IsSize(completions))
        {
            return Error.BadArgument;
        }

        if (address % RingLayout.Part != 0 || address > UserLayout.Limit - RingLayout.Bytes)
        {
            return Error.BadAddress;
        }

        Process* process = HandleCalls<TMachine>.TakeProcess(cpu, processHandle, Rights.Control, out Error error);
        if (process == null)
        {
            return error;
        }

        Ring* ring = (Ring*)cpu->Kernel->Rings.Take<TMachine>(cpu);
        if (ring == null)
        {
            HandleCalls<TMachine>.Drop(cpu, process);
            return Error.PoolFull;
        }

        ring->SubmissionMask = submissions - 1;
        ring->CompletionMask = completions - 1;
        bool placed = TryPlace(cpu, ring, process, address);
        HandleCalls<TMachine>.Drop(cpu, process);
        if (!placed)
        {
            References<TMachine>.Drop(cpu, ObjectKind.Ring, ring->Header.Reference);
            return Error.BadAddress;
        }

        return HandleCalls<TMachine>.Give(cpu, ObjectKind.Ring, &ring->Header);
    }

    /// <summary><see cref="SystemCall.RingEnter"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Enter(Cpu* cpu, ulong handle, ulong most)
    {
        Ring* ring = (Ring*)HandleCalls<TMachine>.TakeObject(cpu, handle, ObjectKind.Ring, Rights.Control, out _, out Error error);
        if (ring == null)
        {
            return error;
        }

        Ref own = cpu->Current->Process->Header.Reference;
        bool isOwn = ring->Process.Index == own.Index && ring->Process.Generation == own.Generation;
        error = isOwn ? RingRun<TMachine>.Begin(cpu, ring, most) : Error.NotPermitted;
        if (error != Error.None)
        {
            References<TMachine>.Drop(cpu, ObjectKind.Ring, ring->Header.Reference);
        }

        return error;
    }

    private static bool IsSize(ulong entries) =>
        entries != 0 && entries <= RingLayout.MaxEntries && (entries & (entries - 1)) == 0;

    // A new ring gets its place in a process's memory, if there is one and the process lives. Only then, and under its lock,
    // is that memory sure to stay.
    private static bool TryPlace(Cpu* cpu, Ring* ring, Process* process, ulong address)
    {
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        if (process->Phase == ProcessPhase.Alive)
        {
            ring->Shared = (RingHeader*)Part(cpu, process, address, 0);
            ring->Submissions = (RingSubmission*)Part(cpu, process, address, 1);
            ring->Completions = (RingCompletion*)Part(cpu, process, address, 2);
        }

        bool placed = ring->Shared != null && ring->Submissions != null && ring->Completions != null;
        if (placed)
        {
            Prepare(ring, process);
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return placed;
    }

    private static void* Part(Cpu* cpu, Process* process, ulong address, ulong number) =>
        TMachine.PinnedUserMemory(cpu, process->Root, address + (number * RingLayout.Part));

    private static void Prepare(Ring* ring, Process* process)
    {
        ring->Process = process->Header.Reference;
        *ring->Shared = default;
        ring->Shared->SubmissionMask = ring->SubmissionMask;
        ring->Shared->CompletionMask = ring->CompletionMask;
    }
}
