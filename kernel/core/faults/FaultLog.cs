using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Output;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Faults;

/// <summary>The line in the log about a user thread that ends for a fault.</summary>
internal static unsafe class FaultLog<TMachine>
    where TMachine : struct, IMachine
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
        Output<TMachine>.Log(cpu, line.Bytes, line.Length);
    }
}
