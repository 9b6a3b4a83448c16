using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Accounting;

/// <summary>What the threads of processes that have ended had in their ledgers, by service and by session. Under its lock.</summary>
public unsafe struct GroupLedgers
{
    /// <summary>Guards the sums (<see cref="LockRank.GroupLedgers"/>).</summary>
    public SpinLock Lock;

    private Sums _services;
    private Sums _sessions;

    // Eight words each; a hosted test holds Ledger to that.
    [StructLayout(LayoutKind.Sequential, Size = (int)SchedulingLimits.MaxGroups * 64)]
    private struct Sums
    {
        public Ledger First;
    }

    /// <summary>The sum of a service, by number.</summary>
    public Ledger* Service(uint number) => (Ledger*)Unsafe.AsPointer(ref _services.First) + number;

    /// <summary>The sum of a session, by number.</summary>
    public Ledger* Session(uint number) => (Ledger*)Unsafe.AsPointer(ref _sessions.First) + number;

    /// <summary>A new session has that number.</summary>
    public void ResetSession<TMachine>(Cpu* cpu, uint number)
        where TMachine : struct, IMachine
    {
        Lock.Acquire<TMachine>(cpu, LockRank.GroupLedgers);
        *Session(number) = default;
        Lock.Release<TMachine>(cpu, LockRank.GroupLedgers);
    }

    /// <summary>Adds what the threads of an ended process had.</summary>
    public void Add<TMachine>(Cpu* cpu, uint service, uint session, in Ledger ended)
        where TMachine : struct, IMachine
    {
        Lock.Acquire<TMachine>(cpu, LockRank.GroupLedgers);
        Service(service)->Add(in ended);
        Session(session)->Add(in ended);
        Lock.Release<TMachine>(cpu, LockRank.GroupLedgers);
    }
}
