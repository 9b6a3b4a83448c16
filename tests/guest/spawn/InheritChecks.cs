using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>Capabilities that a process is given when it is started, with fewer rights and with badges: they work as they were
/// given, and do no more.</summary>
internal static unsafe class InheritChecks
{
    internal static void Run()
    {
        PoolLevels before = PoolLevels.Read();
        ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        ulong reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        ulong bell = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        ulong ear = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        ulong timer = Timers.Create().Value;
        ulong session = Sessions.Create().Value;
        ulong other = SpawnBuilder.ForRole("spawn", Children.SleepForEver).Start().Value;
        ulong badgedEndpoint = Sys.CapabilityMint(endpoint, Rights.Same, RestrictedChild.EndpointBadge).Value;
        ulong badgedBell = Sys.CapabilityMint(bell, Rights.Same, RestrictedChild.SignalBadge).Value;
        IpcCalls.Signal(ear, RestrictedChild.Bits);
        SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", RestrictedChild.Role);
        GiveMachine(ref spawn);
        spawn.AddCapability(badgedEndpoint, Rights.Write, RestrictedChild.Endpoint);
        spawn.AddCapability(badgedBell, Rights.Write, RestrictedChild.SignalNotification);
        spawn.AddCapability(ear, Rights.Read, RestrictedChild.WaitNotification);
        spawn.AddCapability(other, Rights.Read, RestrictedChild.Process);
        spawn.AddCapability(timer, Rights.All & ~Rights.Control, RestrictedChild.Timer);
        spawn.AddCapability(session, Rights.Read, RestrictedChild.Session);
        ulong heir = spawn.Start().Value;
        bool told = AnswerOne(endpoint, reply);
        ulong found = SpawnBuilder.WaitAndClose(heir).Value;
        Report.Check(found == RestrictedChild.Content, "a process can do with what it is given what its rights say, and nothing else");
        told &= IpcCalls.Poll(bell).Value == RestrictedChild.SignalBadge;
        Report.Check(told, "and whoever hears from it is shown the badges of what it was given");
        ulong* left = stackalloc ulong[] { badgedBell, badgedEndpoint, session, timer, ear, bell, reply, endpoint };
        for (int i = 0; i < 8; i++)
        {
            Sys.CapabilityDelete(left[i]);
        }

        Sys.ProcessExit(other, 0);
        SpawnBuilder.WaitAndClose(other);
        Report.Check(before.WaitUntilRestored(), "and everything that it was given goes when its maker lets go of it");
    }

    private static void GiveMachine(ref SpawnBuilder spawn)
    {
        spawn.AddCapability(BootHandle.MainThread, Rights.Read, RestrictedChild.Thread);
        spawn.AddCapability(BootHandle.Spawn, Rights.Control, BootHandle.Spawn);
        spawn.AddCapability(BootHandle.Machine, Rights.Read, BootHandle.Machine);
        spawn.AddCapability(BootHandle.Policy, Rights.Read, BootHandle.Policy);
    }

    private static bool AnswerOne(ulong endpoint, ulong reply)
    {
        Message message = default;
        bool told = IpcCalls.Receive(endpoint, reply, &message) == Error.None && message.Badge == RestrictedChild.EndpointBadge
            && message.Word0 == 3;
        message = Message.Of(message.Word0 + 1);
        return told && IpcCalls.Reply(reply, &message) == Error.None;
    }
}
