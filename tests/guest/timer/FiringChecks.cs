using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.TimerSmoke;

/// <summary>Once, periodically, late, cancelled; to a thread that waits and to one that receives.</summary>
internal static class FiringChecks
{
    private const ulong Bits = 0b101;
    private const long Period = 2_000_000;
    private const int Periods = 20;

    internal static void Run()
    {
        PoolLevels before = PoolLevels.Read();
        ulong timer = Timers.Create().Value;
        ulong notification = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        Report.Check(Timers.Bind(timer, notification, Bits) == Error.None, "a timer can be bound to a notification");
        CheckOnce(timer, notification);
        CheckPeriodic(timer, notification);
        CheckOverruns(timer, notification);
        CheckBound(timer, notification);
        CheckErrors(timer, notification);
        Sys.CapabilityDelete(timer);
        Sys.CapabilityDelete(notification);
        Report.Check(before.WaitUntilObjectsRestored(), "timers and notifications are back");
    }

    private static void CheckOnce(ulong timer, ulong notification)
    {
        long due = Clock.Now() + 3_000_000;
        Timers.Set(timer, due);
        SystemResult got = IpcCalls.Wait(notification);
        Report.Check(got.Value == Bits && Clock.Now() >= due, "it signals its bits, and not before its instant");
        Report.Check(Waited(notification, 5_000_000) == Error.TimedOut, "and once");
        Timers.Set(timer, Clock.Now() - 1);
        Report.Check(IpcCalls.Wait(notification).Value == Bits, "at once, if the instant has passed");
    }

    // Firings and overruns together are the periods that have passed since the first instant, however late each was.
    private static void CheckPeriodic(ulong timer, ulong notification)
    {
        long first = Clock.Now() + Period;
        Timers.Set(timer, first, Period);
        bool inTime = true;
        for (int i = 0; i < Periods; i++)
        {
            inTime &= IpcCalls.Wait(notification).Value == Bits && Clock.Now() >= first + (i * Period);
        }

        Report.Check(inTime, "a periodic timer never signals early, counted from its first instant");
        Report.Check(Timers.Cancel(timer).Error == Error.None, "it can be cancelled");
        Poll(notification);
        Report.Check(Waited(notification, 3 * Period) == Error.TimedOut, "and signals no more");
    }

    // Set for the past, so many periods ago: it must be one signal, and all the others overruns.
    private static void CheckOverruns(ulong timer, ulong notification)
    {
        const long period = 5_000_000;
        const int missed = 7;

        // The clock may have begun less than that ago.
        Sys.SleepUntil(period * (missed + 1));
        Timers.Set(timer, Clock.Now() - (period * missed) - (period / 4), period);
        bool once = IpcCalls.Wait(notification).Value == Bits;
        SystemResult cancelled = Timers.Cancel(timer);
        Report.Check(once && cancelled.Value >= missed, "periods that passed together are one signal; the others are overruns");
        Poll(notification);
    }

    private static unsafe void CheckBound(ulong timer, ulong notification)
    {
        ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        bool bound = Sys.Call(SystemCall.NotificationBind, notification).Error == Error.None;
        Timers.Set(timer, Clock.Now() + 1_000_000);
        Message message = default;
        Error received = IpcCalls.Receive(endpoint, 0, &message);
        bool signal = received == Error.None && (message.Tag & MessageTag.Signals) != 0 && message.Badge == Bits;
        Report.Check(bound && signal, "it reaches a thread that receives messages, if its notification is bound to that");
        Sys.Call(SystemCall.NotificationUnbind);
        Sys.CapabilityDelete(endpoint);
    }

    private static void CheckErrors(ulong timer, ulong notification)
    {
        ulong weak = Sys.CapabilityMint(timer, Rights.All & ~Rights.Control).Value;
        ulong mute = Sys.CapabilityMint(notification, Rights.All & ~Rights.Write).Value;
        bool rights = Timers.Set(weak, 1) == Error.MissingRight && Timers.Cancel(weak).Error == Error.MissingRight
            && Timers.Bind(weak, notification, 1) == Error.MissingRight && Timers.Bind(timer, mute, 1) == Error.MissingRight;
        Report.Check(rights, "setting, cancelling and binding need control, and the right to signal");
        bool kinds = Timers.Set(notification, 1) == Error.WrongKind && Timers.Bind(timer, timer, 1) == Error.WrongKind
            && Timers.Set(timer, -1) == Error.BadArgument && Timers.Set(timer, 1, 1) == Error.BadArgument;
        Report.Check(kinds, "and the right kinds, and bounds of the instant and the period");
        Sys.CapabilityDelete(weak);
        Sys.CapabilityDelete(mute);
        Report.Check(Timers.Cancel(weak).Error == Error.StaleHandle, "a deleted capability is stale");
    }

    private static Error Waited(ulong notification, long time) =>
        IpcCalls.Wait(notification, (ulong)(Clock.Now() + time)).Error;

    private static void Poll(ulong notification) => Sys.Call(SystemCall.Poll, notification);
}
