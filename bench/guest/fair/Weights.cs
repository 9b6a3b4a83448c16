using Lachesis.User;

namespace Lachesis.Fair;

/// <summary>
/// Hogs of niceness 0, 0 and 5 on one CPU. Looked at while it goes on, again and again, so that the figure does not depend
/// on the moment at which one happens to stop.
/// </summary>
internal static class Weights
{
    // Not in step with requests, nor with sums of them.
    private const long LookEveryNs = 9_973_001;

    internal static void Measure(long lengthNs)
    {
        Hogs hogs = Hogs.Reserve();
        hogs.Add(1, 0);
        hogs.Add(1, 0);
        hogs.Add(1, 5);
        hogs.Start();
        Sys.SleepUntil(Clock.Now() + LookEveryNs);
        hogs.StartInterval();
        long began = Clock.Now();
        long worst = 0;
        long looks = 0;
        long worstOfLast = 0;
        Shares shares = default;
        for (long next = began + LookEveryNs; next <= began + lengthNs; next += LookEveryNs)
        {
            Sys.SleepUntil(next);
            shares = hogs.ReadShares();
            long lag = shares.WorstLag();
            worst = lag > worst ? lag : worst;
            looks++;
            if (next > began + lengthNs - (lengthNs / 10))
            {
                long part = shares.PartOf(lag);
                worstOfLast = part > worstOfLast ? part : worstOfLast;
            }
        }

        Sys.SleepUntil(began + lengthNs);
        shares = hogs.ReadShares();
        shares.ReportWorst("weights");
        Shares.Metric("weights", "WorstLagNs", worst);
        Shares.Metric("weights", "WorstErrorPpb", worstOfLast);
        Shares.Metric("weights", "Looks", looks);
        hogs.Stop();
        hogs.StopAndJoin();
    }
}
