using Lachesis.Abi;

namespace Lachesis.User;

/// <summary>Whether objects through which threads meet are as if nobody had ever waited there.</summary>
public static unsafe class Quiet
{
    private const ulong Probe = 5;

    /// <summary>Nobody waits to send at the endpoint, nor to receive. Anybody's bound notification must be empty.</summary>
    public static bool IsEndpoint(ulong endpoint)
    {
        Message message = default;
        message.Tag = MessageTag.NoWait;
        bool quiet = Channel.Receive(endpoint, 0, &message) == Error.WouldBlock;
        message.Tag = MessageTag.NoWait;
        return quiet && Channel.Send(endpoint, &message) == Error.WouldBlock;
    }

    /// <summary>No signal is there, nobody waits for any, and nobody has the notification bound. The calling thread must have none
    /// bound.</summary>
    public static bool IsNotification(ulong notification) =>
        Channel.Poll(notification).Error == Error.WouldBlock && Channel.Signal(notification, Probe) == Error.None
        && Channel.Poll(notification).Value == Probe && Channel.Bind(notification) == Error.None && Channel.Unbind() == Error.None;
}
