using System.Threading;
using Lachesis.Abi;
using Lachesis.Scenarios;
using Lachesis.User;

namespace Lachesis.ScenarioGuest;

/// <summary>Waiting until all threads have ended, or wait for each other for ever.</summary>
internal static unsafe partial class ScenarioState
{
    // As long as a waker needs to go on and say whom it woke, and far longer.
    private const long SettleNs = 10_000_000;

    private static ulong s_live;
    private static ulong s_parked;
    private static ulong s_calls;
    private static ulong s_needsStuckCheck;
    private static ulong s_inconclusive;

    /// <summary>Not 0: threads were ended as if all had waited for each other, and one of them did not.</summary>
    internal static ulong IsInconclusive => s_inconclusive;

    /// <summary>Counts a call's error, if it is none that a scenario's own doing explains, and what it does to those that are
    /// parked.</summary>
    internal static void RecordState(SystemCall call, SystemResult result)
    {
        if (call == SystemCall.Unpark && result.Error == Error.None)
        {
            AtomicWord.FetchAdd(ref s_parked, 0 - result.Value);
        }
        else if (call == SystemCall.Park && result.Error != Error.None)
        {
            AtomicWord.FetchAdd(ref s_parked, ulong.MaxValue);
        }

        bool explained = result.Error == Error.None
            || (call == SystemCall.Park && result.Error is Error.ValueChanged or Error.TimedOut);
        if (!explained)
        {
            Count(ref s_refused);
        }
    }

    /// <summary>Counts a call's error.</summary>
    internal static void RecordState(SystemCall call, Error error) => RecordState(call, new SystemResult { Error = error });

    /// <summary>The caller is about to make a call. If it parks as the last that does not wait yet, the starter is to
    /// look.</summary>
    internal static void RecordCall(SystemCall call)
    {
        if (call != SystemCall.Park)
        {
            return;
        }

        Count(ref s_calls);
        ulong parked = Count(ref s_parked) + 1;
        if (World.End == long.MaxValue && parked == Volatile.Read(ref s_live))
        {
            WakeStarter();
        }
    }

    /// <summary>The caller has nothing more to note. Its runner is another's from here on.</summary>
    internal static void RecordEnd(Runner* runner)
    {
        ulong left = AtomicWord.FetchAdd(ref s_live, ulong.MaxValue) - 1;
        if (left == Volatile.Read(ref s_parked))
        {
            WakeStarter();
        }

        Volatile.Write(ref runner->State, Runner.Ended);
    }

    /// <summary>Waits until all threads have ended; true if they had to be ended, as all waited for each other.</summary>
    internal static bool WaitForAll()
    {
        bool stuck = false;
        while (true)
        {
            uint seen = (uint)Volatile.Read(ref s_needsStuckCheck);
            ulong live = Volatile.Read(ref s_live);
            if (live == 0)
            {
                break;
            }

            if (World.End == long.MaxValue && !stuck && Volatile.Read(ref s_parked) == live)
            {
                stuck = EndIfStuck(live);
            }
            else
            {
                ParkStarter(seen);
            }
        }

        for (uint i = 0; i < s_capacity; i++)
        {
            if (s_runners[i]->State != Runner.Fresh)
            {
                Close(s_runners[i]);
            }
        }

        return stuck;
    }

    // That all wait, their own count says; that nobody has woken any of them yet, only the kernel: it wakes as many as are left.
    private static bool EndIfStuck(ulong live)
    {
        ulong calls = Volatile.Read(ref s_calls);
        Sys.SleepUntil(Clock.Now() + SettleNs);
        if (Volatile.Read(ref s_calls) != calls || Volatile.Read(ref s_live) != live || Volatile.Read(ref s_parked) != live)
        {
            return false;
        }

        Volatile.Write(ref s_stopped, 1);
        ulong woken = 0;
        for (uint i = 0; i < World.Program->ResourceCount; i++)
        {
            ulong some;
            do
            {
                some = Sys.Unpark((uint*)World.AddressOf(i), CallLimits.MaxUnpark);
                woken += some;
            }
            while (some == CallLimits.MaxUnpark);
        }

        AtomicWord.FetchAdd(ref s_parked, 0 - woken);
        s_inconclusive = woken == live ? 0ul : 1;
        return woken == live;
    }

    private static void WakeStarter()
    {
        AtomicWord.Increment(ref s_needsStuckCheck);
        Parking.WakeOne(ref s_needsStuckCheck);
    }

    private static void ParkStarter(uint seen) => Parking.Park(ref s_needsStuckCheck, seen);
}
