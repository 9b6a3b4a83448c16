using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Talk;

/// <summary>Calls to a server of another process.</summary>
internal static unsafe class MessageChecks
{
    private const ulong Badge = 0xBAD6E;

    internal static void Run()
    {
        ulong endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        ulong badged = Sys.CapabilityMint(endpoint, Rights.Write | Rights.Grant, Badge).Value;
        ulong server = Server.Start(endpoint);
        CheckShort(badged);
        IpcBuffer* buffer = (IpcBuffer*)Memory.Map(UserLayout.PageSize);
        Report.Check(IpcCalls.SetBuffer(BootHandle.MainThread, buffer) == Error.None, "a thread is given a buffer");
        CheckLong(badged, buffer);
        CheckCapabilities(badged, buffer);
        CheckTimes(endpoint, buffer);
        Message message = Message.Of(Server.End);
        bool ended = IpcCalls.Call(badged, &message) == Error.None && SpawnBuilder.WaitAndClose(server).Value == 0;
        Report.Check(ended, "a server answers its last call and ends");
        Sys.CapabilityDelete(badged);
        Sys.CapabilityDelete(endpoint);
    }

    private static void CheckShort(ulong endpoint)
    {
        bool right = true;
        for (ulong i = 0; i < 1000; i++)
        {
            Message message = Message.Of(Server.Echo, i);
            right &= IpcCalls.Call(endpoint, &message) == Error.None && message.Tag == 4 && message.Word1 == i + 1
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
            right &= IpcCalls.Call(endpoint, &message) == Error.None && message.Tag == words;
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
        ulong notification = IpcCalls.CreateObject(ObjectKind.Notification).Value;
        buffer->MaxReceivedCapabilities = 1;
        buffer->Capabilities[0] = (uint)notification;
        Message message = Message.Of(Server.Exchange, 0);
        message.Tag |= 1 << MessageTag.CapabilitiesShift;
        bool exchanged = IpcCalls.Call(endpoint, &message) == Error.None && message.Word1 == 0
            && MessageTag.Capabilities((uint)message.Tag) == 1 && IpcCalls.Poll(notification).Value == 1;
        exchanged &= IpcCalls.Poll(buffer->Capabilities[0]).Value == 0x77;
        Report.Check(exchanged, "capabilities pass in a call and in its answer, and work on the other side");
        bool revoked = Sys.CapabilityRevoke(notification) == Error.None && Sys.CapabilityDelete(notification) == Error.None
            && Sys.CapabilityDelete(buffer->Capabilities[0]) == Error.None;
        Report.Check(revoked, "what was passed on can be revoked");
        ulong weak = Sys.CapabilityMint(endpoint, Rights.Write).Value;
        message = Message.Of(Server.Exchange, 0);
        message.Tag |= 1 << MessageTag.CapabilitiesShift;
        Report.Check(IpcCalls.Call(weak, &message) == Error.MissingRight, "without Grant nothing is passed on");
        Sys.CapabilityDelete(weak);
    }

    private static void CheckTimes(ulong endpoint, IpcBuffer* buffer)
    {
        ulong lonely = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        Message message = default;
        message.Tag = MessageTag.NoWait;
        bool refused = IpcCalls.Send(lonely, &message) == Error.WouldBlock;
        message.Tag = MessageTag.NoWait;
        refused &= IpcCalls.Receive(lonely, 0, &message) == Error.WouldBlock;
        Report.Check(refused, "who is not to wait does not");
        bool late = true;
        for (int i = 0; i < 3; i++)
        {
            buffer->Deadline = (ulong)Clock.Now() + 1_000_000;
            message = default;
            message.Tag = MessageTag.HasDeadline;
            Error error = i == 0 ? IpcCalls.Send(lonely, &message)
                : i == 1 ? IpcCalls.Call(lonely, &message) : IpcCalls.Receive(lonely, 0, &message);
            late &= error == Error.TimedOut && (ulong)Clock.Now() >= buffer->Deadline;
        }

        Report.Check(late, "waits end at their deadline, and not before");
        Sys.CapabilityDelete(lonely);
    }
}
