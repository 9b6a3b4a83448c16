using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.SessionSmoke;

/// <summary>A server outside of the session: a thread that answers some callers and keeps others waiting. It must not move while
/// the thread runs.</summary>
internal unsafe struct ReplyServer
{
    /// <summary>First word of a call that is not answered.</summary>
    internal const ulong Hold = 1;

    /// <summary>First word of a call that is answered with one more than its second.</summary>
    internal const ulong Ask = 2;

    private const ulong Stop = 3;
    private const int MaxHeld = 32;

    private fixed ulong _replies[MaxHeld + 1];
    private ulong _held;
    private UserThread _thread;

    /// <summary>Where it receives.</summary>
    internal ulong Endpoint;

    /// <summary>Makes the server and starts it.</summary>
    internal static void Open(ReplyServer* desk)
    {
        desk->Endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        for (int i = 0; i <= MaxHeld; i++)
        {
            desk->_replies[i] = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        }

        UserThread.CreateAndStart(&desk->_thread, &Serve, (ulong)desk);
    }

    /// <summary>Waits until so many callers wait for an answer.</summary>
    internal void WaitForHeld(ulong count)
    {
        while (Volatile.Read(ref _held) < count)
        {
            Sys.SleepUntil(Clock.Now() + 100_000);
        }
    }

    /// <summary>Whether a caller of this process is answered.</summary>
    internal readonly bool Answers()
    {
        Message message = Message.Of(Ask, 41);
        return IpcCalls.Call(Endpoint, &message) == Error.None && message.Word0 == 42;
    }

    /// <summary>Answers all who were kept waiting, and ends: how many of them were there to be answered.</summary>
    internal ulong Close()
    {
        Message message = Message.Of(Stop);
        IpcCalls.Call(Endpoint, &message);
        ulong answered = _thread.Join();
        for (int i = 0; i <= MaxHeld; i++)
        {
            Sys.CapabilityDelete(_replies[i]);
        }

        Sys.CapabilityDelete(Endpoint);
        return answered;
    }

    private static ulong Serve(ulong argument)
    {
        ReplyServer* desk = (ReplyServer*)argument;
        while (true)
        {
            Message message = default;
            ulong reply = desk->_replies[desk->_held];
            if (IpcCalls.Receive(desk->Endpoint, reply, &message) != Error.None)
            {
                return ulong.MaxValue;
            }

            if (message.Word0 == Hold)
            {
                Volatile.Write(ref desk->_held, desk->_held + 1);
                continue;
            }

            bool stop = message.Word0 == Stop;
            message = Message.Of(message.Word1 + 1);
            IpcCalls.Reply(reply, &message);
            if (stop)
            {
                return desk->AnswerHeld();
            }
        }
    }

    // An answer to a caller that has ended gives BadState.
    private ulong AnswerHeld()
    {
        ulong answered = 0;
        for (ulong i = 0; i < _held; i++)
        {
            Message message = Message.Of(0);
            answered += IpcCalls.Reply(_replies[i], &message) == Error.BadState ? 0ul : 1;
        }

        return answered;
    }
}
