using System.Diagnostics;
using System.Numerics;
using System.Runtime.CompilerServices;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Machine;

/// <summary>
/// The order in which locks may be taken: only ever one of a higher rank than any that the CPU holds. That order has no
/// cycle, so locks cannot deadlock. Two locks of one rank are never held together.
/// </summary>
public enum LockRank : uint
{
    /// <summary>How capabilities were derived from each other, in all processes.</summary>
    Derivation = 1,

    /// <summary>A process: its thread list, capability space and mappings.</summary>
    Process = 2,

    /// <summary>An endpoint's queue, while a message is passed. On its own it is taken as any wait queue's.</summary>
    Endpoint = 3,

    /// <summary>A reply object: its caller.</summary>
    Reply = 4,

    /// <summary>A wait queue: its list of waiters.</summary>
    WaitQueue = 5,

    /// <summary>A timer.</summary>
    Timer = 6,

    /// <summary>A CPU's run queue.</summary>
    RunQueue = 7,

    /// <summary>A CPU's timer queue.</summary>
    TimerQueue = 8,

    /// <summary>The sums over ended processes of services and sessions.</summary>
    GroupLedgers = 9,

    /// <summary>An object pool.</summary>
    Pool = 10,

    /// <summary>The physical page allocator.</summary>
    Pages = 11,

    /// <summary>The log and the report channel.</summary>
    Output = 12,
}

/// <summary>
/// A spin lock for data that is touched for a few dozen instructions. Interrupts are off throughout the kernel, so a holder
/// is never suspended by anything but the host.
/// </summary>
public unsafe struct SpinLock
{
    private ulong _held;

    private SpinLock* Self => (SpinLock*)Unsafe.AsPointer(ref this);

    private ulong* Held => &Self->_held;

    /// <summary>Waits until the lock is free and takes it. <paramref name="rank"/> must exceed every rank that the CPU
    /// holds.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Acquire<TMachine>(Cpu* cpu, LockRank rank)
        where TMachine : struct, IMachine
    {
        EnterRank<TMachine>(cpu, rank, Self);
        if (TMachine.Exchange(Held, 1) != 0)
        {
            Spin<TMachine>();
        }
    }

    /// <summary>Takes the lock if it is free; never waits.</summary>
    public bool TryAcquire<TMachine>(Cpu* cpu, LockRank rank)
        where TMachine : struct, IMachine => TMachine.Load(Held) == 0 && TryAcquireUncontended<TMachine>(Self, cpu, rank);

    /// <summary>The same without a look before, for those who expect it to be free. Through a pointer, from which the lock is
    /// reached in one instruction; a reference would be made first.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool TryAcquireUncontended<TMachine>(SpinLock* spinLock, Cpu* cpu, LockRank rank)
        where TMachine : struct, IMachine
    {
        EnterRank<TMachine>(cpu, rank, spinLock);
        if (TMachine.Exchange(&spinLock->_held, 1) == 0)
        {
            return true;
        }

        LeaveRank(cpu, rank);
        return false;
    }

    /// <summary>Gives the lock back.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Release<TMachine>(Cpu* cpu, LockRank rank)
        where TMachine : struct, IMachine => Release<TMachine>(Self, cpu, rank);

    /// <summary>Gives a lock back through a pointer (<see cref="TryAcquireUncontended"/>).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Release<TMachine>(SpinLock* spinLock, Cpu* cpu, LockRank rank)
        where TMachine : struct, IMachine
    {
        LeaveRank(cpu, rank);
        TMachine.Store(&spinLock->_held, 0);
    }

    /// <summary>Panics unless the CPU holds the lock, which guards what it is about to touch; in builds with CHECKS.</summary>
    [Conditional("CHECKS")]
    public static void CheckHeld<TMachine>(SpinLock* spinLock, Cpu* cpu)
        where TMachine : struct, IMachine
    {
#if CHECKS
        for (uint ranks = cpu->HeldRanks; ranks != 0; ranks &= ranks - 1)
        {
            if (cpu->HeldLocks[BitOperations.TrailingZeroCount(ranks)] == (ulong)spinLock)
            {
                return;
            }
        }

        TMachine.Panic(cpu, "what a lock guards is touched without it");
#endif
    }

    // Reads until it looks free before the next locked write, so that waiters do not take the line from the holder.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Spin<TMachine>()
        where TMachine : struct, IMachine
    {
        do
        {
            while (TMachine.Load(Held) != 0)
            {
                TMachine.Pause();
            }
        }
        while (TMachine.Exchange(Held, 1) != 0);
    }

    [Conditional("CHECKS")]
    private static void EnterRank<TMachine>(Cpu* cpu, LockRank rank, SpinLock* spinLock)
        where TMachine : struct, IMachine
    {
        if (cpu->HeldRanks >> (int)rank != 0)
        {
            TMachine.Panic(cpu, "lock taken out of rank order");
        }

        cpu->HeldRanks |= 1u << (int)rank;
#if CHECKS
        cpu->HeldLocks[(int)rank] = (ulong)spinLock;
#endif
    }

    [Conditional("CHECKS")]
    private static void LeaveRank(Cpu* cpu, LockRank rank)
    {
        cpu->HeldRanks &= ~(1u << (int)rank);
#if CHECKS
        cpu->HeldLocks[(int)rank] = 0;
#endif
    }
}
