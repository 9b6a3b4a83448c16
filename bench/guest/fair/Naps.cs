using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Fair;

/// <summary>A hog that lets go for an instant, again and again, beside two that do not: it must not get more than they
/// do.</summary>
internal static unsafe class Naps
{
    private const long BurstNs = 300_000;
    private const long NapNs = 10_000;

    internal static void Measure(long lengthNs)
    {
        Measure(lengthNs, &SpinAndYield, "yielding");
        Measure(lengthNs, &SpinAndNap, "napping");
    }

    private static void Measure(long lengthNs, delegate*<ulong, ulong> function, string name)
    {
        Hogs hogs = Hogs.Reserve();
        hogs.Add(function, 1, SchedulingLimits.DefaultWeight);
        hogs.Add(1, 0);
        hogs.Add(1, 0);
        hogs.Start();
        hogs.StartInterval();
        Sys.SleepUntil(Clock.Now() + lengthNs);
        Shares shares = hogs.ReadShares();
        Shares.Metric(name, "GainNs", -shares.LagOf(0));
        Shares.Metric(name, "SharePpb", shares.SharePpbOf(0));
        hogs.Stop();
        hogs.StopAndJoin();
    }

    private static ulong SpinAndYield(ulong stop)
    {
        while (Volatile.Read(ref *(ulong*)stop) == 0)
        {
            SpinFor(BurstNs);
            Sys.Yield();
        }

        return 0;
    }

    private static ulong SpinAndNap(ulong stop)
    {
        while (Volatile.Read(ref *(ulong*)stop) == 0)
        {
            SpinFor(BurstNs);
            Sys.SleepUntil(Clock.Now() + NapNs);
        }

        return 0;
    }

    private static void SpinFor(long nanoseconds)
    {
        long end = Clock.Now() + nanoseconds;
        while (Clock.Now() < end)
        {
        }
    }
}
