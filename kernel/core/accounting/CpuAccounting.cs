using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Check;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Accounting;

/// <summary>
/// Where a CPU's time goes. Every nanosecond between two readings of the clock is put to exactly one account — a thread,
/// idle or the kernel — so that their sum is the elapsed time, to the nanosecond, by construction.
/// </summary>
/// <remarks>
/// A thread pays for its system calls, as it asked for them, up to the reading at which it leaves the CPU. Interrupts,
/// teardown of dead processes and boot are the kernel's.
/// </remarks>
public static unsafe class CpuAccounting
{
    /// <summary>Whoever waits longer than this for a CPU, in nanoseconds, waits on an overloaded one; see <see
    /// cref="Counter.LateDispatches"/>.</summary>
    public const long LateDispatchThresholdNs = 100_000_000;

    /// <summary>Charges the current thread up to <paramref name="now"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ChargeThread(Cpu* cpu, Thread* thread, Instant now) =>
        ChargeThread(cpu, thread, now, cpu->RunQueue.TracksRunning);

    /// <summary>The same where it is known whether the policy keeps books about the running thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ChargeThread(Cpu* cpu, Thread* thread, Instant now, bool tracksRunning)
    {
        Duration used = TakeElapsed(cpu, now);
        SeededBugs.Inject(SeededBug.SkippedCharge, ref used, default);
        Ledger.AddRuntime(thread, used);
        if (tracksRunning)
        {
            Ledger.AddVirtualRuntime(thread, FairQueue.Charge(thread, used));
        }

        EventCounters.Count(cpu, Counter.RuntimeNs, used.Nanoseconds);
    }

    /// <summary>Puts the time up to <paramref name="now"/> to idle.</summary>
    public static void ChargeIdle(Cpu* cpu, Instant now) => EventCounters.Count(cpu, Counter.IdleNs, TakeElapsed(cpu, now).Nanoseconds);

    /// <summary>Puts the time up to <paramref name="now"/> to the kernel.</summary>
    public static void ChargeKernel(Cpu* cpu, Instant now) => EventCounters.Count(cpu, Counter.KernelNs, TakeElapsed(cpu, now).Nanoseconds);

    /// <summary>
    /// The present, with the running thread charged up to it, if there is one. In interrupts that happened at entry, and the
    /// present is that moment: what comes after is the kernel's.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Instant ChargeCurrentToNow<TMachine>(Cpu* cpu)
        where TMachine : struct, IMachine
    {
        if (cpu->InInterrupt == 0 && cpu->Current != null)
        {
            ChargeThread(cpu, cpu->Current, TMachine.Now(cpu));
        }

        return cpu->AccountedUntil;
    }

    /// <summary>A thread begins to run that was runnable since <see cref="Thread.RunnableSince"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ChargeRunDelayOnDispatch<TMachine>(Cpu* cpu, Thread* thread, Instant now)
        where TMachine : struct, IMachine
    {
        Duration wait = now - thread->RunnableSince;
        if ((ulong)wait.Nanoseconds > (ulong)LateDispatchThresholdNs)
        {
            wait = HandleUnusualRunDelay<TMachine>(cpu, wait);
        }

        Ledger.AddRunDelay(thread, wait);
    }

    /// <summary>A thread that was runnable since <see cref="Thread.RunnableSince"/> is so no longer, and did not run. By this
    /// CPU's clock; another's, by which it became runnable, may be a little ahead.</summary>
    public static void ChargeRunDelayOnDequeue(Thread* thread, Instant now)
    {
        Duration wait = now - thread->RunnableSince;
        if (wait.Nanoseconds > 0)
        {
            Ledger.AddRunDelay(thread, wait);
        }
    }

    // Late; or it came while this CPU was on its way to idle, after its last reading of the clock. Up to then the thread may
    // have run elsewhere, so that what this CPU did meanwhile is not the thread's to pay. By this CPU's own clock: another's may
    // be a little ahead.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static Duration HandleUnusualRunDelay<TMachine>(Cpu* cpu, Duration wait)
        where TMachine : struct, IMachine
    {
        if (wait.Nanoseconds < 0)
        {
            ChargeKernel(cpu, TMachine.Now(cpu));
            return default;
        }

        EventCounters.Count(cpu, Counter.LateDispatches);
        return wait;
    }

    private static Duration TakeElapsed(Cpu* cpu, Instant now)
    {
        Duration elapsed = now - cpu->AccountedUntil;
        cpu->AccountedUntil = now;
        return elapsed;
    }
}
