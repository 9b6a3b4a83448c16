using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Park;

/// <summary>How many an unpark wakes, and whom.</summary>
internal static unsafe class OrderChecks
{
    private const uint Few = 9;
    private const uint Many = (uint)CallLimits.MaxUnpark + 6;

    internal static void Run()
    {
        ulong* word = (ulong*)Memory.Map(2 * sizeof(ulong));
        Parker* parkers = (Parker*)Memory.Map(Many * (ulong)sizeof(Parker));
        Sys.ThreadSetAffinity(BootHandle.MainThread, 1);

        // Under round robin, the order in which threads run is that in which they were woken.
        Sys.PolicySet(BootHandle.Policy, 1, SchedulingPolicy.RoundRobin);
        Report.Check(
            Parker.Holds(&WakeSome, parkers, word, Few),
            "an unpark wakes as many as were asked for, or all there are, and says how many; who parked first is woken first");
        Report.Check(
            Parker.Holds(&WakeMany, parkers, word, Many), "one call wakes no more than MaxUnpark, the next one the rest, in order, too");
        Sys.PolicySet(BootHandle.Policy, 1, SchedulingPolicy.Fair);
        Sys.ThreadSetAffinity(BootHandle.MainThread, ulong.MaxValue);
    }

    private static bool WakeSome(Parker* parkers, ulong* word)
    {
        bool right = ParkAll(parkers, word, Few) && Wake(word, 1) == 1 && Wake(word, 3) == 3;

        // It runs the one that it wakes before those that were only made runnable: let these take their tickets first.
        Sys.Yield();
        right &= Sys.UnparkSwitch((uint*)word) == 1;
        right &= Wake(word, 0) == 0 && Wake(word, 100) == 4 && Wake(word, 100) == 0;
        return WokenInFifoOrder(parkers, Few) && right;
    }

    private static bool WakeMany(Parker* parkers, ulong* word)
    {
        bool right = ParkAll(parkers, word, Many) && Wake(word, ulong.MaxValue) == CallLimits.MaxUnpark
            && Wake(word, ulong.MaxValue) == Many - CallLimits.MaxUnpark;
        return WokenInFifoOrder(parkers, Many) && right;
    }

    private static ulong Wake(ulong* word, ulong most) => Sys.Unpark((uint*)word, most);

    // One after the other, on this CPU.
    private static bool ParkAll(Parker* parkers, ulong* word, uint count)
    {
        bool parked = true;
        word[1] = 0;
        for (uint i = 0; i < count; i++)
        {
            parked &= Parker.Park(&parkers[i], word, word + 1, 0);
        }

        return parked;
    }

    private static bool WokenInFifoOrder(Parker* parkers, uint count)
    {
        bool right = true;
        for (uint i = 0; i < count; i++)
        {
            right &= parkers[i].Join() == (ulong)Error.None && parkers[i].Ticket == i;
        }

        return right;
    }
}
