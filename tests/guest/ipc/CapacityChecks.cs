using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Talk;

/// <summary>Objects of each kind until its pool, which the manifest has made small, is full: an error then, everything made by
/// then works, and all of it comes back.</summary>
internal static unsafe class CapacityChecks
{
    // As many as the manifest says.
    private const uint Endpoints = 21;
    private const uint Notifications = 22;
    private const uint Replies = 23;
    private const uint Timers = 24;
    private const uint Rings = 25;

    private const int Rounds = 3;

    internal static void Run()
    {
        byte* memory = Memory.Map(RingLayout.Bytes);
        PoolLevels before = PoolLevels.Read();
        Check(ObjectKind.Endpoint, PoolKind.Endpoints, Endpoints, null, "there are as many endpoints as the manifest says");
        Check(ObjectKind.Notification, PoolKind.Notifications, Notifications, null, "and notifications");
        Check(ObjectKind.Reply, PoolKind.Replies, Replies, null, "and reply objects");
        Check(ObjectKind.Timer, PoolKind.Timers, Timers, null, "and timers");
        Check(ObjectKind.Ring, PoolKind.Rings, Rings, memory, "and rings");
        Report.Check(before.WaitUntilRestored(), "and all of them come back");
    }

    private static void Check(ObjectKind kind, PoolKind pool, uint capacity, byte* memory, string what)
    {
        ulong* handles = stackalloc ulong[(int)Rings + 1];
        bool right = Sys.PoolLevel(pool) == 0;
        for (int round = 0; round < Rounds; round++)
        {
            uint made = 0;
            SystemResult last = Make(kind, memory);
            while (last.Error == Error.None && made <= capacity)
            {
                handles[made++] = last.Value;
                last = Make(kind, memory);
            }

            right &= made == capacity && last.Error == Error.PoolFull && Sys.PoolLevel(pool) == capacity;

            // One that goes makes room for one.
            right &= Sys.CapabilityDelete(handles[0]) == Error.None;
            handles[0] = Make(kind, memory).Value;
            right &= handles[0] != 0 && Make(kind, memory).Error == Error.PoolFull;
            for (uint i = 0; i < made; i++)
            {
                right &= Sys.CapabilityInspect(handles[i], CapabilityAspect.KindAndRights).Value
                    == ((ulong)kind | ((ulong)Rights.All << 8));
                right &= Sys.CapabilityDelete(handles[i]) == Error.None;
            }
        }

        Report.Check(right && Sys.PoolLevel(pool) == 0, what);
    }

    // Rings may lie in the same memory: nobody enters them.
    private static SystemResult Make(ObjectKind kind, byte* memory) => memory == null ? IpcCalls.CreateObject(kind)
        : Sys.Call(SystemCall.RingCreate, BootHandle.Process, (ulong)memory, 1, 1);
}
