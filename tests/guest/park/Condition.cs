using System.Threading;
using Lachesis.User;

namespace Lachesis.Park;

/// <summary>A condition variable over a <see cref="Mutex"/>, built of parking. Cleared memory is a new one. It must not move while
/// it is used.</summary>
internal struct Condition
{
    private ulong _changes;

    /// <summary>Gives the mutex back, waits until the condition may have come to hold, and takes it again.</summary>
    internal void Wait(ref Mutex mutex)
    {
        ulong changes = Volatile.Read(ref _changes);
        mutex.Unlock();

        // Whoever changes it from here on makes this return at once: the kernel compares the word.
        Parking.Park(ref _changes, changes);
        mutex.Lock();
    }

    /// <summary>It may hold for one of those who wait. With the mutex held.</summary>
    internal void Signal()
    {
        Interlocked.ExchangeAdd(ref _changes, 1);
        Parking.WakeOne(ref _changes);
    }

    /// <summary>It may hold for all. With the mutex held.</summary>
    internal void Broadcast()
    {
        Interlocked.ExchangeAdd(ref _changes, 1);
        Parking.WakeAll(ref _changes);
    }
}
