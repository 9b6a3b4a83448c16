using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Accounts;

/// <summary>
/// A thread that runs nine tenths of a millisecond and sleeps the last one, again and again, would hide from a kernel that
/// charges whom its tick finds. Here it is charged for what it ran.
/// </summary>
internal static unsafe class DodgeChecks
{
    private const uint Enough = 51;
    private const uint Most = 1_020;
    private const long BurstNs = 900_000;
    private const long NapNs = 100_000;

    // What the way into sleep and out of it may cost beside what the thread sees of its burst. A host that is busy with other
    // things makes it longer, often, and never shorter: so it goes on until it was left alone often enough.
    private const long SwitchNs = 20_000;

    private struct Dodger
    {
        internal ulong Thread;
        internal long Spun;
        internal uint Rounds;
        internal uint Near;
    }

    internal static void Run()
    {
        Dodger dodger = default;
        Crew crew = Crew.Of(1);
        long kernel = Meter.KernelNs();
        crew.Add(&Dodge, (ulong)&dodger);
        dodger.Thread = crew.Handle(0);
        Sys.ThreadSetAffinity(dodger.Thread, 1ul << (int)(Program.Cpus - 1));
        long outer = Clock.Now();
        Sys.ThreadStart(dodger.Thread);
        Sys.ThreadJoin(dodger.Thread);
        outer = Clock.Now() - outer;
        LedgerSum ledger = Meter.Of(dodger.Thread).Sum;
        crew.Join();
        kernel = Meter.KernelNs() - kernel;
        Report.Check(
            (long)(ledger.RuntimeNs + ledger.WaitNs) + kernel >= dodger.Spun,
            "a thread that sleeps before every tick is charged all that it ran");
        Report.Check(
            (long)(ledger.RuntimeNs + ledger.WaitNs) <= outer - (dodger.Rounds * NapNs),
            "and not what it slept");
        Report.Check(dodger.Near == Enough, "each time what it saw itself run, but for what a switch costs");
        Report.Check(ledger.VoluntaryBlocks == dodger.Rounds, "and every sleep is counted");
    }

    private static ulong Dodge(ulong argument)
    {
        Dodger* dodger = (Dodger*)argument;
        ulong before = Meter.Of(dodger->Thread).Sum.RuntimeNs;
        while (dodger->Near < Enough && dodger->Rounds < Most)
        {
            long spun = Meter.Spin(BurstNs);
            long until = Clock.Now() + NapNs;
            Sys.SleepUntil(until);
            ulong after = Meter.Of(dodger->Thread).Sum.RuntimeNs;
            long more = (long)(after - before) - spun;
            dodger->Near += more is >= -SwitchNs and <= SwitchNs ? 1u : 0;
            dodger->Spun += spun;
            dodger->Rounds++;
            before = after;
        }

        return 0;
    }
}
