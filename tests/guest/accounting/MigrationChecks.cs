using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Accounts;

/// <summary>A thread that moves takes its ledger along: nothing is lost, nothing counts twice, and each move is counted.</summary>
internal static unsafe class MigrationChecks
{
    private const uint Moves = 60;
    private const long BurstNs = 100_000;

    private struct Mover
    {
        internal ulong Thread;
        internal bool Grows;
        internal bool InPlace;
        internal Lifetime Life;
    }

    internal static void Run()
    {
        if (Program.Cpus == 1)
        {
            return;
        }

        Mover mover = default;
        ThreadGroup crew = ThreadGroup.Allocate(1);
        long kernel = Meter.KernelNs();
        ulong into = Counters.Sum(Counter.MigrationsIn);
        ulong outOf = Counters.Sum(Counter.MigrationsOut);
        crew.Add(&Move, (ulong)&mover);
        mover.Thread = crew.Handle(0);
        Sys.ThreadSetAffinity(mover.Thread, 2);
        mover.Life.OuterBegan = Clock.Now();
        Sys.ThreadStart(mover.Thread);
        mover.Life.End(mover.Thread);
        crew.JoinAll();
        into = Counters.Sum(Counter.MigrationsIn) - into;
        outOf = Counters.Sum(Counter.MigrationsOut) - outOf;
        LedgerReading ledger = mover.Life.Ledger;
        Report.Check(
            ledger.Sum.Migrations == Moves && into == Moves && outOf == Moves,
            "every move to another CPU is counted: by the thread, by the CPU that it left and by the one that it came to");
        Report.Check(mover.InPlace && ledger.LastCpu == CpuAfter(Moves), "the ledger names the CPU where it is");
        Report.Check(mover.Grows, "its runtime goes on from where it was");
        Report.Check(
            mover.Life.AddsUp(Meter.KernelNs() - kernel),
            "and what it ran and waited, on all CPUs together, is the time that passed, less what interrupts took");
    }

    private static uint CpuAfter(uint moves) => (moves + 1) % Program.Cpus;

    private static ulong Move(ulong argument)
    {
        Mover* mover = (Mover*)argument;
        mover->Life.Began = Clock.Now();
        mover->Grows = true;
        mover->InPlace = true;
        LedgerReading before = Meter.Of(mover->Thread);
        for (uint i = 1; i <= Moves; i++)
        {
            Meter.Spin(BurstNs);
            Sys.ThreadSetAffinity(mover->Thread, 1ul << (int)CpuAfter(i));
            LedgerReading after = Meter.Of(mover->Thread);
            mover->Grows &= after.Sum.RuntimeNs > before.Sum.RuntimeNs;
            mover->InPlace &= after.LastCpu == CpuAfter(i) && Sys.CurrentCpu() == CpuAfter(i);
            before = after;
        }

        mover->Life.Ended = Clock.Now();
        return 0;
    }
}
