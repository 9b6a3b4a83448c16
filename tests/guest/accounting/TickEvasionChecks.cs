using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Accounts;

/// <summary>
/// A thread that runs nine tenths of a millisecond and sleeps the last one, again and again, would hide from a kernel that
/// charges whom its tick finds. Here it is charged for what it ran.
/// </summary>
internal static unsafe class TickEvasionChecks
{
    private const uint Rounds = 51;
    private const long BurstNs = 900_000;
    private const long NapNs = 100_000;

    // What the way into sleep and out of it may cost, in instructions, beside what the thread sees of its burst.
    private const long SwitchInstructions = 1_500;

    private struct TickEvader
    {
        internal ulong Thread;
        internal long Spun;
        internal long Farthest;
    }

    internal static void Run()
    {
        TickEvader dodger = default;
        ThreadGroup crew = ThreadGroup.Allocate(1);
        long kernel = Meter.KernelNs();
        crew.Add(&EvadeTick, (ulong)&dodger);
        dodger.Thread = crew.Handle(0);
        Sys.ThreadSetAffinity(dodger.Thread, 1ul << (int)(Program.Cpus - 1));
        long outer = Clock.Now();
        Sys.ThreadStart(dodger.Thread);
        Sys.ThreadJoin(dodger.Thread);
        outer = Clock.Now() - outer;
        LedgerSum ledger = Meter.Of(dodger.Thread).Sum;
        crew.JoinAll();
        kernel = Meter.KernelNs() - kernel;
        Report.Check(
            (long)(ledger.RuntimeNs + ledger.WaitNs) + kernel >= dodger.Spun,
            "a thread that sleeps before every tick is charged all that it ran");
        Report.Check(
            (long)(ledger.RuntimeNs + ledger.WaitNs) <= outer - (Rounds * NapNs),
            "and not what it slept");

        // In the host's time, an interrupt or a switch takes as long as the host likes, and an instant may come before its sleep.
        Report.Check(ledger.VoluntaryBlocks <= Rounds, "no sleep is counted twice");
        if (Program.CountsInstructions)
        {
            Report.Check(ledger.VoluntaryBlocks == Rounds, "every sleep is counted");
            Report.Metric("dodgerFarthestInstructions", dodger.Farthest);
            Report.Check(
                dodger.Farthest <= SwitchInstructions, "each time what it saw itself run, but for what a switch costs");
        }
    }

    private static ulong EvadeTick(ulong argument)
    {
        TickEvader* dodger = (TickEvader*)argument;
        long before = (long)Meter.Of(dodger->Thread).Sum.RuntimeNs;
        for (uint i = 0; i < Rounds; i++)
        {
            long spun = Meter.Spin(BurstNs);
            Sys.SleepUntil(Clock.Now() + NapNs);
            long after = (long)Meter.Of(dodger->Thread).Sum.RuntimeNs;
            long difference = after - before - spun;
            difference = difference < 0 ? -difference : difference;
            dodger->Farthest = difference > dodger->Farthest ? difference : dodger->Farthest;
            dodger->Spun += spun;
            before = after;
        }

        return 0;
    }
}
