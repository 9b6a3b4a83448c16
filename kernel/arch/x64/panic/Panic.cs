using Lachesis.Abi;
using Lachesis.Core;
using Lachesis.Core.Output;

namespace Lachesis.Arch.X64;

/// <summary>
/// The end of a kernel that cannot go on: says what and where on log and report channel, stops the other CPUs (each adds
/// its own backtrace), and ends QEMU with a failure status. Addresses are turned into names by the host tool.
/// </summary>
internal static unsafe class Panic
{
    private const uint NonMaskableVector = 2;
    private const uint NoVector = 256;
    private const ulong StackWindow = 0x4000;

    // How many pauses the first CPU waits for the others to say where they are.
    private const int StopWaitPauses = 2_000_000;

    /// <summary>The kernel's own code found that something is wrong.</summary>
    internal static void FromKernel(X64Cpu* cpu, string message)
    {
        InterruptFrame frame = default;
        frame.Vector = NoVector;
        frame.Rbp = Stubs.FramePointer();
        frame.Rip = *(ulong*)(frame.Rbp + 8);
        WriteAndHalt(cpu->Machine, cpu->Core.Id, &frame, message);
    }

    /// <summary>An exception in the kernel, or the interrupt with which a panicking CPU stops the others.</summary>
    internal static void FromFault(InterruptFrame* frame)
    {
        X64State* machine = KernelBoot.State;
        WriteAndHalt(machine, CurrentCpuId(machine), frame, frame->Vector == NonMaskableVector ? "stopped" : VectorName(frame->Vector));
    }

    private static void WriteAndHalt(X64State* machine, uint cpu, InterruptFrame* frame, string message)
    {
        if (X64Machine.Exchange(&machine->Panicking, 1) != 0)
        {
            // Not the first. One at a time: the lines of two CPUs would mix.
            while (X64Machine.Exchange(&machine->PanicOutputLock, 1) != 0)
            {
                Stubs.Pause();
            }

            WriteLog(machine, cpu, frame, message);
            X64Machine.Exchange(&machine->PanicOutputLock, 0);
            X64Machine.FetchAdd(&machine->StoppedCpus, 1);
            Stubs.HaltForever();
        }

        X64Machine.Exchange(&machine->PanicOutputLock, 1);
        WriteLog(machine, cpu, frame, message);
        WriteReport(machine, cpu, frame, message);
        X64Machine.Exchange(&machine->PanicOutputLock, 0);
        StopOthers(machine, cpu);
        X64Machine.Exit(Platform.ExitPanic);
    }

    private static void StopOthers(X64State* machine, uint self)
    {
        Kernel* kernel = machine->Kernel;
        if (kernel == null)
        {
            return;
        }

        for (uint id = 0; id < kernel->CpuCount; id++)
        {
            if (id != self)
            {
                LocalApic.SendNmi(machine, ((X64Cpu*)kernel->CpuAt(id))->ApicId);
            }
        }

        for (int i = 0; i < StopWaitPauses && X64Machine.Load(&machine->StoppedCpus) + 1 < kernel->CpuCount; i++)
        {
            Stubs.Pause();
        }
    }

    private static void WriteLog(X64State* machine, uint cpu, InterruptFrame* frame, string message)
    {
        LineBuffer line = default;
        line.Text("panic: cpu ");
        line.Decimal(cpu);
        line.Text(": ");
        line.Text(message);
        line.Text(" rip ");
        line.Hex(frame->Rip);
        line.Text(" error ");
        line.Hex(frame->ErrorCode);
        line.Text(" cr2 ");
        line.Hex(Stubs.ReadCr2());
        line.Text(" rsp ");
        line.Hex(frame->Rsp);
        Write(ref line);

        WriteRegisters(ref line, "  rax ", frame->Rax, " rbx ", frame->Rbx, " rcx ", frame->Rcx, " rdx ", frame->Rdx);
        WriteRegisters(ref line, "  rsi ", frame->Rsi, " rdi ", frame->Rdi, " rbp ", frame->Rbp, " rflags ", frame->Rflags);
        WriteRegisters(ref line, "  r8 ", frame->R8, " r9 ", frame->R9, " r10 ", frame->R10, " r11 ", frame->R11);
        WriteRegisters(ref line, "  r12 ", frame->R12, " r13 ", frame->R13, " r14 ", frame->R14, " r15 ", frame->R15);
        PanicReport report = default;
        Unwind(frame, &report);
        for (ulong i = 0; i < report.FrameCount; i++)
        {
            line.Text("  at ");
            line.Hex(report.Frames[i]);
            Write(ref line);
        }
    }

