using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Ipc;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Entry;

/// <summary>
/// The system call dispatcher. Each call first decodes — checks everything, changes nothing — and then acts. A call that
/// leaves the CPU to another thread gets its result from its waker, through the context.
/// </summary>
public static unsafe class SystemCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Performs one call of <c>cpu-&gt;Current</c>, whose context holds <see cref="Error.None"/> and 0 as its result so
    /// far. If the same thread goes on, it gets the error returned here and the value in its context; if it was blocked or
    /// preempted meanwhile, both from its context. Parameters stand in the registers in which what performs the call wants
    /// them: hardly any is moved.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Error Invoke(Cpu* cpu, ulong a0, ulong a1, ulong callAndTag, ulong a2, ulong a3)
    {
        EventCounters.Count(cpu, Counter.SystemCalls);
        switch ((SystemCall)(uint)callAndTag)
        {
            case SystemCall.Nop:
                return Error.None;
            case SystemCall.Yield:
                return ThreadCalls<TMachine>.Yield(cpu);
            case SystemCall.Park:
                return ParkCalls<TMachine>.Park(cpu, a0, a1, a2);
            case SystemCall.Unpark:
                return ParkCalls<TMachine>.Unpark(cpu, a0, a1);
            case SystemCall.UnparkSwitch:
                return ParkCalls<TMachine>.UnparkSwitch(cpu, a0);
            case SystemCall.CurrentCpu:
                return Results.Ok(cpu, cpu->Id);
            case SystemCall.SleepUntil:
                return ParkCalls<TMachine>.SleepUntil(cpu, a0);
            case SystemCall.ThreadCreate:
                return ThreadCalls<TMachine>.Create(cpu, a0, a1, a2, a3);
            case SystemCall.ThreadStart:
                return ThreadCalls<TMachine>.Start(cpu, a0);
            case SystemCall.ThreadExit:
                return ThreadCalls<TMachine>.Exit(cpu, a0);
            case SystemCall.ThreadJoin:
                return ThreadCalls<TMachine>.Join(cpu, a0);
            case SystemCall.ThreadRuntime:
                return ThreadCalls<TMachine>.Runtime(cpu, a0);
            case SystemCall.ThreadSetAffinity:
                return ThreadCalls<TMachine>.SetAffinity(cpu, a0, a1);
            case SystemCall.MemoryMap:
                return ProcessCalls<TMachine>.MapMemory(cpu, a0, a1);
            case SystemCall.ProcessSpawn:
                return ProcessCalls<TMachine>.Spawn(cpu, a0, a1);
            case SystemCall.ProcessWait:
                return ProcessCalls<TMachine>.Wait(cpu, a0);
            case SystemCall.ProcessExit:
                return ProcessCalls<TMachine>.Exit(cpu, a0, a1);
            case SystemCall.CapabilityDelete:
                return ObjectLookup<TMachine>.DeleteCapability(cpu, a0);
            case SystemCall.LogWrite:
                return MachineCalls<TMachine>.WriteLog(cpu, a0, a1, a2);
            case SystemCall.ReportWrite:
                return MachineCalls<TMachine>.WriteReport(cpu, a0, a1, a2, a3);
            case SystemCall.CountersRead:
                return MachineCalls<TMachine>.ReadCounters(cpu, a0, a1, a2, a3);
            case SystemCall.PoolLevel:
                return MachineCalls<TMachine>.PoolLevel(cpu, a0, a1);
            case SystemCall.MachineExit:
                return MachineCalls<TMachine>.Exit(cpu, a0, a1);
            case SystemCall.MachineInjectFault:
                return MachineCalls<TMachine>.InjectFault(cpu, a0, a1);
            case SystemCall.PolicySet:
                return PolicyCalls<TMachine>.Set(cpu, a0, a1, a2);
            case SystemCall.PolicyGet:
                return PolicyCalls<TMachine>.Get(cpu, a0, a1);
            case SystemCall.ThreadSetScheduling:
                return PolicyCalls<TMachine>.SetParameter(cpu, a0, a1, a2, a3);
            case SystemCall.FairFeaturesSet:
                return PolicyCalls<TMachine>.SetFeatures(cpu, a0, a1);
            case SystemCall.LedgerRead:
                return LedgerCalls<TMachine>.Read(cpu, a0, a1, a2, a3);
            case SystemCall.CapabilityMint:
                return CapabilityCalls<TMachine>.Mint(cpu, a0, a1, a2);
            case SystemCall.CapabilityMove:
                return CapabilityCalls<TMachine>.Move(cpu, a0);
            case SystemCall.CapabilityRevoke:
                return CapabilityCalls<TMachine>.Revoke(cpu, a0);
            case SystemCall.CapabilityInspect:
                return CapabilityCalls<TMachine>.Inspect(cpu, a0, a1);
            case SystemCall.Call:
                return MessageCalls<TMachine>.Call(cpu, a0, a1, callAndTag, a2, a3);
            case SystemCall.ReplyReceive:
                return MessageCalls<TMachine>.ReplyReceive(cpu, a0, a1, callAndTag, a2, a3);
            case SystemCall.Send:
                return MessageCalls<TMachine>.Send(cpu, a0, a1, callAndTag, a2, a3);
            case SystemCall.Receive:
                return Ipc<TMachine>.Receive(cpu, a0, callAndTag);
            case SystemCall.Reply:
                return MessageCalls<TMachine>.Reply(cpu, a0, a1, callAndTag, a2, a3);
            case SystemCall.Signal:
                return NotificationCalls<TMachine>.Signal(cpu, a0, a1);
            case SystemCall.Wait:
                return NotificationCalls<TMachine>.Wait(cpu, a0, a1);
            case SystemCall.Poll:
                return NotificationCalls<TMachine>.Poll(cpu, a0);
            case SystemCall.NotificationBind:
                return NotificationCalls<TMachine>.Bind(cpu, a0);
            case SystemCall.NotificationUnbind:
                return NotificationCalls<TMachine>.Unbind(cpu);
            case SystemCall.ObjectCreate:
                return ObjectCalls<TMachine>.Create(cpu, a0, a1);
            case SystemCall.ThreadSetBuffer:
                return ObjectCalls<TMachine>.SetBuffer(cpu, a0, a1);
            case SystemCall.ThreadSuspend:
                return ThreadControlCalls<TMachine>.Suspend(cpu, a0);
            case SystemCall.ThreadResume:
                return ThreadControlCalls<TMachine>.Resume(cpu, a0);
            case SystemCall.ThreadKill:
                return ThreadControlCalls<TMachine>.Kill(cpu, a0, a1);
            case SystemCall.TimerSet:
                return TimerCalls<TMachine>.Set(cpu, a0, a1, a2);
            case SystemCall.TimerCancel:
                return TimerCalls<TMachine>.Cancel(cpu, a0);
            case SystemCall.TimerBind:
                return TimerCalls<TMachine>.Bind(cpu, a0, a1, a2);
            case SystemCall.ThreadSetFaultHandler:
                return FaultCalls<TMachine>.SetHandler(cpu, a0, a1);
            case SystemCall.RingCreate:
                return RingCalls<TMachine>.Create(cpu, a0, a1, a2, a3);
            case SystemCall.RingEnter:
                return RingCalls<TMachine>.Enter(cpu, a0, a1);
            case SystemCall.SessionEnd:
                return SessionCalls<TMachine>.End(cpu, a0, a1);
            case SystemCall.SessionWait:
                return SessionCalls<TMachine>.Wait(cpu, a0);
            case SystemCall.StaleEntryCheck:
                return StaleEntryCalls<TMachine>.Check(cpu, a0, a1);
            case SystemCall.SessionCreate:
                return SessionCalls<TMachine>.Create(cpu, a0);
            default:
                return Error.UnknownSystemCall;
        }
    }

    /// <summary>The same for those who would rather call it than hold all of it.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    internal static Error InvokeOutOfLine(Cpu* cpu, ulong a0, ulong a1, ulong callAndTag, ulong a2, ulong a3) =>
        Invoke(cpu, a0, a1, callAndTag, a2, a3);
}
