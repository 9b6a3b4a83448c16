using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.FaultTrial;

/// <summary>What a handler is told, and whom it may answer for.</summary>
internal static unsafe class MessageChecks
{
    private const ulong Badge = 0xBAD6E;
    private const ulong NonCanonical = 0x0000_9000_0000_0000;
    private const ulong KernelText = 0xFFFF_FFFF_8020_0000;

    internal static void Run()
    {
        Mender* mender = (Mender*)Memory.Map((ulong)sizeof(Mender));
        Mender.Start(mender, Program.Cpus - 1);
        Crew crew = Crew.Of(1);
        bool told = Tells(mender, &crew, &Faulty.Divide, 0, Exceptions.DivideError, 0, 0)
            && Tells(mender, &crew, &Faulty.Read, NonCanonical, Exceptions.GeneralProtection, 0, 0)
            && Tells(mender, &crew, &Faulty.Read, 8, Exceptions.PageFault, 8, Exceptions.ReadFromNothing)
            && Tells(mender, &crew, &Faulty.Write, 16, Exceptions.PageFault, 16, Exceptions.WriteToNothing)
            && Tells(mender, &crew, &Faulty.Read, KernelText, Exceptions.PageFault, KernelText, Exceptions.ReadFromNothing + 1);
        Report.Check(told, "a handler is told exception, place, address and error code, with the badge; and can end the thread");
        CheckRefusals(mender);
        mender->Stop();
    }

    private static bool Tells(
        Mender* mender, Crew* crew, delegate*<ulong, ulong> fault, ulong argument, ulong vector, ulong address, ulong error)
    {
        ulong before = mender->Count;
        ulong badged = Sys.CapabilityMint(mender->Endpoint, Rights.Write, Badge).Value;
        crew->Add(fault, argument);
        bool right = Channel.SetFaultHandler(crew->Handle(0), badged) == Error.None;
        Sys.ThreadStart(crew->Handle(0));
        right &= crew->Join() == FaultExitCode.For((uint)vector) && mender->Count == before + 1;
        Sys.HandleClose(badged);
        Message* last = &mender->Last;
        return right && last->Badge == Badge && last->Word0 == vector && last->Word2 == address && last->Word3 == error
            && last->Word1 is >= UserLayout.ProgramBase and < UserLayout.ProgramLimit;
    }

    // Control of the thread, and the right to send; and it is the endpoint's capability that counts.
    private static void CheckRefusals(Mender* mender)
    {
        ulong unsent = Sys.CapabilityMint(mender->Endpoint, Rights.All & ~Rights.Write).Value;
        ulong uncontrolled = Sys.CapabilityMint(BootHandle.MainThread, Rights.All & ~Rights.Control).Value;
        bool right = Channel.SetFaultHandler(BootHandle.MainThread, unsent) == Error.MissingRight
            && Channel.SetFaultHandler(uncontrolled, mender->Endpoint) == Error.MissingRight
            && Channel.SetFaultHandler(BootHandle.MainThread, BootHandle.MainThread) == Error.WrongKind
            && Channel.SetFaultHandler(BootHandle.Process, mender->Endpoint) == Error.WrongKind
            && Channel.SetFaultHandler(BootHandle.MainThread, 77) == Error.StaleHandle;
        Sys.HandleClose(unsent);
        Sys.HandleClose(uncontrolled);
        Report.Check(right, "a handler is set by who controls the thread and may send to the endpoint");
    }
}
