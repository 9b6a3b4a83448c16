using Lachesis.Abi;
using Lachesis.Core.Ipc;
using Lachesis.Core.Machine;
using Lachesis.Core.Notifications;
using Lachesis.Core.Processes;
using Lachesis.Core.Rings;
using Lachesis.Core.Threads;
using Lachesis.Core.Timers;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Objects;

/// <summary>
/// What a pool knows of its objects: their size, where the header is, and how much from there on outlives them. The locks stand right
/// behind the header, the only lock of a wait queue first in it: a CPU that still holds a pointer to an object that is gone may take
/// its lock, and it must find that as the CPUs before it left it.
/// </summary>
public readonly unsafe struct PoolLayout
{
    /// <summary>Bytes of an object; a multiple of 8.</summary>
    public readonly uint ObjectBytes;

    /// <summary>Where in an object its header begins.</summary>
    public readonly uint HeaderOffset;

    /// <summary>Where header and locks end. What lies before the header and after this is made anew with every object.</summary>
    public readonly uint PreservedEnd;

    /// <summary>From the size, the place of the header, and the number of locks.</summary>
    public PoolLayout(int bytes, uint header, uint locks)
    {
        ObjectBytes = (uint)bytes;
        HeaderOffset = header;
        PreservedEnd = header + (uint)sizeof(ObjectHeader) + (locks * (uint)sizeof(SpinLock));
    }

    /// <summary>That of a kind of object that has a pool.</summary>
    public static PoolLayout ForKind(ObjectKind kind) => kind switch
    {
        ObjectKind.Thread => new PoolLayout(sizeof(Thread), (uint)sizeof(UserContext), locks: 1),
        ObjectKind.Process => new PoolLayout(sizeof(Process), 0, locks: 2),
        ObjectKind.Endpoint => new PoolLayout(sizeof(WaitableObject), 0, locks: 1),
        ObjectKind.Notification => new PoolLayout(sizeof(Notification), 0, locks: 1),
        ObjectKind.Reply => new PoolLayout(sizeof(Reply), 0, locks: 1),
        ObjectKind.Timer => new PoolLayout(sizeof(Timer), 0, locks: 1),
        ObjectKind.Session => new PoolLayout(sizeof(Session), 0, locks: 1),
        ObjectKind.Ring => new PoolLayout(sizeof(Ring), 0, locks: 0),
        _ => default,
    };
}
