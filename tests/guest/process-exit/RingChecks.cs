using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.ProcessExit;

/// <summary>A process that ends while its threads are in the middle of rings.</summary>
internal static unsafe class RingChecks
{
    private const int Rounds = 4;
    private const ulong Code = 0x0517;

    private struct VictimObjects
    {
        internal ulong Desk;
        internal ulong Silent;
        internal ulong Empty;
        internal ulong Notification;
        internal ulong Reply;
    }

    internal static void Run()
    {
        IpcBuffer* buffer = (IpcBuffer*)Memory.Map(UserLayout.PageSize);
        IpcCalls.SetBuffer(BootHandle.MainThread, buffer);
        buffer->MaxReceivedCapabilities = 1;
        VictimObjects place;
        place.Desk = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        place.Silent = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        place.Empty = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        place.Notification = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        place.Reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        Check(&place, buffer, 0, "a process can be ended while its threads wait in the middle of rings");
        Check(&place, buffer, Code, "and can end itself then");
        Sys.CapabilityDelete(place.Reply);
        Sys.CapabilityDelete(place.Notification);
        Sys.CapabilityDelete(place.Empty);
        Sys.CapabilityDelete(place.Silent);
        Sys.CapabilityDelete(place.Desk);
    }

    // No request behind those in the middle of which the process ends is performed.
    private static void Check(VictimObjects* place, IpcBuffer* buffer, ulong ends, string what)
    {
        bool right = true;
        bool empty = true;
        bool books = true;
        for (int round = 0; round < Rounds; round++)
        {
            PoolLevels before = PoolLevels.Read();
            ulong child = Start(place, ends);
            Message message = default;
            right &= IpcCalls.Receive(place->Desk, place->Reply, &message) == Error.None && message.Word0 == 1
                && MessageTag.Capabilities((uint)message.Tag) == 1;
            ulong ring = buffer->Capabilities[0];
            empty &= Sys.Call(SystemCall.RingEnter, ring, 1).Error == Error.NotPermitted;
            message = default;
            right &= (ends != 0 ? IpcCalls.Reply(place->Reply, &message) : Sys.ProcessExit(child, Code)) == Error.None;
            right &= SpawnBuilder.WaitAndClose(child).Value == Code;

            // The ring outlives its process, as long as somebody can name it.
            before.SetExpected(PoolKind.Rings, 1);
            right &= before.WaitUntilRestored();
            empty &= Sys.PoolLevel(PoolKind.Rings) == 1 && Sys.Call(SystemCall.RingEnter, ring, 1).Error == Error.NotPermitted;
            books &= NoWaiters.AtEndpoint(place->Silent) && NoWaiters.AtEndpoint(place->Empty) && NoWaiters.AtNotification(place->Notification)
                && KernelConsistency.StaleEntries() == 0;
            empty &= Sys.CapabilityDelete(ring) == Error.None && Sys.PoolLevel(PoolKind.Rings) == 0;
        }

        Report.Check(right, what);
        Report.Check(empty, "one of them that somebody else can name goes on as an empty shell");
        Report.Check(books, "where its threads waited nobody waits any more, and nothing was done for them since");
    }

    private static ulong Start(VictimObjects* place, ulong ends)
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("process-exit", RingVictim.Role);
        spawn.AddArgument("ends", (long)ends);
        spawn.AddCapability(place->Desk, Rights.Write | Rights.Grant, RingVictim.Desk);
        spawn.AddCapability(place->Silent, Rights.Write, RingVictim.Silent);
        spawn.AddCapability(place->Notification, Rights.Read | Rights.Write, RingVictim.Notification);
        spawn.AddCapability(place->Empty, Rights.Read, RingVictim.Empty);
        return spawn.Start().Value;
    }
}
