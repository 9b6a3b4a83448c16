using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Talk;

/// <summary>A process that answers calls, as the first word of each asks.</summary>
internal static unsafe class Server
{
    /// <summary>The role of the process.</summary>
    internal const long Role = 2;

    /// <summary>Where it finds its endpoint.</summary>
    internal const uint Endpoint = BootHandle.FirstFree;

    /// <summary>Answer with the second word plus one, and the badge.</summary>
    internal const ulong Echo = 1;

    /// <summary>Answer with all words, one more each.</summary>
    internal const ulong EchoLong = 2;

    /// <summary>Signal the notification that comes along, and answer with a capability to another.</summary>
    internal const ulong Exchange = 3;

    /// <summary>Answer, and end.</summary>
    internal const ulong End = 4;

    /// <summary>End without an answer.</summary>
    internal const ulong Die = 5;

    /// <summary>A word that no message contains.</summary>
    internal const ulong Untouched = 0xA5A5_A5A5_A5A5_A5A5;

    /// <summary>Starts one that receives through <paramref name="endpoint"/>: its handle, or 0.</summary>
    internal static ulong Start(ulong endpoint)
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("ipc", Role);
        spawn.AddCapability(endpoint, Rights.Read, Endpoint);
        return spawn.Start().Value;
    }

    /// <summary>The process.</summary>
    internal static ulong Serve()
    {
        ulong reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        IpcBuffer* buffer = (IpcBuffer*)Memory.Map(UserLayout.PageSize);
        IpcCalls.SetBuffer(BootHandle.MainThread, buffer);
        buffer->MaxReceivedCapabilities = IpcBuffer.MaxCapabilities;
        Message message = default;
        Error error = IpcCalls.Receive(Endpoint, reply, &message);
        while (error == Error.None)
        {
            ulong asked = message.Word0;
            if (asked == Die)
            {
                Sys.ProcessExit(BootHandle.Process, 1);
            }

            Answer(&message, buffer);
            if (asked == End)
            {
                IpcCalls.Reply(reply, &message);
                return 0;
            }

            error = IpcCalls.ReplyReceive(Endpoint, reply, &message);
        }

        return (ulong)error;
    }

    private static void Answer(Message* message, IpcBuffer* buffer)
    {
        switch (message->Word0)
        {
            case EchoLong:
                bool isolated = buffer->Words[IpcBuffer.MaxWords - 1] == (MessageTag.Words((uint)message->Tag) < 64 ? 0ul : 64);
                for (uint i = IpcBuffer.RegisterWords; i < IpcBuffer.MaxWords; i++)
                {
                    buffer->Words[i]++;
                }

                message->Word1 = isolated ? 1ul : 0;
                buffer->Words[IpcBuffer.MaxWords - 1] = 0;
                break;
            case Exchange:
                bool one = MessageTag.Capabilities((uint)message->Tag) == 1;
                message->Word1 = one ? (ulong)IpcCalls.Signal(buffer->Capabilities[0], 1) : ulong.MaxValue;
                buffer->Capabilities[0] = (uint)IpcCalls.CreateObject(ObjectKind.Notification).Value;
                IpcCalls.Signal(buffer->Capabilities[0], 0x77);
                message->Tag = 2 | (1 << MessageTag.CapabilitiesShift);
                break;
            default:
                message->Tag = 4;
                message->Word1++;
                message->Word2 = message->Badge;
                break;
        }
    }
}
