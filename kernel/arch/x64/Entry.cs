using System.Runtime;
using Lachesis.Abi;
using Lachesis.Core;
using Lachesis.Core.Calls;
using Lachesis.Core.Ipc;
using Lachesis.Core.Measure;
using Lachesis.Core.Rings;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Arch.X64;

/// <summary>
/// Where the entry stubs call C#. Each returns to the stub, which goes on with <see cref="Cpu.Current"/> or idles.
/// </summary>
internal static unsafe class Entry
{
    private const uint PageFaultVector = 14;

    /// <summary>A system call. The parameters are in the registers in which the program put them; cpu is in rcx.</summary>
    [RuntimeExport("kernel_system_call")]
    internal static Error SystemCall(ulong call, ulong a0, ulong a1, Cpu* cpu, ulong a2, ulong a3) =>
        SystemCalls<X64Machine>.Invoke(call, a0, a1, cpu, a2, a3);

    /// <summary><see cref="SystemCall.Call"/>, which the stub tells apart: with <see cref="ReplyReceive"/> it is the one that
    /// users of a microkernel wait for.</summary>
    [RuntimeExport("kernel_call")]
    internal static Error Call(ulong call, ulong a0, ulong a1, Cpu* cpu, ulong a2, ulong a3)
    {
        Events.Count(cpu, Counter.SystemCalls);
        return Ipc<X64Machine>.Call(call, a0, a1, cpu, a2, a3);
    }

    /// <summary><see cref="SystemCall.ReplyReceive"/>.</summary>
    [RuntimeExport("kernel_reply_receive")]
    internal static Error ReplyReceive(ulong call, ulong a0, ulong a1, Cpu* cpu, ulong a2, ulong a3)
    {
        Events.Count(cpu, Counter.SystemCalls);
        return Ipc<X64Machine>.ReplyReceive(call, a0, a1, cpu, a2, a3);
    }

    /// <summary>The turn of a thread that performs requests of a ring.</summary>
    [RuntimeExport("kernel_ring_continue")]
    internal static void ContinueRing(Cpu* cpu) => RingRun<X64Machine>.Continue(cpu);

    /// <summary>An interrupt, or an exception of a user thread, whose registers are saved.</summary>
    [RuntimeExport("kernel_interrupt")]
    internal static void Interrupt(Cpu* cpu, uint vector, ulong errorCode)
    {
        X64State* machine = ((X64Cpu*)cpu)->Machine;
        switch (vector)
        {
            case LocalApic.TimerVector:
                LocalApic.EndOfInterrupt(machine);
                Interrupts<X64Machine>.Timer(cpu);
                break;
            case LocalApic.RescheduleVector:
                LocalApic.EndOfInterrupt(machine);
                Interrupts<X64Machine>.Reschedule(cpu);
                break;
            case < 32:
                UserFault(cpu, vector, errorCode);
                break;
            default:
                // Spurious interrupts of the local controller want no answer; nothing else is ever unmasked.
                break;
        }
    }

    /// <summary>Idle with teardown work to do.</summary>
    [RuntimeExport("kernel_idle_work")]
    internal static void IdleWork(Cpu* cpu) => Interrupts<X64Machine>.IdleWork(cpu);

    /// <summary>An exception in the kernel: mended if user memory was being touched, else the end.</summary>
    [RuntimeExport("kernel_fault")]
    internal static void KernelFault(InterruptFrame* frame)
    {
        LinkAddresses* link = Stubs.LinkAddresses();
        bool inUserAccess = frame->Rip >= link->UserAccessStart && frame->Rip < link->UserAccessFailed;
        if (inUserAccess && (frame->Vector == PageFaultVector || frame->Vector == GeneralProtectionVector))
        {
            frame->Rip = link->UserAccessFailed;
            return;
        }

        Panic.FromFault(frame);
    }

    /// <summary>NMI, double fault or machine check, on a stack of its own. Never returns.</summary>
    [RuntimeExport("kernel_fatal")]
    internal static void Fatal(InterruptFrame* frame) => Panic.FromFault(frame);

    private const uint GeneralProtectionVector = 13;

    // The thread is at fault: it is reported and ends, and with it, if it was the last, its process.
    private static void UserFault(Cpu* cpu, uint vector, ulong errorCode)
    {
        Thread* thread = cpu->Current;
        FaultReport report = default;
        report.Process = thread->Process->Header.Index;
        report.Thread = thread->Header.Index;
        report.Vector = vector;
        report.ErrorCode = (uint)errorCode;
        report.InstructionPointer = thread->Context.Rip;
        report.Address = vector == PageFaultVector ? Stubs.ReadCr2() : 0;
        Events.Count(cpu, Counter.UserFaults);
        Output<X64Machine>.Report(cpu, ReportKind.UserFault, &report, (ulong)sizeof(FaultReport));
        FaultLog.Write(cpu, in report);
        ThreadLifecycle<X64Machine>.ExitCurrent(cpu, FaultExitCode.For(vector));
    }
}
