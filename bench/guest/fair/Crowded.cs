using Lachesis.User;

namespace Lachesis.Fair;

/// <summary>Equal hogs that may run anywhere.</summary>
internal static class Crowded
{
    internal static void Measure(long lengthNs, uint count, string name)
    {
        Hogs hogs = Hogs.Reserve();
        for (uint i = 0; i < count; i++)
        {
            hogs.Add(ulong.MaxValue, 0);
        }

        hogs.Mark();
        hogs.Start();
        Sys.SleepUntil(Clock.Now() + lengthNs);

        // Ledgers of threads that run elsewhere lag behind; those of threads that have ended do not.
        hogs.Stop();
        hogs.Look().ReportWorst(name);
        hogs.Dismiss();
    }
}
