using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.FaultTrial;

/// <summary>What an answer does.</summary>
internal static unsafe class ReplyChecks
{
    internal static void Run()
    {
        CheckBadPlaces();
        CheckUnknownAnswers();
        CheckSuspended();
        CheckCrowd();
    }

    // None of these is an address at which a program can be: the kernel must not try.
    private static void CheckBadPlaces()
    {
        ulong* places = stackalloc ulong[]
        {
            UserLayout.Limit, 0x0000_8000_0000_0000, 0x0000_9000_0000_0000, 0xFFFF_8000_0000_0000, 0xFFFF_FFFF_8020_0000,
            ulong.MaxValue,
        };
        bool all = true;
        for (int i = 0; i < 6; i++)
        {
            all &= EndsFor(FaultReplyAction.ResumeAt, places[i]);
        }

        Report.Check(all, "a thread that is to go on where no program can be ends");
    }

    private static void CheckUnknownAnswers()
    {
        bool all = EndsFor(FaultReplyAction.End, 0) && EndsFor((FaultReplyAction)3, 0) && EndsFor((FaultReplyAction)ulong.MaxValue, 0);
        Report.Check(all, "an answer that says nothing else ends the thread");
    }

    private static bool EndsFor(FaultReplyAction answer, ulong where)
    {
        var made = FaultCase.Make();
        Message fault;
        bool answered = made.StartAndReceive(&fault);
        FaultHandler.Reply(&fault, answer, where);
        answered &= IpcCalls.Reply(made.Reply, &fault) == Error.None;
        return made.EndsUnhandled() && answered;
    }

    private static void CheckSuspended()
    {
        var made = FaultCase.Make();
        Message fault;
        bool right = made.StartAndReceive(&fault) && Sys.ThreadSuspend(made.Thread) == Error.None;
        FaultHandler.Reply(&fault, FaultReplyAction.ResumeAt, fault.Word1 + FaultMessage.UndefinedInstructionBytes);
        right &= IpcCalls.Reply(made.Reply, &fault) == Error.None && Sys.ThreadResume(made.Thread) == Error.None;
        Report.Check(made.End() == FaultingThreads.Done + 1 && right, "a thread that is suspended meanwhile goes on when it is resumed");
    }

    // Threads of all CPUs, and one that sees to them all.
    private static void CheckCrowd()
    {
        const uint members = 12;
        const ulong faults = 100;
        FaultHandler* mender = (FaultHandler*)Memory.Map((ulong)sizeof(FaultHandler));
        FaultHandler.Start(mender, 0);
        ThreadGroup crew = ThreadGroup.Allocate(members);
        for (uint i = 0; i < members; i++)
        {
            crew.Add(&FaultingThreads.Undefined, faults);
            Sys.ThreadSetAffinity(crew.Handle(i), 1ul << (int)(i % Program.Cpus));
            IpcCalls.SetFaultHandler(crew.Handle(i), mender->Endpoint);
        }

        for (uint i = 0; i < members; i++)
        {
            Sys.ThreadStart(crew.Handle(i));
        }

        bool right = crew.JoinAll() == members * (FaultingThreads.Done + faults) && mender->Count == members * faults;
        Report.Check(right, "threads of every CPU fault, a hundred times each, and all go on");
        mender->Stop();
    }
}
