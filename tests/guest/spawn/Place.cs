using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>What threads of other processes wait at, all of it the trial's own.</summary>
internal struct Place
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
    internal static Place Make() => new()
    {
        Endpoint = Channel.Create(ObjectKind.Endpoint).Value,
        Notification = Channel.Create(ObjectKind.Notification).Value,
        Reply = Channel.Create(ObjectKind.Reply).Value,
        _sibling = Spawn.InRole("spawn", Children.SleepForEver).Start().Value,
    };

    /// <summary>A process in that role, to be started, that finds them where <see cref="States"/> looks.</summary>
    internal readonly Spawn Plan(long role)
    {
        Spawn spawn = Spawn.InRole("spawn", role);
        spawn.Give(Endpoint, Rights.Same, States.Endpoint);
        spawn.Give(Notification, Rights.Same, States.Notification);
        spawn.Give(_sibling, Rights.Read, States.Sibling);
        return spawn;
    }

    /// <summary>Nobody sends or receives there, nobody takes the signals, nobody has the notification bound.</summary>
    internal readonly bool IsUntouched() => Quiet.IsEndpoint(Endpoint) && Quiet.IsNotification(Notification);

    /// <summary>Lets them go; whether the process that others waited for was still there.</summary>
    internal readonly bool Close()
    {
        Sys.HandleClose(Reply);
        Sys.HandleClose(Notification);
        Sys.HandleClose(Endpoint);
        return Sys.ProcessExit(_sibling, Code) == Error.None && Spawn.Finish(_sibling).Value == Code;
    }
}
