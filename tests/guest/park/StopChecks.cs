using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Park;

/// <summary>Parked threads that are killed, suspended, moved, or made more important meanwhile.</summary>
internal static unsafe class StopChecks
{
    private const uint Count = 5;
    private const ulong Code = 0x0DED;

    // Eleven days are longer than a smoke may take.
    private const long Long = 1_000_000_000_000_000;

    internal static void Run()
    {
        Parker* parkers = (Parker*)Memory.Map(Count * (ulong)sizeof(Parker));
        ulong* word = (ulong*)Memory.Map(2 * sizeof(ulong));
        CheckKills(parkers, word);
        Report.Check(KernelConsistency.StaleEntries() == 0, "no queue or timer heap names it");
        CheckSuspended(parkers, word);
        CheckSuspendedTooLong(parkers, word);
        CheckMoved(parkers, word);
    }

    private static bool ParkAll(Parker* parkers, ulong* word, long deadline = 0)
    {
        bool parked = true;
        word[1] = 0;
        for (uint i = 0; i < Count; i++)
        {
            parked &= Parker.Park(&parkers[i], word, word + 1, i % Program.Cpus, deadline: deadline);
        }

        return parked;
    }

    // Each is in the timer heap of its CPU as well.
    private static void CheckKills(Parker* parkers, ulong* word)
    {
        bool right = ParkAll(parkers, word, Clock.Now() + Long);
        right &= Sys.ThreadKill(parkers[1].Thread, Code) == Error.None && Sys.ThreadKill(parkers[3].Thread, Code) == Error.None;
        right &= parkers[1].Join() == Code && parkers[3].Join() == Code;

        // The place of those who were killed is nobody's: the next call wakes the one that parked after them.
        right &= Sys.Unpark((uint*)word, 2) == 2 && parkers[0].Join() == (ulong)Error.None && parkers[2].Join() == (ulong)Error.None;
        right &= parkers[4].Outcome == Parker.Parked && Sys.Unpark((uint*)word, 2) == 1 && parkers[4].Join() == (ulong)Error.None;
        Report.Check(right, "a parked thread that is killed is passed over, and not counted as woken");
    }

    private static void CheckSuspended(Parker* parkers, ulong* word)
    {
        bool right = ParkAll(parkers, word);
        ulong suspended = parkers[1].Thread;
        right &= Sys.ThreadSuspend(suspended) == Error.None && Sys.Unpark((uint*)word, 3) == 3;
        right &= parkers[0].Join() == (ulong)Error.None && parkers[2].Join() == (ulong)Error.None;
        right &= parkers[1].Outcome == Parker.Parked && parkers[3].Outcome == Parker.Parked;
        Report.Check(right, "a parked thread that is suspended is woken in its turn, and stands still");
        right = Sys.ThreadResume(suspended) == Error.None && parkers[1].Join() == (ulong)Error.None;
        right &= Sys.Unpark((uint*)word, Count) == 2 && parkers[3].Join() == (ulong)Error.None
            && parkers[4].Join() == (ulong)Error.None;
        Report.Check(right, "until it is resumed");
    }

    // On one CPU: what wakes this thread comes behind the other one's deadline in the same timer heap.
    private static void CheckSuspendedTooLong(Parker* parker, ulong* word)
    {
        Sys.ThreadSetAffinity(BootHandle.MainThread, 1);
        bool right = ParkAndSuspend(parker, word, out long deadline);
        Sys.SleepUntil(deadline + 1);
        right &= parker->Outcome == Parker.Parked && Sys.ThreadResume(parker->Thread) == Error.None;
        right &= parker->Join() == (ulong)Error.TimedOut;
        Sys.ThreadSetAffinity(BootHandle.MainThread, ulong.MaxValue);
        Report.Check(right, "a deadline that comes while the thread is suspended ends its wait, but does not let it run");
    }

    // Until it is suspended before its deadline comes, with more time each time.
    private static bool ParkAndSuspend(Parker* parker, ulong* word, out long deadline)
    {
        for (long time = 1_000_000; ; time *= 2)
        {
            deadline = Clock.Now() + time;
            bool suspended = Parker.Park(parker, word, word + 1, 0, deadline: deadline)
                && Sys.ThreadSuspend(parker->Thread) == Error.None;
            if (suspended && Clock.Now() < deadline)
            {
                return true;
            }

            Sys.ThreadResume(parker->Thread);
            parker->Join();
        }
    }

    private static void CheckMoved(Parker* parkers, ulong* word)
    {
        bool right = ParkAll(parkers, word);
        for (uint i = 0; i < Count; i++)
        {
            right &= Sys.ThreadSetAffinity(parkers[i].Thread, 1ul << (int)Target(i)) == Error.None;
        }

        right &= Sys.Unpark((uint*)word, ulong.MaxValue) == Count;
        for (uint i = 0; i < Count; i++)
        {
            right &= parkers[i].Join() == (ulong)Error.None && parkers[i].Cpu == Target(i);
        }

        Report.Check(right, "parked threads that are moved all come back where they were moved to");
    }

    private static uint Target(uint parker) => (parker + 1) % Program.Cpus;
}
