using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.FaultTrial;

/// <summary>A thread that handles faults of its process: it maps the page that is missing, and lets threads go on behind an
/// undefined instruction. All other faults end their threads.</summary>
internal unsafe struct Mender
{
    /// <summary>The role of a process that does that for others.</summary>
    internal const long Role = 4;

    /// <summary>Where that process finds its endpoint.</summary>
    internal const uint Slot = BootHandle.FirstFree;

    /// <summary>What its faults come to.</summary>
    internal ulong Endpoint;

    /// <summary>The fault that came last.</summary>
    internal Message Last;

    /// <summary>How many came.</summary>
    internal ulong Count;

    private UserThread _thread;
    private ulong _reply;
    private bool _writesOver;

    /// <summary>Starts it on that CPU; <paramref name="writesOver"/>: before each answer it fills every register with something
    /// else. The structure stays where it is.</summary>
    internal static void Start(Mender* mender, uint cpu, bool writesOver = false)
    {
        *mender = default;
        mender->_writesOver = writesOver;
        mender->Endpoint = Channel.Create(ObjectKind.Endpoint).Value;
        mender->_reply = Channel.Create(ObjectKind.Reply).Value;
        UserThread.Create(&mender->_thread, &Serve, (ulong)mender);
        Sys.ThreadSetAffinity(mender->_thread.Handle, 1ul << (int)cpu);
        Sys.ThreadStart(mender->_thread.Handle);
    }

    /// <summary>Ends it.</summary>
    internal void Stop()
    {
        Message stop = default;
        Channel.Call(Endpoint, &stop);
        _thread.Join();
        Sys.HandleClose(_reply);
        Sys.HandleClose(Endpoint);
    }

    /// <summary>The process, which serves until it is ended.</summary>
    internal static ulong ServeOthers()
    {
        Mender mender = default;
        mender.Endpoint = Slot;
        mender._reply = Channel.Create(ObjectKind.Reply).Value;
        return Serve((ulong)&mender);
    }

    /// <summary>Turns a fault into what becomes of it.</summary>
    internal static void Answer(Message* message, FaultAnswer answer, ulong where)
    {
        message->Tag = 2;
        message->Word0 = (ulong)answer;
        message->Word1 = where;
    }

    private static ulong Serve(ulong argument)
    {
        Mender* mender = (Mender*)argument;
        Message message = default;
        Error error = Channel.Receive(mender->Endpoint, mender->_reply, &message);
        while (error == Error.None && message.Tag == FaultMessage.Tag)
        {
            mender->Last = message;
            Volatile.Write(ref mender->Count, mender->Count + 1);
            if (mender->_writesOver)
            {
                Stubs.VectorProbe(0x0BAD_0BAD_0BAD_0BAD, 10);
            }

            Mend(&message);
            error = Channel.ReplyReceive(mender->Endpoint, mender->_reply, &message);
        }

        Channel.Reply(mender->_reply, &message);
        return (ulong)error;
    }

    private static void Mend(Message* fault)
    {
        ulong page = fault->Word2 & ~(UserLayout.PageSize - 1);
        if (fault->Word0 == Exceptions.InvalidOpcode)
        {
            Answer(fault, FaultAnswer.ResumeAt, fault->Word1 + FaultMessage.UndefinedInstructionBytes);
        }
        else if (fault->Word0 == Exceptions.PageFault && page != 0 && (ulong)Memory.Map(1) == page)
        {
            Answer(fault, FaultAnswer.Resume, 0);
        }
        else
        {
            Answer(fault, FaultAnswer.End, 0);
        }
    }
}
