using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Calls;

/// <summary>
/// The system call dispatcher. Each call first decodes — checks everything, changes nothing — and then acts. A call that
/// leaves the CPU to another thread gives the result that its waker put into the context, if it is this thread that goes on.
/// </summary>
public static unsafe class SystemCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Performs one call of <c>cpu-&gt;Current</c>. Parameter order is the register order of the entry: nothing is moved about.
    /// </summary>
    public static SystemResult Invoke(SystemCall number, ulong a0, ulong a1, Cpu* cpu, ulong a2, ulong a3)
    {
        cpu->Counters.Increment(Counter.SystemCalls);
        switch (number)
        {
            case SystemCall.Nop:
                return default;
            case SystemCall.Yield:
                return ThreadCalls<TMachine>.Yield(cpu);
            case SystemCall.Park:
                return ParkCalls<TMachine>.Park(cpu, a0, a1, a2);
            case SystemCall.Unpark:
                return ParkCalls<TMachine>.Unpark(cpu, a0, a1);
            case SystemCall.CurrentCpu:
                return Ok(cpu->Id);
            case SystemCall.SleepUntil:
                return ParkCalls<TMachine>.SleepUntil(cpu, a0);
            case SystemCall.ThreadCreate:
                return ThreadCalls<TMachine>.Create(cpu, a0, a1, a2, a3);
            case SystemCall.ThreadStart:
                return ThreadCalls<TMachine>.Start(cpu, a0);
            case SystemCall.ThreadExit:
                ThreadLifecycle<TMachine>.ExitCurrent(cpu, a0);
                return default;
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
            case SystemCall.HandleClose:
                return HandleCalls<TMachine>.Close(cpu, a0);
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
            case SystemCall.MachineFault:
                return MachineCalls<TMachine>.Fault(cpu, a0, a1);
            default:
                return Failed(Error.UnknownSystemCall);
        }
    }

    /// <summary>Success, with a value.</summary>
    internal static SystemResult Ok(ulong value)
    {
        SystemResult result = default;
        result.Value = value;
        return result;
    }

    /// <summary>An error, or success without a value.</summary>
    internal static SystemResult Failed(Error error)
    {
        SystemResult result = default;
        result.Error = error;
        return result;
    }

    /// <summary>
    /// The result of a call that blocked: if the same thread goes on, what its waker left in the context. If another goes on, the
    /// exit path loads that one's context and ignores this.
    /// </summary>
    internal static SystemResult FromContext(Cpu* cpu)
    {
        SystemResult result = default;
        if (cpu->Current != null)
        {
            result.Error = (Error)cpu->Current->Context.Rax;
            result.Value = cpu->Current->Context.Rdx;
        }

        return result;
    }
}
