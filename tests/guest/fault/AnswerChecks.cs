using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.FaultTrial;

/// <summary>What an answer does.</summary>
internal static unsafe class AnswerChecks
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
            all &= EndsFor(FaultAnswer.ResumeAt, places[i]);
        }

        Report.Check(all, "a thread that is to go on where no program can be ends");
    }

    private static void CheckUnknownAnswers()
    {
        bool all = EndsFor(FaultAnswer.End, 0) && EndsFor((FaultAnswer)3, 0) && EndsFor((FaultAnswer)ulong.MaxValue, 0);
        Report.Check(all, "an answer that says nothing else ends the thread");
    }

    private static bool EndsFor(FaultAnswer answer, ulong where)
    {
        var made = Case.Make();
        Message fault;
        bool answered = made.StartAndReceive(&fault);
        Mender.Answer(&fault, answer, where);
        answered &= Channel.Reply(made.Reply, &fault) == Error.None;
        return made.EndsUnhandled() && answered;
    }

    private static void CheckSuspended()
    {
        var made = Case.Make();
        Message fault;
        bool right = made.StartAndReceive(&fault) && Sys.ThreadSuspend(made.Thread) == Error.None;
        Mender.Answer(&fault, FaultAnswer.ResumeAt, fault.Word1 + FaultMessage.UndefinedInstructionBytes);
        right &= Channel.Reply(made.Reply, &fault) == Error.None && Sys.ThreadResume(made.Thread) == Error.None;
        Report.Check(made.End() == Faulty.Done + 1 && right, "a thread that is suspended meanwhile goes on when it is resumed");
    }

    // Threads of all CPUs, and one that sees to them all.
    private static void CheckCrowd()
    {
        const uint members = 12;
        const ulong faults = 100;
        Mender* mender = (Mender*)Memory.Map((ulong)sizeof(Mender));
        Mender.Start(mender, 0);
        Crew crew = Crew.Of(members);
        for (uint i = 0; i < members; i++)
        {
            crew.Add(&Faulty.Undefined, faults);
            Sys.ThreadSetAffinity(crew.Handle(i), 1ul << (int)(i % Program.Cpus));
            Channel.SetFaultHandler(crew.Handle(i), mender->Endpoint);
        }

        for (uint i = 0; i < members; i++)
        {
            Sys.ThreadStart(crew.Handle(i));
        }

        bool right = crew.Join() == members * (Faulty.Done + faults) && mender->Count == members * faults;
        Report.Check(right, "threads of every CPU fault, a hundred times each, and all go on");
        mender->Stop();
    }
}
