using Lachesis.Abi;
using Lachesis.Core.Ipc;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Rings;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Objects;

/// <summary>
/// What a pool knows of its objects: their size, where the header is, and how much from there on outlives them. The locks stand right
/// behind the header, the only lock of a wait queue first in it: a CPU that still holds a pointer to an object that is gone may take
/// its lock, and it must find that as the CPUs before it left it.
/// </summary>
public readonly unsafe struct PooledKind
{
    /// <summary>Bytes of an object; a multiple of 8.</summary>
    public readonly uint Bytes;

    /// <summary>Where in an object its header begins.</summary>
    public readonly uint Header;

    /// <summary>Where header and locks end. What lies before the header and after this is made anew with every object.</summary>
    public readonly uint KeptEnd;

    /// <summary>From the size, the place of the header, and the number of locks.</summary>
    public PooledKind(int bytes, uint header, uint locks)
    {
        Bytes = (uint)bytes;
        Header = header;
        KeptEnd = header + (uint)sizeof(ObjectHeader) + (locks * (uint)sizeof(SpinLock));
    }

    /// <summary>That of a kind of object that has a pool.</summary>
    public static PooledKind Of(ObjectKind kind) => kind switch
    {
        ObjectKind.Thread => new PooledKind(sizeof(Thread), (uint)sizeof(UserContext), locks: 1),
        ObjectKind.Process => new PooledKind(sizeof(Process), 0, locks: 2),
        ObjectKind.Endpoint => new PooledKind(sizeof(MeetingPoint), 0, locks: 1),
        ObjectKind.Notification => new PooledKind(sizeof(Notification), 0, locks: 1),
        ObjectKind.Reply => new PooledKind(sizeof(Reply), 0, locks: 1),
        ObjectKind.Timer => new PooledKind(sizeof(Timer), 0, locks: 1),
        ObjectKind.Session => new PooledKind(sizeof(Session), 0, locks: 1),
        ObjectKind.Ring => new PooledKind(sizeof(Ring), 0, locks: 0),
        _ => default,
    };
}
