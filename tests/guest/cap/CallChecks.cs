using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Caps;

/// <summary>Every call that takes a handle: stale, of another kind, and without the right that it needs.</summary>
internal static unsafe class CallChecks
{
    private struct Outcome
    {
        internal bool Stale;
        internal bool Wrong;
        internal bool Missing;
    }

    internal static void Run()
    {
        Outcome all;
        all.Stale = true;
        all.Wrong = true;
        all.Missing = true;
        ulong* memory = stackalloc ulong[64];
        *(LedgerReading*)memory = default;
        CheckObjects(&all, (ulong)memory);
        CheckMachine(&all, (ulong)memory);
        Report.Check(all.Stale, "every call gives StaleHandle for a deleted handle and for one that never was");
        Report.Check(all.Wrong, "every call gives WrongKind for a capability of another kind");
        Report.Check(all.Missing, "every call gives MissingRight for a capability that has all rights but the one needed");
        CheckWithoutRight();
    }

    private static void CheckObjects(Outcome* all, ulong memory)
    {
        const ulong thread = BootHandle.MainThread;
        Try(all, Rights.Read, SystemCall.ThreadRuntime, thread);
        Try(all, Rights.Read, SystemCall.ThreadJoin, thread);
        Try(all, Rights.Read, SystemCall.LedgerRead, thread, (ulong)LedgerScope.Thread, 0, memory);
        Try(all, Rights.Control, SystemCall.ThreadStart, thread);
        Try(all, Rights.Control, SystemCall.ThreadSetAffinity, thread, 1);
        const ulong process = BootHandle.Process;
        Try(all, Rights.Read, SystemCall.ProcessWait, process);
        Try(all, Rights.Read, SystemCall.LedgerRead, process, (ulong)LedgerScope.Process, 0, memory);
        Try(all, Rights.Control, SystemCall.ThreadCreate, process);
        Try(all, Rights.Control, SystemCall.MemoryMap, process, 4096);
        Try(all, Rights.Control, SystemCall.ProcessExit, process);
    }

    private static void CheckMachine(Outcome* all, ulong memory)
    {
        Try(all, Rights.Write, SystemCall.LogWrite, BootHandle.Log, memory, 1);
        Try(all, Rights.Write, SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.Check, memory, 8);
        Try(all, Rights.Control, SystemCall.ProcessSpawn, BootHandle.Spawn, memory);
        const ulong machine = BootHandle.Machine;
        Try(all, Rights.Read, SystemCall.CountersRead, machine, 0, memory, 1);
        Try(all, Rights.Read, SystemCall.PoolLevel, machine);
        Try(all, Rights.Read, SystemCall.LedgerRead, machine, (ulong)LedgerScope.Session, 0, memory);
        Try(all, Rights.Control, SystemCall.MachineExit, machine);
        Try(all, Rights.Control, SystemCall.MachineInjectFault, machine);
        const ulong policy = BootHandle.Policy;
        Try(all, Rights.Read, SystemCall.PolicyGet, policy);
        Try(all, Rights.Control, SystemCall.PolicySet, policy, 1);
        Try(all, Rights.Control, SystemCall.ThreadSetScheduling, policy, BootHandle.MainThread, 0, 1024);
        Try(all, Rights.Control, SystemCall.FairFeaturesSet, policy);
    }

    private static void Try(
        Outcome* all, Rights needed, SystemCall call, ulong handle, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        ulong weak = Sys.CapabilityMint(handle, Rights.All & ~needed).Value;
        all->Missing &= Sys.Call(call, weak, a1, a2, a3).Error == Error.MissingRight;
        all->Wrong &= Sys.Call(call, Another(handle), a1, a2, a3).Error == Error.WrongKind;
        Sys.CapabilityDelete(weak);
        all->Stale &= Sys.Call(call, weak, a1, a2, a3).Error == Error.StaleHandle
            && Sys.Call(call, BootHandle.Count - 1, a1, a2, a3).Error == Error.StaleHandle
            && Sys.Call(call, ulong.MaxValue, a1, a2, a3).Error == Error.StaleHandle;
    }

    private static ulong Another(ulong handle) => handle == BootHandle.Log ? BootHandle.Report : BootHandle.Log;

    private static void CheckWithoutRight()
    {
        ulong closed = Sys.CapabilityCopy(BootHandle.Log).Value;
        Sys.CapabilityDelete(closed);
        bool stale = Sys.CapabilityCopy(closed).Error == Error.StaleHandle && Sys.CapabilityMove(closed).Error == Error.StaleHandle
            && Sys.CapabilityRevoke(closed) == Error.StaleHandle && Sys.CapabilityDelete(closed) == Error.StaleHandle
            && Sys.CapabilityInspect(closed, CapabilityAspect.KindAndRights).Error == Error.StaleHandle;
        Report.Check(stale, "the calls on capabilities themselves give StaleHandle too");
        ulong bare = Sys.CapabilityMint(BootHandle.Log, Rights.None).Value;
        SystemResult copy = Sys.CapabilityCopy(bare);
        bool served = copy.Error == Error.None && Sys.CapabilityMove(copy.Value).Error == Error.None
            && Sys.CapabilityRevoke(bare) == Error.None && Sys.CapabilityDelete(bare) == Error.None;
        Report.Check(served, "and need no right");
    }
}
