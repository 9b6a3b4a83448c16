using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Talk;

/// <summary>A handle whose capability is gone stays dead after its slot has had all its lives (<see cref="StaleHandleUser"/>).</summary>
internal static unsafe class StaleHandleChecks
{
    // What a server gives that was disturbed in its receiving.
    private const ulong Disturbed = ulong.MaxValue;

    internal static void Run()
    {
        Report.Check(IsRefused(StaleHandleUser.Way.CallOwn), "a handle of an endpoint that is gone does not reach the next one in its place");
        Report.Check(IsRefused(StaleHandleUser.Way.CallRevoked), "who has lost a capability does not call through it again");
        Report.Check(IsRefused(StaleHandleUser.Way.ReceiveOwn), "nor receive, at an endpoint that is gone, what another's is sent");
        Report.Check(IsRefused(StaleHandleUser.Way.WaitRevoked), "nor is served for having waited through it");
    }

    private static bool IsRefused(StaleHandleUser.Way way)
    {
        ulong told = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        ulong go = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        SpawnBuilder spawn = SpawnBuilder.ForRole("ipc", StaleHandleUser.Role);
        spawn.AddArgument("way", (long)way);
        spawn.AddCapability(told, Rights.Write, StaleHandleUser.Told);
        spawn.AddCapability(go, Rights.Read, StaleHandleUser.Go);
        bool own = way is StaleHandleUser.Way.CallOwn or StaleHandleUser.Way.ReceiveOwn;
        bool refused = own ? IsRefusedAtNew(way, spawn, told, go) : IsRefusedAtGiven(way, spawn, told, go);
        Sys.CapabilityDelete(told);
        Sys.CapabilityDelete(go);
        return refused;
    }

    // It has deleted an endpoint of its own before this one is made, which gets its place.
    private static bool IsRefusedAtNew(StaleHandleUser.Way way, SpawnBuilder spawn, ulong told, ulong go)
    {
        ulong forger = spawn.Start().Value;
        IpcCalls.Wait(told);
        ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        bool safe = true;
        UserThread victim = default;
        if (way == StaleHandleUser.Way.CallOwn)
        {
            safe = UserThread.CreateAndStart(&victim, &Serve, endpoint) == Error.None;
        }

        IpcCalls.Signal(go, 1);
        IpcCalls.Wait(told);
        if (way == StaleHandleUser.Way.CallOwn)
        {
            safe &= SpawnBuilder.WaitAndClose(forger).Value == StaleHandleUser.Refused && StillServes(&victim, endpoint, 0);
        }
        else
        {
            safe &= HasNoReceiver(endpoint, forger);
        }

        Sys.CapabilityDelete(endpoint);
        return safe;
    }

    // It was given a capability, which is taken back.
    private static bool IsRefusedAtGiven(StaleHandleUser.Way way, SpawnBuilder spawn, ulong told, ulong go)
    {
        ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        bool serves = way == StaleHandleUser.Way.CallRevoked;
        UserThread victim = default;
        bool safe = !serves || UserThread.CreateAndStart(&victim, &Serve, endpoint) == Error.None;
        ulong given = Sys.CapabilityMint(endpoint, Rights.Write, StaleHandleUser.Badge).Value;
        spawn.AddCapability(given, Rights.Write, StaleHandleUser.Endpoint);
        ulong forger = spawn.Start().Value;
        IpcCalls.Wait(told);
        safe &= Sys.CapabilityRevoke(given) == Error.None;
        IpcCalls.Signal(go, 1);
        IpcCalls.Wait(told);
        Message message = new() { Tag = MessageTag.NoWait };
        safe &= serves || IpcCalls.Receive(endpoint, 0, &message) == Error.WouldBlock;
        safe &= SpawnBuilder.WaitAndClose(forger).Value == StaleHandleUser.Refused;
        safe &= !serves || StillServes(&victim, endpoint, 1);
        Sys.CapabilityDelete(given);
        Sys.CapabilityDelete(endpoint);
        return safe;
    }

    // Nobody receives what is sent there before the forger has ended.
    private static bool HasNoReceiver(ulong endpoint, ulong forger)
    {
        const int tries = 50;
        bool unheard = true;
        for (int i = 0; i < tries && unheard; i++)
        {
            Message message = new() { Tag = MessageTag.NoWait };
            unheard = IpcCalls.Send(endpoint, &message) == Error.WouldBlock;
            Sys.SleepUntil(Clock.Now() + 100_000);
        }

        return SpawnBuilder.WaitAndClose(forger).Value == StaleHandleUser.Refused && unheard;
    }

    // The victim's own process tells it to stop; it has answered so many calls before, and no more.
    private static bool StillServes(UserThread* victim, ulong endpoint, ulong served)
    {
        Message message = Message.Of(Server.End);
        return IpcCalls.Call(endpoint, &message) == Error.None && victim->Join() == served;
    }

    // How many calls it has answered before it was told to stop.
    private static ulong Serve(ulong endpoint)
    {
        ulong reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        Message message = default;
        Error error = IpcCalls.Receive(endpoint, reply, &message);
        ulong served = 0;
        for (; error == Error.None && message.Word0 != Server.End; served++)
        {
            message.Tag = 2;
            message.Word1++;
            error = IpcCalls.ReplyReceive(endpoint, reply, &message);
        }

        IpcCalls.Reply(reply, &message);
        Sys.CapabilityDelete(reply);
        return error == Error.None ? served : Disturbed;
    }
}
