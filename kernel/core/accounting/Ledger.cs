using System.Runtime.CompilerServices;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Accounting;

/// <summary>
/// What a thread has used and what became of it. The one record of CPU time: totals are sums of these, never second counts.
/// Written by the CPU that owns the thread.
/// </summary>
/// <remarks>The methods that add take the thread, and write <c>x = x + 1</c>: for that the code generator makes one instruction with a
/// memory operand. Of <c>x++</c>, or of a reference to the ledger, it makes several.</remarks>
public unsafe struct Ledger
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

    /// <summary>A thread has used more CPU time.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddRuntime(Thread* thread, Duration time) => *(long*)&thread->Ledger.Runtime = *(long*)&thread->Ledger.Runtime + time.Nanoseconds;

    /// <summary>A thread has been runnable and not running for longer.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddRunDelay(Thread* thread, Duration time) => *(long*)&thread->Ledger.RunDelay = *(long*)&thread->Ledger.RunDelay + time.Nanoseconds;

    /// <summary>A thread was charged more virtual nanoseconds under the fair policy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void AddVirtualRuntime(Thread* thread, long virtualNs) => thread->Ledger.VirtualRuntime = thread->Ledger.VirtualRuntime + virtualNs;

    /// <summary>A thread begins to run after another one or idle.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CountSwitch(Thread* thread) => thread->Ledger.Switches = thread->Ledger.Switches + 1;

    /// <summary>A thread loses the CPU to a timer or a wake.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CountPreemption(Thread* thread) => thread->Ledger.Preemptions = thread->Ledger.Preemptions + 1;

    /// <summary>A thread blocks of its own will.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CountVoluntaryBlock(Thread* thread) => thread->Ledger.VoluntaryBlocks = thread->Ledger.VoluntaryBlocks + 1;

    /// <summary>A thread yields.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CountYield(Thread* thread) => thread->Ledger.Yields = thread->Ledger.Yields + 1;

    /// <summary>A thread begins to run on another CPU than before.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void CountMigration(Thread* thread) => thread->Ledger.Migrations = thread->Ledger.Migrations + 1;

    /// <summary>Adds another ledger to this one.</summary>
    public void Add(in Ledger other)
    {
        Runtime += other.Runtime;
        RunDelay += other.RunDelay;
        VirtualRuntime += other.VirtualRuntime;
        Switches += other.Switches;
        Preemptions += other.Preemptions;
        VoluntaryBlocks += other.VoluntaryBlocks;
        Yields += other.Yields;
        Migrations += other.Migrations;
    }
}
