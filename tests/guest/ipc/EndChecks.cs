using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Talk;

/// <summary>Servers and clients that end in the middle.</summary>
internal static unsafe class EndChecks
{
    private const int Rounds = 6;
    private const uint Clients = 3;

    internal static void Run()
    {
        CheckDeadServer();
        CheckKills();
        CheckGone();
    }

    private static void CheckDeadServer()
    {
        ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        ulong server = Server.Start(endpoint);
        Message message = Message.Of(Server.Die);
        bool told = IpcCalls.Call(endpoint, &message) == Error.NoReply;
        Report.Check(told && SpawnBuilder.WaitAndClose(server).Value == 1, "a caller learns that its server has ended");
        Sys.CapabilityDelete(endpoint);
    }

    // A server and clients; in each round one side is ended while it is at work, wherever that is.
    private static void CheckKills()
    {
        bool right = true;
        Random random = new(1);
        ulong* clients = stackalloc ulong[(int)Clients];
        for (int round = 0; round < Rounds; round++)
        {
            ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
            ulong server = Server.Start(endpoint);
            for (uint i = 0; i < Clients; i++)
            {
                clients[i] = Client.Start(endpoint);
            }

            Sys.SleepUntil(Clock.Now() + 200_000 + (long)random.Below(500_000));
            if (random.Below(2) == 0)
            {
                right &= Sys.ProcessExit(server, 7) == Error.None;
            }

            // Whoever waits at the endpoint when its server is gone waits for ever: it is ended too.
            for (uint i = 0; i < Clients; i++)
            {
                Sys.ProcessExit(clients[i], 7);
                right &= SpawnBuilder.WaitAndClose(clients[i]).Value is 1 or 7;
            }

            Sys.ProcessExit(server, 7);
            right &= SpawnBuilder.WaitAndClose(server).Value == 7;
            Sys.CapabilityDelete(endpoint);
        }

        Report.Check(right, "servers and clients can be ended at any moment");
        bool level = Sys.PoolLevel(PoolKind.Endpoints) == 0 && Sys.PoolLevel(PoolKind.Notifications) == 0
            && Sys.PoolLevel(PoolKind.Replies) == 0;
        Report.Check(level, "and leave no endpoint, notification or reply object behind");
    }

    private static void CheckGone()
    {
        ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        ThreadGroup crew = ThreadGroup.Allocate(8);
        for (uint i = 0; i < 8; i++)
        {
            crew.AddAndStartOn(i % Program.Cpus, &WaitThere, endpoint);
        }

        Sys.SleepUntil(Clock.Now() + 2_000_000);
        Sys.CapabilityDelete(endpoint);
        Report.Check(crew.JoinAll() == 0, "with its endpoint every waiter is gone");
    }

    // One that comes too late finds a handle that is stale.
    private static ulong WaitThere(ulong endpoint)
    {
        Message message = default;
        Error error = IpcCalls.Send(endpoint, &message);
        return error is Error.Gone or Error.StaleHandle ? 0ul : 1;
    }
}
