using System.Runtime.CompilerServices;
using Lachesis.Core.Time;

namespace Lachesis.Core.Accounting;

/// <summary>
/// What a thread has used and what became of it. The one record of CPU time: totals are sums of these, never second counts.
/// Written by the CPU that owns the thread.
/// </summary>
public struct Ledger
{
    /// <summary>CPU time, system calls included, interrupts not.</summary>
    public Duration Runtime;

    /// <summary>CPU time charged under the fair policy, in virtual nanoseconds: what its virtual runtimes on all CPUs came to,
    /// and so where a virtual runtime of it would begin.</summary>
    public long VirtualRuntime;

    /// <summary>Time runnable and not running.</summary>
    public Duration RunDelay;

    /// <summary>Times it began to run after another thread or idle.</summary>
    public ulong Switches;

    /// <summary>Times it lost the CPU to a timer or a wake.</summary>
    public ulong Preemptions;

    /// <summary>Times it blocked of its own will.</summary>
    public ulong VoluntaryBlocks;

    /// <summary>Times it yielded.</summary>
    public ulong Yields;

    /// <summary>Times it began to run on another CPU than before.</summary>
    public ulong Migrations;

    /// <summary>More CPU time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddRuntime(Duration time) => Unsafe.As<Duration, long>(ref Runtime) = Unsafe.As<Duration, long>(ref Runtime) + time.Nanoseconds;

    /// <summary>More time runnable and not running.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void AddRunDelay(Duration time) => Unsafe.As<Duration, long>(ref RunDelay) = Unsafe.As<Duration, long>(ref RunDelay) + time.Nanoseconds;

    /// <summary>Adds another ledger to this one.</summary>
    public void Add(in Ledger other)
    {
        AddRuntime(other.Runtime);
        AddRunDelay(other.RunDelay);
        VirtualRuntime += other.VirtualRuntime;
        Switches += other.Switches;
        Preemptions += other.Preemptions;
        VoluntaryBlocks += other.VoluntaryBlocks;
        Yields += other.Yields;
        Migrations += other.Migrations;
    }
}
