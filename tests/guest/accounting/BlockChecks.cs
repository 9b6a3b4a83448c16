using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Accounts;

/// <summary>Runtime grows while a thread runs and stands still while it does not want to.</summary>
internal static unsafe class BlockChecks
{
    private const long Patience = 10_000_000_000;
    private const long StillNs = 5_000_000;
    private const long SleepNs = 300_000_000;
    private const long BurstNs = 1_000_000;

    private struct Shared
    {
        internal ulong Gate;
        internal long SpunNs;
    }

    internal static void Run()
    {
        Shared* shared = (Shared*)Memory.Map((ulong)sizeof(Shared));
        Crew crew = Crew.Of(1);
        CheckStill(&crew, shared, &SpinAndPark, "a thread that is parked uses nothing, and waits for nothing");
        CheckStill(&crew, shared, &SpinAndSleep, "a thread that sleeps uses nothing, and waits for nothing");
        CheckOwn();
    }

    private static void CheckStill(Crew* crew, Shared* shared, delegate*<ulong, ulong> function, string what)
    {
        uint cpu = Program.Cpus - 1;
        *shared = default;
        long kernel = Meter.KernelNs();
        crew->RunOn(cpu, function, (ulong)shared);
        ulong handle = crew->Handle(0);
        long end = Clock.Now() + Patience;
        while (Meter.Of(handle).Sum.VoluntaryBlocks == 0 && Clock.Now() < end)
        {
            Sys.SleepUntil(Clock.Now() + 100_000);
        }

        LedgerReading first = Meter.Of(handle);
        Sys.SleepUntil(Clock.Now() + StillNs);
        LedgerReading then = Meter.Of(handle);
        Volatile.Write(ref shared->Gate, 1);
        Parking.WakeAll(ref shared->Gate);
        crew->Join();
        long charged = (long)(first.Sum.RuntimeNs + first.Sum.WaitNs) + Meter.KernelNs() - kernel;
        Report.Check(charged >= shared->SpunNs && then.LastCpu == cpu, "what it did before is charged, on the CPU where it was");
        Report.Check(
            then.Sum.RuntimeNs == first.Sum.RuntimeNs && then.Sum.WaitNs == first.Sum.WaitNs
                && then.Sum.Switches == first.Sum.Switches && then.Sum.VoluntaryBlocks == 1,
            what);
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
        Parking.Park(ref shared->Gate, 0);
        return 0;
    }

    private static ulong SpinAndSleep(ulong argument)
    {
        Shared* shared = (Shared*)argument;
        shared->SpunNs = Meter.Spin(BurstNs);
        Sys.SleepUntil(Clock.Now() + SleepNs);
        return 0;
    }
}