    private static void WriteReport(X64State* machine, uint cpu, InterruptFrame* frame, string message)
    {
        PanicRecord record = default;
        record.Report.Cpu = cpu;
        record.Report.Vector = (uint)frame->Vector;
        record.Report.ErrorCode = frame->ErrorCode;
        record.Report.InstructionPointer = frame->Rip;
        record.Report.Address = Stubs.ReadCr2();
        Unwind(frame, &record.Report);
        int length = message.Length < PanicRecord.MaxMessage ? message.Length : PanicRecord.MaxMessage;
        for (int i = 0; i < length; i++)
        {
            record.Message[i] = (byte)message[i];
        }

        if (machine->Kernel != null)
        {
            Output<X64Machine>.WriteRecord(
                machine->Kernel, ReportKind.Panic, &record, (ulong)(sizeof(PanicReport) + length));
        }
    }

    // The callers of the place of the panic: follows the chain of frame pointers while it stays on the stack on which the
    // CPU was.
    private static void Unwind(InterruptFrame* frame, PanicReport* report)
    {
        ulong low = frame->Rbp;
        ulong pointer = frame->Rbp;
        report->FrameCount = 0;
        while (report->FrameCount < PanicReport.MaxFrames && pointer >= low && pointer < low + StackWindow
            && (pointer & 7) == 0 && pointer > Layout.DirectMap)
        {
            ulong caller = *(ulong*)(pointer + 8);
            if (caller == 0)
            {
                break;
            }

            report->Frames[report->FrameCount] = caller;
            report->FrameCount++;
            ulong next = *(ulong*)pointer;
            if (next <= pointer)
            {
                break;
            }

            pointer = next;
        }
    }

    private static void WriteRegisters(
        ref LineBuffer line, string a, ulong av, string b, ulong bv, string c, ulong cv, string d, ulong dv)
    {
        line.Text(a);
        line.Hex(av);
        line.Text(b);
        line.Hex(bv);
        line.Text(c);
        line.Hex(cv);
        line.Text(d);
        line.Hex(dv);
        Write(ref line);
    }

    private static void Write(ref LineBuffer line)
    {
        line.Text("\n");
        fixed (byte* bytes = line.Bytes)
        {
            X64Machine.WriteLog(bytes, line.Length);
        }

        line.Length = 0;
    }

    private static uint CurrentCpuId(X64State* machine)
    {
        ulong apicId = LocalApic.Id(machine);
        for (uint id = 0; machine->Kernel != null && id < machine->Kernel->CpuCount; id++)
        {
            if (((X64Cpu*)machine->Kernel->CpuAt(id))->ApicId == apicId)
            {
                return id;
            }
        }

        return 0;
    }

    private static string VectorName(ulong vector) => vector switch
    {
        0 => "divide error",
        6 => "undefined instruction",
        8 => "double fault (kernel stack overflow?)",
        13 => "general protection fault",
        14 => "page fault",
        18 => "machine check",
        _ => "unexpected exception",
    };

    private struct PanicRecord
    {
        internal const int MaxMessage = 200;
        internal PanicReport Report;
        internal fixed byte Message[MaxMessage];
    }
}
