using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>Timers: objects that signal a notification at an instant.</summary>
public static class Timers
{
    /// <summary>A new timer: not set, bound to nothing.</summary>
    public static SystemResult Create() => IpcCalls.CreateObject(ObjectKind.Timer);

    /// <summary><see cref="SystemCall.TimerSet"/>; period 0: it fires once.</summary>
    public static Error Set(ulong timer, long instant, long period = 0) =>
        Sys.Call(SystemCall.TimerSet, timer, (ulong)instant, (ulong)period).Error;

    /// <summary><see cref="SystemCall.TimerCancel"/>: overruns since it was set.</summary>
    public static SystemResult Cancel(ulong timer) => Sys.Call(SystemCall.TimerCancel, timer);

    /// <summary><see cref="SystemCall.TimerBind"/>.</summary>
    public static Error Bind(ulong timer, ulong notification, ulong bits) =>
        Sys.Call(SystemCall.TimerBind, timer, notification, bits).Error;
}
