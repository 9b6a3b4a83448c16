using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Accounts;

/// <summary>Runtime grows while a thread runs and stands still while it does not want to.</summary>
internal static unsafe class BlockChecks
{
    private const long StillNs = 5_000_000;
    private const long SleepNs = 300_000_000;
    private const long BurstNs = 1_000_000;

    private struct Shared
    {
        internal ulong Gate;
        internal long SpunNs;
        internal ulong Until;
    }

    private struct Observation
    {
        internal LedgerReading First;
        internal LedgerReading Then;
        internal long Charged;
        internal bool IsLate;
    }

    internal static void Run()
    {
        Shared* shared = (Shared*)Memory.Map((ulong)sizeof(Shared));
        ThreadGroup crew = ThreadGroup.Allocate(1);
        CheckStill(&crew, shared, &SpinAndPark, "a thread that is parked uses nothing, and waits for nothing");
        CheckStill(&crew, shared, &SpinAndSleep, "a thread that sleeps uses nothing, and waits for nothing");
        CheckOwn();
    }

    private static void CheckStill(ThreadGroup* crew, Shared* shared, delegate*<ulong, ulong> function, string what)
    {
        Observation seen = Observe(crew, shared, function);
        while (seen.IsLate)
        {
            // The host was so slow that the thread has woken meanwhile.
            seen = Observe(crew, shared, function);
        }

        Report.Check(
            seen.Charged >= shared->SpunNs && seen.Then.LastCpu == Program.Cpus - 1,
            "what it did before is charged, on the CPU where it was");
        Report.Check(
            seen.Then.Sum.RuntimeNs == seen.First.Sum.RuntimeNs && seen.Then.Sum.WaitNs == seen.First.Sum.WaitNs
                && seen.Then.Sum.Switches == seen.First.Sum.Switches && seen.Then.Sum.VoluntaryBlocks == 1,
            what);
    }

    // A thread blocks, and its ledger is read twice, some time apart.
    private static Observation Observe(ThreadGroup* crew, Shared* shared, delegate*<ulong, ulong> function)
    {
        Observation seen = default;
        *shared = default;
        long kernel = Meter.KernelNs();
        crew->AddAndStartOn(Program.Cpus - 1, function, (ulong)shared);
        ulong handle = crew->Handle(0);
        while (Meter.Of(handle).Sum.VoluntaryBlocks == 0 && !IsOver(shared))
        {
            Sys.SleepUntil(Clock.Now() + 100_000);
        }

        seen.First = Meter.Of(handle);
        Sys.SleepUntil(Clock.Now() + StillNs);
        seen.Then = Meter.Of(handle);
        seen.IsLate = IsOver(shared);
        Volatile.Write(ref shared->Gate, 1);
        Parking.WakeAll(ref shared->Gate);
        crew->JoinAll();
        seen.Charged = (long)(seen.First.Sum.RuntimeNs + seen.First.Sum.WaitNs) + Meter.KernelNs() - kernel;
        return seen;
    }

    // The thread may have gone on by itself: its instant has come.
    private static bool IsOver(Shared* shared)
    {
        ulong until = Volatile.Read(ref shared->Until);
        return until != 0 && (ulong)Clock.Now() >= until;
    }

    private static void CheckOwn()
    {
        LedgerSum before = Meter.Of(BootHandle.MainThread).Sum;
        long spun = Meter.Spin(BurstNs);
        LedgerSum after = Meter.Of(BootHandle.MainThread).Sum;
        Report.Check(
            after.RuntimeNs > before.RuntimeNs && spun >= BurstNs && after.VoluntaryBlocks == before.VoluntaryBlocks,
            "the runtime of a thread that runs grows");
    }

    private static ulong SpinAndPark(ulong argument)
    {
        Shared* shared = (Shared*)argument;
        shared->SpunNs = Meter.Spin(BurstNs);
        shared->Until = ulong.MaxValue;
        Parking.Park(ref shared->Gate, 0);
        return 0;
    }

    private static ulong SpinAndSleep(ulong argument)
    {
        Shared* shared = (Shared*)argument;
        shared->SpunNs = Meter.Spin(BurstNs);
        shared->Until = (ulong)(Clock.Now() + SleepNs);
        Sys.SleepUntil((long)shared->Until);
        return 0;
    }
}
