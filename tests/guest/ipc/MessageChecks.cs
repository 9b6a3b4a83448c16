using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Talk;

/// <summary>Calls to a server of another process.</summary>
internal static unsafe class MessageChecks
{
    private const ulong Badge = 0xBAD6E;

    internal static void Run()
    {
        ulong endpoint = Channel.Create(ObjectKind.Endpoint).Value;
        ulong badged = Sys.CapabilityMint(endpoint, Rights.Write | Rights.Grant, Badge).Value;
        ulong server = Server.Start(endpoint);
        CheckShort(badged);
        IpcBuffer* buffer = (IpcBuffer*)Memory.Map(UserLayout.PageSize);
        Report.Check(Channel.SetBuffer(BootHandle.MainThread, buffer) == Error.None, "a thread is given a buffer");
        CheckLong(badged, buffer);
        CheckCapabilities(badged, buffer);
        CheckTimes(endpoint, buffer);
        Message message = Message.Of(Server.End);
        bool ended = Channel.Call(badged, &message) == Error.None && Spawn.Finish(server).Value == 0;
        Report.Check(ended, "a server answers its last call and ends");
        Sys.HandleClose(badged);
        Sys.HandleClose(endpoint);
    }

    private static void CheckShort(ulong endpoint)
    {
        bool right = true;
        for (ulong i = 0; i < 1000; i++)
        {
            Message message = Message.Of(Server.Echo, i);
            right &= Channel.Call(endpoint, &message) == Error.None && message.Tag == 4 && message.Word1 == i + 1
                && message.Word2 == Badge;
        }

        Report.Check(right, "a thousand calls to another process are answered, and it sees the badge");
    }

    private static void CheckLong(ulong endpoint, IpcBuffer* buffer)
    {
        bool right = true;
        bool isolated = true;
        for (uint words = IpcBuffer.RegisterWords + 1; words <= IpcBuffer.MaxWords; words++)
        {
            for (uint i = 0; i < IpcBuffer.MaxWords; i++)
            {
                buffer->Words[i] = i < words ? i + 1 : Server.Untouched;
            }

            Message message = Message.Of(Server.EchoLong);
            message.Tag = words;
            right &= Channel.Call(endpoint, &message) == Error.None && message.Tag == words;
            isolated &= message.Word1 == 1;
            for (uint i = IpcBuffer.RegisterWords; i < IpcBuffer.MaxWords; i++)
            {
                right &= i >= words || buffer->Words[i] == i + 2 || i == IpcBuffer.MaxWords - 1;
                isolated &= i < words || buffer->Words[i] == Server.Untouched;
            }
        }

        Report.Check(right, "messages of 5 to 64 words come and go whole");
        Report.Check(isolated, "and neither side sees a word that was not sent");
    }

    private static void CheckCapabilities(ulong endpoint, IpcBuffer* buffer)
    {
        ulong notification = Channel.Create(ObjectKind.Notification).Value;
        buffer->Takes = 1;
        buffer->Capabilities[0] = (uint)notification;
        Message message = Message.Of(Server.Exchange, 0);
        message.Tag |= 1 << MessageTag.CapabilitiesShift;
        bool exchanged = Channel.Call(endpoint, &message) == Error.None && message.Word1 == 0
            && MessageTag.Capabilities((uint)message.Tag) == 1 && Channel.Poll(notification).Value == 1;
        exchanged &= Channel.Poll(buffer->Capabilities[0]).Value == 0x77;
        Report.Check(exchanged, "capabilities pass in a call and in its answer, and work on the other side");
        bool revoked = Sys.CapabilityRevoke(notification) == Error.None && Sys.HandleClose(notification) == Error.None
            && Sys.HandleClose(buffer->Capabilities[0]) == Error.None;
        Report.Check(revoked, "what was passed on can be revoked");
        ulong weak = Sys.CapabilityMint(endpoint, Rights.Write).Value;
        message = Message.Of(Server.Exchange, 0);
        message.Tag |= 1 << MessageTag.CapabilitiesShift;
        Report.Check(Channel.Call(weak, &message) == Error.MissingRight, "without Grant nothing is passed on");
        Sys.HandleClose(weak);
    }

    private static void CheckTimes(ulong endpoint, IpcBuffer* buffer)
    {
        ulong lonely = Channel.Create(ObjectKind.Endpoint).Value;
        Message message = default;
        message.Tag = MessageTag.NoWait;
        bool refused = Channel.Send(lonely, &message) == Error.WouldBlock;
        message.Tag = MessageTag.NoWait;
        refused &= Channel.Receive(lonely, 0, &message) == Error.WouldBlock;
        Report.Check(refused, "who is not to wait does not");
        bool late = true;
        for (int i = 0; i < 3; i++)
        {
            buffer->Deadline = (ulong)Clock.Now() + 1_000_000;
            message = default;
            message.Tag = MessageTag.HasDeadline;
            Error error = i == 0 ? Channel.Send(lonely, &message)
                : i == 1 ? Channel.Call(lonely, &message) : Channel.Receive(lonely, 0, &message);
            late &= error == Error.TimedOut && (ulong)Clock.Now() >= buffer->Deadline;
        }

        Report.Check(late, "waits end at their deadline, and not before");
        Sys.HandleClose(lonely);
    }
}
