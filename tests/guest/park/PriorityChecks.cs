using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Park;

/// <summary>Under the priority policy: who is woken is decided by who parked first, who runs first by priority.</summary>
internal static unsafe class PriorityChecks
{
    private const int Count = 6;

    internal static void Run()
    {
        Parker* parkers = (Parker*)Memory.Map(Count * (ulong)sizeof(Parker));
        ulong* word = (ulong*)Memory.Map(2 * sizeof(ulong));
        Sys.ThreadSetAffinity(BootHandle.MainThread, 1);
        Sys.PolicySet(BootHandle.Policy, 1, SchedulingPolicy.Priority);
        SetOwn(SchedulingLimits.MaxPriority);
        Report.Check(
            Parker.Holds(&WakeAllAtOnce, parkers, word, Count),
            "threads that are woken together run by priority, equals in the order in which they parked");
        Report.Check(Parker.Holds(&WakeOneByOne, parkers, word, Count), "an unpark wakes who parked first, however important others are");
        Report.Check(
            Parker.Holds(&Changed, parkers, word, Count),
            "one that has become more important than its waker runs at once, others by what they have become meanwhile");
        SetOwn(SchedulingLimits.DefaultPriority);
        Sys.PolicySet(BootHandle.Policy, 1, SchedulingPolicy.Fair);
        Sys.ThreadSetAffinity(BootHandle.MainThread, ulong.MaxValue);
    }

    // All on this CPU.
    private static bool ParkAll(Parker* parkers, ulong* word, byte* priorities)
    {
        bool parked = true;
        word[1] = 0;
        for (int i = 0; i < Count; i++)
        {
            parked &= Parker.Park(&parkers[i], word, word + 1, 0, priorities[i]);
        }

        return parked;
    }

    private static bool WakeAllAtOnce(Parker* parkers, ulong* word)
    {
        byte* priorities = stackalloc byte[] { 10, 30, 20, 30, 10, 40 };
        byte* places = stackalloc byte[] { 4, 1, 3, 2, 5, 0 };
        bool right = ParkAll(parkers, word, priorities) && Sys.Unpark((uint*)word, Count) == Count && word[1] == 0;
        return WokenInFifoOrder(parkers, places) && right;
    }

    // The waker is more important than all of them, so none runs before it waits for them.
    private static bool WakeOneByOne(Parker* parkers, ulong* word)
    {
        byte* priorities = stackalloc byte[] { 10, 30, 20, 30, 10, 40 };
        byte* places = stackalloc byte[] { 2, 0, 1, 4, 5, 3 };
        bool right = ParkAll(parkers, word, priorities) && Sys.Unpark((uint*)word, 1) == 1 && Sys.Unpark((uint*)word, 2) == 2;
        right &= parkers[0].Join() == (ulong)Error.None && parkers[3].Outcome == Parker.Parked && word[1] == 3;
        right &= Sys.Unpark((uint*)word, Count) == 3;
        for (int i = 1; i < Count; i++)
        {
            right &= parkers[i].Join() == (ulong)Error.None;
        }

        for (int i = 0; i < Count; i++)
        {
            right &= parkers[i].Ticket == places[i];
        }

        return right;
    }

    // A priority that is set meanwhile holds from the wake on: a more important thread has the CPU before the call is over.
    private static bool Changed(Parker* parkers, ulong* word)
    {
        byte* priorities = stackalloc byte[] { 10, 10, 10, 10, 10, 10 };
        byte* places = stackalloc byte[] { 0, 5, 3, 4, 2, 1 };
        bool right = ParkAll(parkers, word, priorities);
        SetOwn(50);
        Set(parkers[0].Thread, SchedulingParameter.Priority, 60);
        right &= Sys.Unpark((uint*)word, 1) == 1 && parkers[0].Outcome == (ulong)Error.None;
        Set(parkers[1].Thread, SchedulingParameter.Priority, 5);
        Set(parkers[5].Thread, SchedulingParameter.Priority, 49);
        Set(parkers[4].Thread, SchedulingParameter.Priority, 48);
        right &= Sys.Unpark((uint*)word, Count) == Count - 1 && word[1] == 1;
        SetOwn(SchedulingLimits.MaxPriority);
        return WokenInFifoOrder(parkers, places) && right;
    }

    private static bool WokenInFifoOrder(Parker* parkers, byte* places)
    {
        bool right = true;
        for (int i = 0; i < Count; i++)
        {
            right &= parkers[i].Join() == (ulong)Error.None && parkers[i].Ticket == places[i];
        }

        return right;
    }

    private static void SetOwn(ulong priority) => Set(BootHandle.MainThread, SchedulingParameter.Priority, priority);

    private static void Set(ulong thread, SchedulingParameter parameter, ulong value) =>
        Sys.ThreadSetScheduling(BootHandle.Policy, thread, parameter, value);
}
