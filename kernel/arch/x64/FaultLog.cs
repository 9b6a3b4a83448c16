using Lachesis.Abi;
using Lachesis.Core;
using Lachesis.Core.Measure;
using Lachesis.Core.Sched;

namespace Lachesis.Arch.X64;

/// <summary>The line in the log about a user thread's fault.</summary>
internal static unsafe class FaultLog
{
    internal static void Write(Cpu* cpu, in FaultReport report)
    {
        LineBuffer line = default;
        line.Text("fault: process ");
        line.Decimal(report.Process);
        line.Text(" thread ");
        line.Decimal(report.Thread);
        line.Text(" vector ");
        line.Decimal(report.Vector);
        line.Text(" error ");
        line.Hex(report.ErrorCode);
        line.Text(" rip ");
        line.Hex(report.InstructionPointer);
        line.Text(" address ");
        line.Hex(report.Address);
        line.Text("\n");
        Output<X64Machine>.Log(cpu, line.Bytes, line.Length);
    }
}
