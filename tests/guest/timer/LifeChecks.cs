using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.TimerSmoke;

/// <summary>Timers that are set when nobody can name them any more.</summary>
internal static class LifeChecks
{
    /// <summary>The role of a process that sets many timers, and of one whose timer counts overruns.</summary>
    internal const long ChildRole = 2, LateRole = 3;

    private const int Rounds = 20;
    private const int Many = 30;

    internal static void Run()
    {
        CheckFresh();
        PoolLevels before = PoolLevels.Read();
        for (int i = 0; i < Rounds; i++)
        {
            ulong timer = Timers.Create().Value;
            ulong notification = IpcCalls.CreateObject(ObjectKind.Notification).Value;
            Timers.Bind(timer, notification, 1);
            Timers.Set(timer, Clock.Now() + (i * 10_000), 10_000);
            Sys.CapabilityDelete(notification);
            Sys.CapabilityDelete(timer);
        }

        Report.Check(before.WaitUntilObjectsRestored(), "a timer that is set goes with its last capability, and lets go of its notification");
        bool ended = true;
        for (int i = 0; i < Rounds; i++)
        {
            ulong child = SpawnBuilder.ForRole("timer", ChildRole).Start().Value;
            Sys.SleepUntil(Clock.Now() + (i * 100_000));
            Sys.ProcessExit(child, 1);
            ended &= SpawnBuilder.WaitAndClose(child).Error == Error.None && before.WaitUntilObjectsRestored();
        }

        Report.Check(ended, "a process can end with timers that are set");
        Report.Check(KernelConsistency.StaleEntries() == 0, "and no timer heap names one that is gone");
    }

    // It has the place of the other's, which ended with that process.
    private static void CheckFresh()
    {
        bool late = SpawnBuilder.ForRole("timer", LateRole).StartAndWait().Value == 0;
        ulong timer = Timers.Create().Value;
        SystemResult overruns = Timers.Cancel(timer);
        Report.Check(late && overruns.Error == Error.None && overruns.Value == 0, "a new timer tells nothing of another's overruns");
        Sys.CapabilityDelete(timer);
    }

    internal static ulong FireLate()
    {
        const long period = 1_000_000;
        const int missed = 7;
        Sys.SleepUntil(period * (missed + 1));
        ulong timer = Timers.Create().Value;
        ulong notification = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        Timers.Bind(timer, notification, 1);
        Timers.Set(timer, Clock.Now() - (period * missed), period);
        return IpcCalls.Wait(notification).Value == 1 ? 0ul : 1;
    }

    internal static ulong Child()
    {
        for (int i = 0; i < Many; i++)
        {
            ulong timer = Timers.Create().Value;
            Timers.Bind(timer, IpcCalls.CreateObject(ObjectKind.Notification).Value, 1);
            Timers.Set(timer, Clock.Now() + (i * 50_000), 20_000 * (i % 2));
        }

        Sys.SleepUntil(long.MaxValue - 1);
        return 1;
    }
}
