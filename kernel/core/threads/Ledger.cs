using Lachesis.Core.Time;

namespace Lachesis.Core.Threads;

/// <summary>
/// What a thread has used and what became of it. The one record of CPU time: totals are sums of these, never second counts.
/// Written by the CPU that owns the thread.
/// </summary>
public struct Ledger
{
    /// <summary>CPU time, system calls included, interrupts not.</summary>
    public Duration Runtime;

    /// <summary>Times it began to run after another thread or idle.</summary>
    public ulong Switches;

    /// <summary>Times it lost the CPU to a timer or a wake.</summary>
    public ulong Preemptions;

    /// <summary>Times it began to run on another CPU than before.</summary>
    public ulong Migrations;

    /// <summary>Adds another ledger to this one.</summary>
    public void Add(in Ledger other)
    {
        Runtime += other.Runtime;
        Switches += other.Switches;
        Preemptions += other.Preemptions;
        Migrations += other.Migrations;
    }
}
