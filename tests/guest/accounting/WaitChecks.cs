using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Accounts;

/// <summary>A thread that could run and does not, waits: what it has run and waited is the time that has passed.</summary>
internal static unsafe class WaitChecks
{
    private const long LengthNs = 20_000_000;
    private const ulong WantedPreemptions = 3;

    private struct Hog
    {
        internal ulong* Stop;
        internal Lifetime Life;
    }

    internal static void Run()
    {
        ulong* stop = (ulong*)Memory.Map(sizeof(ulong));
        Hog* hogs = (Hog*)Memory.Map(2 * (ulong)sizeof(Hog));
        ThreadGroup crew = ThreadGroup.Allocate(2);
        long kernel = Meter.KernelNs();
        long own = Own();
        for (uint i = 0; i < 2; i++)
        {
            hogs[i].Stop = stop;
            hogs[i].Life.OuterBegan = Clock.Now();
            crew.AddAndStartOn(Program.Cpus - 1, &Compete, (ulong)&hogs[i]);
        }

        // The host may keep the CPU from them for any time: each is to have had its turn more than once.
        do
        {
            Sys.SleepUntil(Clock.Now() + LengthNs);
        }
        while (Preemptions(crew.Handle(0)) < WantedPreemptions || Preemptions(crew.Handle(1)) < WantedPreemptions);

        Volatile.Write(ref *stop, 1);
        hogs[0].Life.End(crew.Handle(0));
        hogs[1].Life.End(crew.Handle(1));
        crew.JoinAll();
        kernel = Meter.KernelNs() - kernel;
        own = Own() - own;
        Lifetime one = hogs[0].Life;
        Lifetime other = hogs[1].Life;
        Report.Check(
            one.AddsUp(kernel) && other.AddsUp(kernel),
            "what a thread that never blocks has run and waited is the time that passed, less what interrupts took");
        Report.Check(
            one.Ledger.Sum.Switches == 1 + one.Ledger.Sum.Preemptions && other.Ledger.Sum.Switches == 1 + other.Ledger.Sum.Preemptions
                && one.Ledger.Sum.VoluntaryBlocks == 0,
            "and it is switched to once when it starts, and once after each preemption");

        // Where one waits, the other runs, an interrupt, or, on a single CPU, the caller. Before both are there and after one
        // has gone there is none to wait for.
        long slack = kernel + own + AtEnds(in one, in other);
        Report.Check(
            IsNear(one.Waited, other.Ran, slack) && IsNear(other.Waited, one.Ran, slack),
            "of two threads on one CPU, each waits while the other runs");
    }

    // Neither was started before the outer reading of the first, and both had been by the later of their own; so it is at the
    // end.
    private static long AtEnds(in Lifetime first, in Lifetime second)
    {
        long began = first.Began < second.Began ? second.Began : first.Began;
        long ended = first.Ended < second.Ended ? first.Ended : second.Ended;
        return began - first.OuterBegan + second.OuterEnded - ended;
    }

    private static long Distance(long one, long other) => one < other ? other - one : one - other;

    private static bool IsNear(long one, long other, long slack) => Distance(one, other) <= slack;

    private static long Own() => (long)Meter.Of(BootHandle.MainThread).Sum.RuntimeNs;

    private static ulong Preemptions(ulong thread) => Meter.Of(thread).Sum.Preemptions;

    private static ulong Compete(ulong argument)
    {
        Hog* hog = (Hog*)argument;
        hog->Life.Began = Clock.Now();
        while (Volatile.Read(ref *hog->Stop) == 0)
        {
        }

        hog->Life.Ended = Clock.Now();
        return 0;
    }
}
