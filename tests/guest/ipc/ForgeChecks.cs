using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Talk;

/// <summary>A handle whose capability is gone stays dead after its slot has had all its lives (<see cref="Forger"/>).</summary>
internal static unsafe class ForgeChecks
{
    // What a server gives that was disturbed in its receiving.
    private const ulong Disturbed = ulong.MaxValue;

    internal static void Run()
    {
        Report.Check(IsRefused(Forger.Way.CallOwn), "a handle of an endpoint that is gone does not reach the next one in its place");
        Report.Check(IsRefused(Forger.Way.CallRevoked), "who has lost a capability does not call through it again");
        Report.Check(IsRefused(Forger.Way.ReceiveOwn), "nor receive, at an endpoint that is gone, what another's is sent");
        Report.Check(IsRefused(Forger.Way.WaitRevoked), "nor is served for having waited through it");
    }

    private static bool IsRefused(Forger.Way way)
    {
        ulong told = Channel.Create(ObjectKind.Notification).Value;
        ulong go = Channel.Create(ObjectKind.Notification).Value;
        Spawn spawn = Spawn.InRole("ipc", Forger.Role);
        spawn.Tell("way", (long)way);
        spawn.Give(told, Rights.Write, Forger.Told);
        spawn.Give(go, Rights.Read, Forger.Go);
        bool own = way is Forger.Way.CallOwn or Forger.Way.ReceiveOwn;
        bool refused = own ? IsRefusedAtNew(way, spawn, told, go) : IsRefusedAtGiven(way, spawn, told, go);
        Sys.HandleClose(told);
        Sys.HandleClose(go);
        return refused;
    }

    // It has deleted an endpoint of its own before this one is made, which gets its place.
    private static bool IsRefusedAtNew(Forger.Way way, Spawn spawn, ulong told, ulong go)
    {
        ulong forger = spawn.Start().Value;
        Channel.Wait(told);
        ulong endpoint = Channel.Create(ObjectKind.Endpoint).Value;
        bool safe = true;
        UserThread victim = default;
        if (way == Forger.Way.CallOwn)
        {
            safe = UserThread.Run(&victim, &Serve, endpoint) == Error.None;
        }

        Channel.Signal(go, 1);
        Channel.Wait(told);
        if (way == Forger.Way.CallOwn)
        {
            safe &= Spawn.Finish(forger).Value == Forger.Refused && IsUntouched(&victim, endpoint, 0);
        }
        else
        {
            safe &= IsUnheard(endpoint, forger);
        }

        Sys.HandleClose(endpoint);
        return safe;
    }

    // It was given a capability, which is taken back.
    private static bool IsRefusedAtGiven(Forger.Way way, Spawn spawn, ulong told, ulong go)
    {
        ulong endpoint = Channel.Create(ObjectKind.Endpoint).Value;
        bool serves = way == Forger.Way.CallRevoked;
        UserThread victim = default;
        bool safe = !serves || UserThread.Run(&victim, &Serve, endpoint) == Error.None;
        ulong given = Sys.CapabilityMint(endpoint, Rights.Write, Forger.Badge).Value;
        spawn.Give(given, Rights.Write, Forger.Endpoint);
        ulong forger = spawn.Start().Value;
        Channel.Wait(told);
        safe &= Sys.CapabilityRevoke(given) == Error.None;
        Channel.Signal(go, 1);
        Channel.Wait(told);
        Message message = new() { Tag = MessageTag.NoWait };
        safe &= serves || Channel.Receive(endpoint, 0, &message) == Error.WouldBlock;
        safe &= Spawn.Finish(forger).Value == Forger.Refused;
        safe &= !serves || IsUntouched(&victim, endpoint, 1);
        Sys.HandleClose(given);
        Sys.HandleClose(endpoint);
        return safe;
    }

    // Nobody receives what is sent there before the forger has ended.
    private static bool IsUnheard(ulong endpoint, ulong forger)
    {
        const int tries = 50;
        bool unheard = true;
        for (int i = 0; i < tries && unheard; i++)
        {
            Message message = new() { Tag = MessageTag.NoWait };
            unheard = Channel.Send(endpoint, &message) == Error.WouldBlock;
            Sys.SleepUntil(Clock.Now() + 100_000);
        }

        return Spawn.Finish(forger).Value == Forger.Refused && unheard;
    }

    // The victim's own process tells it to stop; it has answered so many calls before, and no more.
    private static bool IsUntouched(UserThread* victim, ulong endpoint, ulong served)
    {
        Message message = Message.Of(Server.End);
        return Channel.Call(endpoint, &message) == Error.None && victim->Join() == served;
    }

    // How many calls it has answered before it was told to stop.
    private static ulong Serve(ulong endpoint)
    {
        ulong reply = Channel.Create(ObjectKind.Reply).Value;
        Message message = default;
        Error error = Channel.Receive(endpoint, reply, &message);
        ulong served = 0;
        for (; error == Error.None && message.Word0 != Server.End; served++)
        {
            message.Tag = 2;
            message.Word1++;
            error = Channel.ReplyReceive(endpoint, reply, &message);
        }

        Channel.Reply(reply, &message);
        Sys.HandleClose(reply);
        return error == Error.None ? served : Disturbed;
    }
}
