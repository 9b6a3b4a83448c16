using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>What threads of other processes wait at, all of it the trial's own.</summary>
internal struct WaitObjects
{
    private const ulong Code = 0x51B;

    /// <summary>Where they send, call and receive.</summary>
    internal ulong Endpoint;

    /// <summary>What they wait for, or say that they are there with.</summary>
    internal ulong Notification;

    /// <summary>With which their calls are taken.</summary>
    internal ulong Reply;

    private ulong _sibling;

    /// <summary>New ones.</summary>
    internal static WaitObjects Make() => new()
    {
        Endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value,
        Notification = IpcCalls.CreateObject(ObjectKind.Notification).Value,
        Reply = IpcCalls.CreateObject(ObjectKind.Reply).Value,
        _sibling = SpawnBuilder.ForRole("spawn", Children.SleepForEver).Start().Value,
    };

    /// <summary>A process in that role, to be started, that finds them where <see cref="States"/> looks.</summary>
    internal readonly SpawnBuilder Plan(long role)
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", role);
        spawn.AddCapability(Endpoint, Rights.Same, States.Endpoint);
        spawn.AddCapability(Notification, Rights.Same, States.Notification);
        spawn.AddCapability(_sibling, Rights.Read, States.Sibling);
        return spawn;
    }

    /// <summary>Nobody sends or receives there, nobody takes the signals, nobody has the notification bound.</summary>
    internal readonly bool HasNoWaiters() => NoWaiters.AtEndpoint(Endpoint) && NoWaiters.AtNotification(Notification);

    /// <summary>Lets them go; whether the process that others waited for was still there.</summary>
    internal readonly bool Close()
    {
        Sys.CapabilityDelete(Reply);
        Sys.CapabilityDelete(Notification);
        Sys.CapabilityDelete(Endpoint);
        return Sys.ProcessExit(_sibling, Code) == Error.None && SpawnBuilder.WaitAndClose(_sibling).Value == Code;
    }
}
