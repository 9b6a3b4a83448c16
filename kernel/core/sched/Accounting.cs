using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Measure;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched;

/// <summary>
/// Where a CPU's time goes. Every nanosecond between two readings of the clock is put to exactly one account — a thread,
/// idle or the kernel — so that their sum is the elapsed time, to the nanosecond, by construction.
/// </summary>
/// <remarks>
/// A thread pays for its system calls, as it asked for them, up to the reading at which it leaves the CPU. Interrupts,
/// teardown of dead processes and boot are the kernel's.
/// </remarks>
public static unsafe class Accounting
{
    /// <summary>Charges the current thread up to <paramref name="now"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ChargeThread(Cpu* cpu, Thread* thread, Instant now)
    {
        Duration used = Advance(cpu, now);
        SeededBugs.Alter(SeededBug.SkippedCharge, ref used, default);
        thread->Ledger.Runtime += used;
        Events.Count(cpu, Counter.RuntimeNs, used.Nanoseconds);
    }

    /// <summary>Puts the time up to <paramref name="now"/> to idle.</summary>
    public static void ChargeIdle(Cpu* cpu, Instant now) => Events.Count(cpu, Counter.IdleNs, Advance(cpu, now).Nanoseconds);

    /// <summary>Puts the time up to <paramref name="now"/> to the kernel.</summary>
    public static void ChargeKernel(Cpu* cpu, Instant now) => Events.Count(cpu, Counter.KernelNs, Advance(cpu, now).Nanoseconds);

    private static Duration Advance(Cpu* cpu, Instant now)
    {
        Duration elapsed = now - cpu->AccountedUntil;
        cpu->AccountedUntil = now;
        return elapsed;
    }
}
