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
        FaultHandler* mender = (FaultHandler*)Memory.Map((ulong)sizeof(FaultHandler));
        FaultHandler.Start(mender, Program.Cpus - 1);
        ThreadGroup crew = ThreadGroup.Allocate(1);
        bool told = FaultMessageIs(mender, &crew, &FaultingThreads.Divide, 0, Exceptions.DivideError, 0, 0)
            && FaultMessageIs(mender, &crew, &FaultingThreads.Read, NonCanonical, Exceptions.GeneralProtection, 0, 0)
            && FaultMessageIs(mender, &crew, &FaultingThreads.Read, 8, Exceptions.PageFault, 8, Exceptions.ReadFromNothing)
            && FaultMessageIs(mender, &crew, &FaultingThreads.Write, 16, Exceptions.PageFault, 16, Exceptions.WriteToNothing)
            && FaultMessageIs(mender, &crew, &FaultingThreads.Read, KernelText, Exceptions.PageFault, KernelText, Exceptions.ReadFromNothing + 1);
        Report.Check(told, "a handler is told exception, place, address and error code, with the badge; and can end the thread");
        CheckRefusals(mender);
        mender->Stop();
    }

    private static bool FaultMessageIs(
        FaultHandler* mender, ThreadGroup* crew, delegate*<ulong, ulong> fault, ulong argument, ulong vector, ulong address, ulong error)
    {
        ulong before = mender->Count;
        ulong badged = Sys.CapabilityMint(mender->Endpoint, Rights.Write, Badge).Value;
        crew->Add(fault, argument);
        bool right = IpcCalls.SetFaultHandler(crew->Handle(0), badged) == Error.None;
        Sys.ThreadStart(crew->Handle(0));
        right &= crew->JoinAll() == FaultExitCode.For((uint)vector) && mender->Count == before + 1;
        Sys.CapabilityDelete(badged);
        Message* last = &mender->Last;
        return right && last->Badge == Badge && last->Word0 == vector && last->Word2 == address && last->Word3 == error
            && last->Word1 is >= UserLayout.ProgramBase and < UserLayout.ProgramLimit;
    }

    // Control of the thread, and the right to send; and it is the endpoint's capability that counts.
    private static void CheckRefusals(FaultHandler* mender)
    {
        ulong unsent = Sys.CapabilityMint(mender->Endpoint, Rights.All & ~Rights.Write).Value;
        ulong uncontrolled = Sys.CapabilityMint(BootHandle.MainThread, Rights.All & ~Rights.Control).Value;
        bool right = IpcCalls.SetFaultHandler(BootHandle.MainThread, unsent) == Error.MissingRight
            && IpcCalls.SetFaultHandler(uncontrolled, mender->Endpoint) == Error.MissingRight
            && IpcCalls.SetFaultHandler(BootHandle.MainThread, BootHandle.MainThread) == Error.WrongKind
            && IpcCalls.SetFaultHandler(BootHandle.Process, mender->Endpoint) == Error.WrongKind
            && IpcCalls.SetFaultHandler(BootHandle.MainThread, 77) == Error.StaleHandle;
        Sys.CapabilityDelete(unsent);
        Sys.CapabilityDelete(uncontrolled);
        Report.Check(right, "a handler is set by who controls the thread and may send to the endpoint");
    }
}
