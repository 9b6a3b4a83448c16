using System.Threading;
using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>Something that happens once. Cleared memory is one that has not happened. It must not move while it is
/// used.</summary>
public struct Event
{
    private ulong _isSet;

    /// <summary>Whether it has happened.</summary>
    public bool IsSet => Volatile.Read(ref _isSet) != 0;

    /// <summary>It happens: all who wait for it go on.</summary>
    public void Set()
    {
        Volatile.Write(ref _isSet, 1);
        Parking.WakeAll(ref _isSet);
    }

    /// <summary>Waits until it happens, or until <paramref name="deadline"/> (0: for ever); whether it has
    /// happened.</summary>
    public bool Wait(long deadline = 0)
    {
        while (!IsSet)
        {
            if (Parking.Park(ref _isSet, 0, deadline) == Error.TimedOut)
            {
                return IsSet;
            }
        }

        return true;
    }
}
