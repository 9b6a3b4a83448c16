using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.ProcessExit;

/// <summary>A process that ends while its threads are in the middle of rings.</summary>
internal static unsafe class RingChecks
{
    private const int Rounds = 4;
    private const ulong Code = 0x0517;

    private struct Place
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
        Channel.SetBuffer(BootHandle.MainThread, buffer);
        buffer->Takes = 1;
        Place place;
        place.Desk = Channel.Create(ObjectKind.Endpoint).Value;
        place.Silent = Channel.Create(ObjectKind.Endpoint).Value;
        place.Empty = Channel.Create(ObjectKind.Endpoint).Value;
        place.Notification = Channel.Create(ObjectKind.Notification).Value;
        place.Reply = Channel.Create(ObjectKind.Reply).Value;
        Check(&place, buffer, 0, "a process can be ended while its threads wait in the middle of rings");
        Check(&place, buffer, Code, "and can end itself then");
        Sys.HandleClose(place.Reply);
        Sys.HandleClose(place.Notification);
        Sys.HandleClose(place.Empty);
        Sys.HandleClose(place.Silent);
        Sys.HandleClose(place.Desk);
    }

    // No request behind those in the middle of which the process ends is performed.
    private static void Check(Place* place, IpcBuffer* buffer, ulong ends, string what)
    {
        bool right = true;
        bool empty = true;
        bool books = true;
        for (int round = 0; round < Rounds; round++)
        {
            Levels before = Levels.Now();
            ulong child = Start(place, ends);
            Message message = default;
            right &= Channel.Receive(place->Desk, place->Reply, &message) == Error.None && message.Word0 == 1
                && MessageTag.Capabilities((uint)message.Tag) == 1;
            ulong ring = buffer->Capabilities[0];
            empty &= Sys.Call(SystemCall.RingEnter, ring, 1).Error == Error.NotPermitted;
            message = default;
            right &= (ends != 0 ? Channel.Reply(place->Reply, &message) : Sys.ProcessExit(child, Code)) == Error.None;
            right &= Spawn.Finish(child).Value == Code;

            // The ring outlives its process, as long as somebody can name it.
            before.Expect(PoolKind.Rings, 1);
            right &= before.AreBack();
            empty &= Sys.PoolLevel(PoolKind.Rings) == 1 && Sys.Call(SystemCall.RingEnter, ring, 1).Error == Error.NotPermitted;
            books &= Quiet.IsEndpoint(place->Silent) && Quiet.IsEndpoint(place->Empty) && Quiet.IsNotification(place->Notification)
                && KernelBooks.StaleEntries() == 0;
            empty &= Sys.HandleClose(ring) == Error.None && Sys.PoolLevel(PoolKind.Rings) == 0;
        }

        Report.Check(right, what);
        Report.Check(empty, "one of them that somebody else can name goes on as an empty shell");
        Report.Check(books, "where its threads waited nobody waits any more, and nothing was done for them since");
    }

    private static ulong Start(Place* place, ulong ends)
    {
        Spawn spawn = Spawn.InRole("process-exit", RingVictim.Role);
        spawn.Tell("ends", (long)ends);
        spawn.Give(place->Desk, Rights.Write | Rights.Grant, RingVictim.Desk);
        spawn.Give(place->Silent, Rights.Write, RingVictim.Silent);
        spawn.Give(place->Notification, Rights.Read | Rights.Write, RingVictim.Notification);
        spawn.Give(place->Empty, Rights.Read, RingVictim.Empty);
        return spawn.Start().Value;
    }
}
