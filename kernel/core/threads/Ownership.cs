using System.Diagnostics;
using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Threads;

/// <summary>
/// Moving a thread from one place to the next. Only the owner of its place may (<see cref="ThreadLocation"/>); builds with CHECKS
/// (the measured kernel, tests, the simulator) assert that at every move, so a thread can never be in two places
/// unnoticed.
/// </summary>
public static unsafe class Ownership<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>Moves a thread that this CPU owns, to a place that belongs to CPU <paramref name="locationCpu"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetLocation(Cpu* cpu, Thread* thread, ThreadLocation location, uint locationCpu)
    {
        ThreadState state = new(thread->StateWord);
        CheckTransition(cpu, state, location);
        TMachine.Store(&thread->StateWord, state.With(location, locationCpu).Word);
    }

    /// <summary>Moves a thread between two places of this CPU, both known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void SetLocationHere(Cpu* cpu, Thread* thread, ThreadLocation from, ThreadLocation to)
    {
        CheckTransition(cpu, new ThreadState(thread->StateWord), to);
        TMachine.Store(&thread->StateWord, thread->StateWord ^ (ulong)(from ^ to));
    }

    /// <summary>
    /// Becomes the owner of a thread that is blocked, suspended, or made and not started; false if another CPU was first.
    /// <paramref name="expected"/> is its state as the caller read it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryClaim(Cpu* cpu, Thread* thread, ThreadState expected) =>
        expected.IsClaimable
        && TMachine.CompareExchange(&thread->StateWord, expected.With(ThreadLocation.Claimed, cpu->Id).Word, expected.Word) == expected.Word;

    /// <summary>The same for a thread that was seen in a wait queue, whose lock is held: it is blocked, or claimed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryClaimWaiter(Cpu* cpu, Thread* thread)
    {
        ulong seen = TMachine.Load(&thread->StateWord);
        return (byte)seen == (byte)ThreadLocation.Blocked
            && TMachine.CompareExchange(&thread->StateWord, seen & ~0xFFFFul | cpu->ClaimedHere, seen) == seen;
    }

    [Conditional("CHECKS")]
    private static void CheckTransition(Cpu* cpu, ThreadState from, ThreadLocation location)
    {
        EventCounters.CountIfMeasured(cpu, Counter.InvariantChecks);
        bool legal = from.Location switch
        {
            ThreadLocation.Running => from.Cpu == cpu->Id && (location is ThreadLocation.Queued or ThreadLocation.Blocked or ThreadLocation.Claimed),
            ThreadLocation.Queued => (cpu->HeldRanks >> (int)LockRank.RunQueue & 1) != 0 && (location is ThreadLocation.Running or ThreadLocation.Claimed),
            ThreadLocation.Inbox => from.Cpu == cpu->Id && (location is ThreadLocation.Queued or ThreadLocation.Running),
            ThreadLocation.Claimed => from.Cpu == cpu->Id
                && (location is ThreadLocation.Queued or ThreadLocation.Inbox or ThreadLocation.Running or ThreadLocation.Blocked or ThreadLocation.Claimed or ThreadLocation.Dead
                    or ThreadLocation.Suspended),
            _ => false,
        };
        if (!legal)
        {
            TMachine.Panic(cpu, "a thread was moved by a cpu that does not own it");
        }
    }
}
