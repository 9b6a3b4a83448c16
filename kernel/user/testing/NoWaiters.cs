using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>Whether objects through which threads meet are as if nobody had ever waited there.</summary>
public static unsafe class NoWaiters
{
    private const ulong ProbeBits = 5;

    /// <summary>Nobody waits to send at the endpoint, nor to receive. Anybody's bound notification must be empty.</summary>
    public static bool AtEndpoint(ulong endpoint)
    {
        Message message = default;
        message.Tag = MessageTag.NoWait;
        bool quiet = IpcCalls.Receive(endpoint, 0, &message) == Error.WouldBlock;
        message.Tag = MessageTag.NoWait;
        return quiet && IpcCalls.Send(endpoint, &message) == Error.WouldBlock;
    }

    /// <summary>No signal is there, nobody waits for any, and nobody has the notification bound. The calling thread must have none
    /// bound.</summary>
    public static bool AtNotification(ulong notification) =>
        IpcCalls.Poll(notification).Error == Error.WouldBlock && IpcCalls.Signal(notification, ProbeBits) == Error.None
        && IpcCalls.Poll(notification).Value == ProbeBits && IpcCalls.Bind(notification) == Error.None && IpcCalls.Unbind() == Error.None;
}
