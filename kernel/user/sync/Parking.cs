using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>What everything that is built on parking shares.</summary>
public static unsafe class Parking
{
    /// <summary>Parks on the low half of a 64-bit word while the whole word is <paramref name="expected"/>, below
    /// 2^32.</summary>
    public static Error Park(ref ulong word, ulong expected, long deadline = 0)
    {
        fixed (ulong* address = &word)
        {
            return Sys.Park((uint*)address, (uint)expected, deadline);
        }
    }

    /// <summary>Wakes one who parked on the low half of <paramref name="word"/>; how many it was.</summary>
    public static ulong WakeOne(ref ulong word)
    {
        fixed (ulong* address = &word)
        {
            return Sys.Unpark((uint*)address, 1);
        }
    }

    /// <summary>Wakes all who parked on the low half of <paramref name="word"/>, a call's worth at a time; how many it
    /// was.</summary>
    public static ulong WakeAll(ref ulong word)
    {
        ulong total = 0;
        fixed (ulong* address = &word)
        {
            ulong woken;
            do
            {
                woken = Sys.Unpark((uint*)address, CallLimits.MaxUnpark);
                total += woken;
            }
            while (woken == CallLimits.MaxUnpark);
        }

        return total;
    }
}
