using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.FaultTrial;

/// <summary>A thread that handles faults of its process: it maps the page that is missing, and lets threads go on behind an
/// undefined instruction. All other faults end their threads.</summary>
internal unsafe struct FaultHandler
{
    /// <summary>The role of a process that does that for others.</summary>
    internal const long Role = 4;

    /// <summary>Where that process finds its endpoint.</summary>
    internal const uint EndpointSlot = BootHandle.FirstFree;

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
    internal static void Start(FaultHandler* mender, uint cpu, bool writesOver = false)
    {
        *mender = default;
        mender->_writesOver = writesOver;
        mender->Endpoint = IpcCalls.CreateObject(ObjectKind.Endpoint).Value;
        mender->_reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        UserThread.Create(&mender->_thread, &Serve, (ulong)mender);
        Sys.ThreadSetAffinity(mender->_thread.Handle, 1ul << (int)cpu);
        Sys.ThreadStart(mender->_thread.Handle);
    }

    /// <summary>Ends it.</summary>
    internal void Stop()
    {
        Message stop = default;
        IpcCalls.Call(Endpoint, &stop);
        _thread.Join();
        Sys.CapabilityDelete(_reply);
        Sys.CapabilityDelete(Endpoint);
    }

    /// <summary>The process, which serves until it is ended.</summary>
    internal static ulong ServeOthers()
    {
        FaultHandler mender = default;
        mender.Endpoint = EndpointSlot;
        mender._reply = IpcCalls.CreateObject(ObjectKind.Reply).Value;
        return Serve((ulong)&mender);
    }

    /// <summary>Turns a fault into what becomes of it.</summary>
    internal static void Reply(Message* message, FaultReplyAction answer, ulong where)
    {
        message->Tag = 2;
        message->Word0 = (ulong)answer;
        message->Word1 = where;
    }

    private static ulong Serve(ulong argument)
    {
        FaultHandler* mender = (FaultHandler*)argument;
        Message message = default;
        Error error = IpcCalls.Receive(mender->Endpoint, mender->_reply, &message);
        while (error == Error.None && message.Tag == FaultMessage.Tag)
        {
            mender->Last = message;
            Volatile.Write(ref mender->Count, mender->Count + 1);
            if (mender->_writesOver)
            {
                Stubs.VectorProbe(0x0BAD_0BAD_0BAD_0BAD, 10);
            }

            Repair(&message);
            error = IpcCalls.ReplyReceive(mender->Endpoint, mender->_reply, &message);
        }

        IpcCalls.Reply(mender->_reply, &message);
        return (ulong)error;
    }

    private static void Repair(Message* fault)
    {
        ulong page = fault->Word2 & ~(UserLayout.PageSize - 1);
        if (fault->Word0 == Exceptions.InvalidOpcode)
        {
            Reply(fault, FaultReplyAction.ResumeAt, fault->Word1 + FaultMessage.UndefinedInstructionBytes);
        }
        else if (fault->Word0 == Exceptions.PageFault && page != 0 && (ulong)Memory.Map(1) == page)
        {
            Reply(fault, FaultReplyAction.Resume, 0);
        }
        else
        {
            Reply(fault, FaultReplyAction.End, 0);
        }
    }
}
