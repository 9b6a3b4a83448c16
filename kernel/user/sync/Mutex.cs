using System.Threading;

namespace Lachesis.User;

/// <summary>A lock whose waiters park. Cleared memory is a free one. It must not move while it is used.</summary>
public struct Mutex
{
    private const ulong Free = 0;
    private const ulong Held = 1;
    private const ulong Contended = 2;

    private ulong _state;

    /// <summary>Waits until nobody holds it, and holds it.</summary>
    public void Lock()
    {
        if (Interlocked.CompareExchange(ref _state, Held, Free) == Free)
        {
            return;
        }

        // Whoever had to wait leaves it marked contended, since it cannot know whether it was the last to wait.
        while (Interlocked.Exchange(ref _state, Contended) != Free)
        {
            Parking.Park(ref _state, Contended);
        }
    }

    /// <summary>Lets the next one in.</summary>
    public void Unlock()
    {
        if (Interlocked.Exchange(ref _state, Free) == Contended)
        {
            Parking.WakeOne(ref _state);
        }
    }
}
