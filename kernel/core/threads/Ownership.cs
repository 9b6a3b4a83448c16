using System.Diagnostics;
using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Measure;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Threads;

/// <summary>
/// Moving a thread from one place to the next. Only the owner of its place may (<see cref="Place"/>); builds with CHECKS
/// (the measured kernel, tests, the simulator) assert that at every move, so a thread can never be in two places
/// unnoticed.
/// </summary>
public static unsafe class Ownership<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>Moves a thread that this CPU owns, to a place that belongs to CPU <paramref name="where"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Move(Cpu* cpu, Thread* thread, Place to, uint where)
    {
        ThreadState state = new(thread->StateWord);
        Check(cpu, state, to);
        TMachine.Store(&thread->StateWord, state.With(to, where).Word);
    }

    /// <summary>Moves a thread between two places of this CPU, both known.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void MoveHere(Cpu* cpu, Thread* thread, Place from, Place to)
    {
        Check(cpu, new ThreadState(thread->StateWord), to);
        TMachine.Store(&thread->StateWord, thread->StateWord ^ (ulong)(from ^ to));
    }

    /// <summary>
    /// Becomes the owner of a thread that is blocked, suspended, or made and not started; false if another CPU was first.
    /// <paramref name="seen"/> is its state as the caller read it.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryClaim(Cpu* cpu, Thread* thread, ThreadState seen) =>
        seen.IsClaimable
        && TMachine.CompareExchange(&thread->StateWord, seen.With(Place.Waking, cpu->Id).Word, seen.Word) == seen.Word;

    /// <summary>The same for a thread that was seen in a wait queue, whose lock is held: it is blocked, or claimed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryClaimWaiter(Cpu* cpu, Thread* thread)
    {
        ulong seen = TMachine.Load(&thread->StateWord);
        return (byte)seen == (byte)Place.Blocked
            && TMachine.CompareExchange(&thread->StateWord, seen & ~0xFFFFul | cpu->WakingHere, seen) == seen;
    }

    [Conditional("CHECKS")]
    private static void Check(Cpu* cpu, ThreadState from, Place to)
    {
        Events.Measure(cpu, Counter.InvariantChecks);
        bool legal = from.Place switch
        {
            Place.Running => from.Cpu == cpu->Id && (to is Place.Queued or Place.Blocked or Place.Waking),
            Place.Queued => (cpu->HeldRanks >> (int)LockRank.RunQueue & 1) != 0 && (to is Place.Running or Place.Waking),
            Place.Inbox => from.Cpu == cpu->Id && (to is Place.Queued or Place.Running),
            Place.Waking => from.Cpu == cpu->Id
                && (to is Place.Queued or Place.Inbox or Place.Running or Place.Blocked or Place.Waking or Place.Dead
                    or Place.Suspended),
            _ => false,
        };
        if (!legal)
        {
            TMachine.Panic(cpu, "a thread was moved by a cpu that does not own it");
        }
    }
}
