using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>Passing messages and signals.</summary>
public static unsafe class IpcCalls
{
    /// <summary>A new object of a kind that needs nothing else: its handle, or the error.</summary>
    public static SystemResult CreateObject(ObjectKind kind) =>
        Sys.Call(SystemCall.ObjectCreate, BootHandle.Process, (ulong)kind);

    /// <summary><see cref="SystemCall.ThreadSetBuffer"/>.</summary>
    public static Error SetBuffer(ulong thread, IpcBuffer* buffer) =>
        Sys.Call(SystemCall.ThreadSetBuffer, thread, (ulong)buffer).Error;

    /// <summary><see cref="SystemCall.ThreadSetFaultHandler"/>; endpoint 0: none.</summary>
    public static Error SetFaultHandler(ulong thread, ulong endpoint) =>
        Sys.Call(SystemCall.ThreadSetFaultHandler, thread, endpoint).Error;

    /// <summary><see cref="SystemCall.Send"/>.</summary>
    public static Error Send(ulong endpoint, Message* message) => Stubs.MessageCall(SystemCall.Send, endpoint, message);

    /// <summary><see cref="SystemCall.Call"/>: the answer takes the message's place.</summary>
    public static Error Call(ulong endpoint, Message* message) => Stubs.MessageCall(SystemCall.Call, endpoint, message);

    /// <summary><see cref="SystemCall.Receive"/>.</summary>
    public static Error Receive(ulong endpoint, ulong reply, Message* message) =>
        Stubs.MessageCall(SystemCall.Receive, endpoint | reply << 32, message);

    /// <summary><see cref="SystemCall.Reply"/>.</summary>
    public static Error Reply(ulong reply, Message* message) => Stubs.MessageCall(SystemCall.Reply, reply, message);

    /// <summary><see cref="SystemCall.ReplyReceive"/>.</summary>
    public static Error ReplyReceive(ulong endpoint, ulong reply, Message* message) =>
        Stubs.MessageCall(SystemCall.ReplyReceive, endpoint | reply << 32, message);

    /// <summary><see cref="SystemCall.Signal"/>.</summary>
    public static Error Signal(ulong notification, ulong bits) =>
        Sys.Call(SystemCall.Signal, notification, bits).Error;

    /// <summary><see cref="SystemCall.Wait"/>; deadline 0: none.</summary>
    public static SystemResult Wait(ulong notification, ulong deadline = 0) =>
        Sys.Call(SystemCall.Wait, notification, deadline);

    /// <summary><see cref="SystemCall.Poll"/>.</summary>
    public static SystemResult Poll(ulong notification) => Sys.Call(SystemCall.Poll, notification);

    /// <summary><see cref="SystemCall.NotificationBind"/>.</summary>
    public static Error Bind(ulong notification) => Sys.Call(SystemCall.NotificationBind, notification).Error;

    /// <summary><see cref="SystemCall.NotificationUnbind"/>.</summary>
    public static Error Unbind() => Sys.Call(SystemCall.NotificationUnbind).Error;
}
