using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>Capabilities that a process is given when it is started, with fewer rights and with badges: they work as they were
/// given, and do no more.</summary>
internal static unsafe class InheritChecks
{
    internal static void Run()
    {
        Levels before = Levels.Now();
        ulong endpoint = Channel.Create(ObjectKind.Endpoint).Value;
        ulong reply = Channel.Create(ObjectKind.Reply).Value;
        ulong bell = Channel.Create(ObjectKind.Notification).Value;
        ulong ear = Channel.Create(ObjectKind.Notification).Value;
        ulong timer = Timers.Create().Value;
        ulong session = Sessions.Create().Value;
        ulong other = Spawn.InRole("spawn", Children.SleepForEver).Start().Value;
        ulong badgedEndpoint = Sys.CapabilityMint(endpoint, Rights.Same, Heir.EndpointBadge).Value;
        ulong badgedBell = Sys.CapabilityMint(bell, Rights.Same, Heir.BellBadge).Value;
        Channel.Signal(ear, Heir.Bits);
        Spawn spawn = Spawn.InRole("spawn", Heir.Role);
        GiveMachine(ref spawn);
        spawn.Give(badgedEndpoint, Rights.Write, Heir.Endpoint);
        spawn.Give(badgedBell, Rights.Write, Heir.Bell);
        spawn.Give(ear, Rights.Read, Heir.Ear);
        spawn.Give(other, Rights.Read, Heir.Process);
        spawn.Give(timer, Rights.All & ~Rights.Control, Heir.Timer);
        spawn.Give(session, Rights.Read, Heir.Session);
        ulong heir = spawn.Start().Value;
        bool told = AnswerOne(endpoint, reply);
        ulong found = Spawn.Finish(heir).Value;
        Report.Check(found == Heir.Content, "a process can do with what it is given what its rights say, and nothing else");
        told &= Channel.Poll(bell).Value == Heir.BellBadge;
        Report.Check(told, "and whoever hears from it is shown the badges of what it was given");
        ulong* left = stackalloc ulong[] { badgedBell, badgedEndpoint, session, timer, ear, bell, reply, endpoint };
        for (int i = 0; i < 8; i++)
        {
            Sys.HandleClose(left[i]);
        }

        Sys.ProcessExit(other, 0);
        Spawn.Finish(other);
        Report.Check(before.AreBack(), "and everything that it was given goes when its maker lets go of it");
    }

    private static void GiveMachine(ref Spawn spawn)
    {
        spawn.Give(BootHandle.MainThread, Rights.Read, Heir.Thread);
        spawn.Give(BootHandle.Spawn, Rights.Control, BootHandle.Spawn);
        spawn.Give(BootHandle.Machine, Rights.Read, BootHandle.Machine);
        spawn.Give(BootHandle.Policy, Rights.Read, BootHandle.Policy);
    }

    private static bool AnswerOne(ulong endpoint, ulong reply)
    {
        Message message = default;
        bool told = Channel.Receive(endpoint, reply, &message) == Error.None && message.Badge == Heir.EndpointBadge
            && message.Word0 == 3;
        message = Message.Of(message.Word0 + 1);
        return told && Channel.Reply(reply, &message) == Error.None;
    }
}
