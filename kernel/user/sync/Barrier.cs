using System.Threading;

namespace Lachesis.User;

/// <summary>
/// A line that nobody crosses before all have come to it; good for any number of rounds. Cleared memory is a new one. It
/// must not move while it is used.
/// </summary>
public struct Barrier
{
    private ulong _arrived;
    private ulong _round;

    /// <summary>Waits until <paramref name="size"/> threads, this one included, have come.</summary>
    public void Wait(ulong size)
    {
        ulong round = Volatile.Read(ref _round);
        if (Interlocked.ExchangeAdd(ref _arrived, 1) + 1 == size)
        {
            Volatile.Write(ref _arrived, 0);
            Volatile.Write(ref _round, round + 1);
            Parking.WakeAll(ref _round);
            return;
        }

        while (Volatile.Read(ref _round) == round)
        {
            Parking.Park(ref _round, round);
        }
    }
}
