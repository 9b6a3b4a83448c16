using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Output;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Entry;

/// <summary>System calls on the log, the report channel and the machine; <see cref="SystemCall"/> says what each
/// does.</summary>
/// <remarks>Those with a buffer are not inlined: it would give the dispatcher, and so every call, a large guarded
/// frame.</remarks>
public static unsafe class MachineCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary><see cref="SystemCall.LogWrite"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error WriteLog(Cpu* cpu, ulong handle, ulong address, ulong length)
    {
        OutputBuffer buffer;
        Error error = CopyIn(cpu, handle, ObjectKind.Log, buffer.Bytes, address, length);
        if (error == Error.None)
        {
            Output<TMachine>.Log(cpu, buffer.Bytes, length);
        }

        return error;
    }

    /// <summary><see cref="SystemCall.ReportWrite"/>. Programs write checks, cases, metrics, streams and verdicts; the
    /// rest is the kernel's.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error WriteReport(Cpu* cpu, ulong handle, ulong kind, ulong address, ulong length)
    {
        bool forPrograms = (ReportKind)kind is ReportKind.Check or ReportKind.CaseBegin or ReportKind.CaseParameter
            or ReportKind.Metric or ReportKind.CaseEnd or ReportKind.Stream or ReportKind.Verdict;
        if (kind > ushort.MaxValue || !forPrograms || length < sizeof(long))
        {
            return Error.BadArgument;
        }

        OutputBuffer buffer;
        Error error = CopyIn(cpu, handle, ObjectKind.Report, buffer.Bytes, address, length);
        if (error == Error.None)
        {
            Output<TMachine>.Report(cpu, (ReportKind)kind, buffer.Bytes, length);
        }

        return error;
    }

    /// <summary><see cref="SystemCall.CountersRead"/>. This CPU's time is charged up to now first.</summary>
    public static Error ReadCounters(Cpu* cpu, ulong handle, ulong cpuId, ulong address, ulong count)
    {
        Error error = ObjectLookup<TMachine>.CheckCapability(cpu, handle, ObjectKind.Machine, Rights.Read);
        if (error != Error.None)
        {
            return error;
        }

        if (cpuId >= cpu->Kernel->CpuCount || count > (ulong)Counter.Count)
        {
            return Error.BadArgument;
        }

        CpuAccounting.ChargeThread(cpu, cpu->Current, TMachine.Now(cpu));
        bool copied = TMachine.CopyToUser(cpu, address, &cpu->Kernel->CpuAt((uint)cpuId)->Counters, count * sizeof(ulong));
        return copied ? Error.None : Error.BadAddress;
    }

    /// <summary><see cref="SystemCall.PoolLevel"/>.</summary>
    public static Error PoolLevel(Cpu* cpu, ulong handle, ulong pool)
    {
        Error error = ObjectLookup<TMachine>.CheckCapability(cpu, handle, ObjectKind.Machine, Rights.Read);
        if (error != Error.None)
        {
            return error;
        }

        Kernel* kernel = cpu->Kernel;
        return (PoolKind)pool switch
        {
            PoolKind.Threads => Results.Ok(cpu, kernel->Threads.InUse),
            PoolKind.Processes => Results.Ok(cpu, kernel->Processes.InUse),
            PoolKind.Endpoints => Results.Ok(cpu, kernel->Endpoints.InUse),
            PoolKind.Notifications => Results.Ok(cpu, kernel->Notifications.InUse),
            PoolKind.Replies => Results.Ok(cpu, kernel->Replies.InUse),
            PoolKind.Timers => Results.Ok(cpu, kernel->Timers.InUse),
            PoolKind.Sessions => Results.Ok(cpu, kernel->Sessions.InUse),
            PoolKind.Rings => Results.Ok(cpu, kernel->Rings.InUse),
            PoolKind.FreePages => Results.Ok(cpu, kernel->Pages.FreePages),
            _ => Error.BadArgument,
        };
    }

    /// <summary><see cref="SystemCall.MachineExit"/>.</summary>
    public static Error Exit(Cpu* cpu, ulong handle, ulong code)
    {
        Error error = ObjectLookup<TMachine>.CheckCapability(cpu, handle, ObjectKind.Machine, Rights.Control);
        if (error != Error.None || code > 126)
        {
            return error != Error.None ? error : Error.BadArgument;
        }

        CpuAccounting.ChargeThread(cpu, cpu->Current, TMachine.Now(cpu));
        Output<TMachine>.End(cpu, code == 0 ? Platform.ExitPass : Platform.ExitFail);
        return Error.None;
    }

    /// <summary><see cref="SystemCall.MachineInjectFault"/>.</summary>
    public static Error InjectFault(Cpu* cpu, ulong handle, ulong fault)
    {
        Error error = ObjectLookup<TMachine>.CheckCapability(cpu, handle, ObjectKind.Machine, Rights.Control);
        if (error != Error.None || fault >= (ulong)KernelFault.Count)
        {
            return error != Error.None ? error : Error.BadArgument;
        }

        TMachine.InjectFault(cpu, (KernelFault)fault);
        return Error.None;
    }

    private static Error CopyIn(Cpu* cpu, ulong handle, ObjectKind kind, byte* buffer, ulong address, ulong length)
    {
        Error error = ObjectLookup<TMachine>.CheckCapability(cpu, handle, kind, Rights.Write);
        if (error != Error.None)
        {
            return error;
        }

        if (length > ReportHeader.MaxPayload)
        {
            return Error.BadArgument;
        }

        return TMachine.CopyFromUser(cpu, buffer, address, length) ? Error.None : Error.BadAddress;
    }

    private struct OutputBuffer
    {
        public fixed byte Bytes[ReportHeader.MaxPayload];
    }
}
