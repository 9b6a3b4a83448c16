using Lachesis.User;

namespace Lachesis.Fair;

/// <summary>Equal hogs that may run anywhere.</summary>
internal static class Crowded
{
    private const long SettleNs = 20_000_000;
    private const long BetweenNs = 200_000;
    private const int Readings = 50;

    internal static void Measure(long lengthNs, uint count, string name)
    {
        Hogs hogs = Hogs.Reserve();
        for (uint i = 0; i < count; i++)
        {
            hogs.Add(ulong.MaxValue, 0);
        }

        hogs.Start();
        hogs.ReadShares();
        Sys.SleepUntil(Clock.Now() + SettleNs);
        hogs.StartInterval();
        long began = Clock.Now();
        Sys.SleepUntil(began + lengthNs);
        MeasureClosely(ref hogs, began).ReportWorst(name);
        hogs.Stop();
        hogs.StopAndJoin();
    }

    // A thread that runs elsewhere is charged when its CPU next enters the kernel, which a look asks for; but a host that has
    // other things to do may let that CPU wait. Of many looks, the one counts that misses least of the time that has passed.
    private static Shares MeasureClosely(ref Hogs hogs, long began)
    {
        Shares closest = default;
        long least = long.MaxValue;
        for (int i = 0; i < Readings; i++)
        {
            hogs.ReadShares();
            Sys.SleepUntil(Clock.Now() + BetweenNs);
            Shares shares = hogs.ReadShares();
            long missed = ((Clock.Now() - began) * Program.Cpus) - shares.TotalNs;
            if (missed < least)
            {
                least = missed;
                closest = shares;
            }
        }

        return closest;
    }
}
