using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Park;

/// <summary>Deadlines against wakes: every wait ends once, by one of them, and both sides agree on how often by
/// which.</summary>
internal static unsafe class RaceChecks
{
    private const ulong Rounds = 400;

    private struct Shared
    {
        internal ulong Word;
        internal ulong Stop;
        internal ulong Woken;
        internal ulong TimedOut;
        internal ulong Early;
        internal ulong Wrong;
        internal ulong Seed;
    }

    internal static void Run()
    {
        Shared* shared = (Shared*)Memory.Map((ulong)sizeof(Shared));
        uint waiters = (Program.Cpus * 2) + 1;
        ThreadGroup waiting = ThreadGroup.Allocate(waiters);
        ThreadGroup waking = ThreadGroup.Allocate(2);
        ulong waits = 0;
        ulong woken = 0;

        // Until both ends of a wait have happened: how many of each there are is the host's affair.
        while (shared->Woken == 0 || shared->TimedOut == 0)
        {
            woken += Race(shared, &waiting, &waking, waiters);
            waits += waiters * Rounds;
        }

        Report.Check(
            shared->Woken + shared->TimedOut == waits && shared->Wrong == 0,
            "every wait with a deadline that races a wake ends, once");
        Report.Check(shared->Woken == woken, "as many waits were woken as unparks say that they woke");
        Report.Check(shared->Early == 0, "none of them timed out before its deadline");
    }

    // How many waits the wakers say that they woke.
    private static ulong Race(Shared* shared, ThreadGroup* waiting, ThreadGroup* waking, uint waiters)
    {
        Volatile.Write(ref shared->Stop, 0);
        for (uint i = 0; i < waiters; i++)
        {
            waiting->AddAndStart(&WaitOften, (ulong)shared);
        }

        waking->AddAndStart(&WakeOften, (ulong)shared);
        waking->AddAndStart(&WakeOften, (ulong)shared);
        waiting->JoinAll();
        Volatile.Write(ref shared->Stop, 1);
        return waking->JoinAll();
    }

    private static ulong WaitOften(ulong argument)
    {
        Shared* shared = (Shared*)argument;
        Lachesis.User.Random random = new(Interlocked.ExchangeAdd(ref shared->Seed, 1));
        for (ulong i = 0; i < Rounds; i++)
        {
            long deadline = Clock.Now() + (long)random.Below(100_000);
            Error error = Parking.Park(ref shared->Word, 0, deadline);
            if (error == Error.TimedOut)
            {
                Interlocked.ExchangeAdd(ref shared->TimedOut, 1);
                Interlocked.ExchangeAdd(ref shared->Early, Clock.Now() < deadline ? 1ul : 0);
            }
            else
            {
                Interlocked.ExchangeAdd(ref error == Error.None ? ref shared->Woken : ref shared->Wrong, 1);
            }
        }

        return 0;
    }

    // How many it woke.
    private static ulong WakeOften(ulong argument)
    {
        Shared* shared = (Shared*)argument;
        Lachesis.User.Random random = new(Interlocked.ExchangeAdd(ref shared->Seed, 1));
        ulong woken = 0;
        while (Volatile.Read(ref shared->Stop) == 0)
        {
            if (random.Below(3) == 0)
            {
                Sys.SleepUntil(Clock.Now() + (long)random.Below(60_000));
            }

            uint* word = (uint*)&shared->Word;
            woken += random.Below(4) == 0 ? Sys.UnparkSwitch(word) : Sys.Unpark(word, 1 + random.Below(3));
            Sys.Yield();
        }

        return woken;
    }
}
