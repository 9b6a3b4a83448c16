using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>Sessions: groups of processes that log out together. <see cref="SpawnBuilder.Session"/> starts a process in one.</summary>
public static class Sessions
{
    /// <summary><see cref="SystemCall.SessionCreate"/>.</summary>
    public static SystemResult Create() => Sys.Call(SystemCall.SessionCreate, BootHandle.Spawn);

    /// <summary><see cref="SystemCall.SessionEnd"/>.</summary>
    public static Error End(ulong session, ulong code) => Sys.Call(SystemCall.SessionEnd, session, code).Error;

    /// <summary><see cref="SystemCall.SessionWait"/>: what it was ended with.</summary>
    public static SystemResult Wait(ulong session) => Sys.Call(SystemCall.SessionWait, session);
}
