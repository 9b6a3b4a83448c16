using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fair;

/// <summary>
/// A process of three hogs beside one of a single hog and a hog of this one: CPU time goes to threads, so each of the five
/// gets a fifth, whoever its siblings are.
/// </summary>
internal static unsafe class Siblings
{
    private const long Role = 2;
    private const uint Many = 3;

    internal static void Measure(long lengthNs)
    {
        Hogs hogs = Hogs.Reserve();
        hogs.Add(1, 0);
        ulong many = StartProcess(Many);
        ulong one = StartProcess(1);
        hogs.Start();
        Sys.SleepUntil(Clock.Now() + 1_000_000);
        hogs.StartInterval();
        ulong manyBefore = RuntimeOf(many);
        ulong oneBefore = RuntimeOf(one);
        Sys.SleepUntil(Clock.Now() + lengthNs);
        Shares shares = hogs.ReadShares();
        shares.Add(RuntimeOf(many) - manyBefore, Many * SchedulingLimits.DefaultWeight);
        shares.Add(RuntimeOf(one) - oneBefore, SchedulingLimits.DefaultWeight);
        shares.ReportWorst("siblings");
        End(many);
        End(one);
        hogs.Stop();
        hogs.StopAndJoin();
    }

    /// <summary>The life of such a process: its first thread is one of the hogs; somebody else ends it.</summary>
    internal static ulong RunRole()
    {
        ThreadGroup crew = ThreadGroup.Allocate(Many);
        ulong never = 0;
        for (long i = 1; i < Program.Argument("hogs", 1); i++)
        {
            crew.AddAndStartOn(0, &Hogs.Spin, (ulong)&never);
        }

        return Hogs.Spin((ulong)&never);
    }

    private static ulong StartProcess(uint hogs)
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("fair", Role);
        spawn.AddArgument("hogs", hogs);
        spawn.CpuMask = 1;
        return spawn.Start().Value;
    }

    private static ulong RuntimeOf(ulong process)
    {
        Ledgers.OfProcess(process, out LedgerReading reading);
        return reading.Sum.RuntimeNs;
    }

    private static void End(ulong process)
    {
        Sys.ProcessExit(process, 0);
        SpawnBuilder.WaitAndClose(process);
    }
}
