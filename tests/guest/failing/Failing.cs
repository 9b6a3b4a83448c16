using System.Runtime;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Failing;

/// <summary>Fails in the way that <c>mode=</c> asks for, so that whoever runs smokes can be seen to notice.</summary>
internal static class Failing
{
    /// <summary>The ways, by the number in each manifest.</summary>
    private enum Mode : long
    {
        Panic = 0,
        PageFault = 1,
        TripleFault = 2,
        StackOverflow = 3,
        Hang = 4,
        Spin = 5,
        Silent = 6,
        Check = 7,
        Truncated = 8,
        Fault = 9,
    }

    [RuntimeExport("program_main")]
    internal static ulong Main()
    {
        Report.Check(true, "the program starts");
        switch ((Mode)Program.Argument("mode", -1))
        {
            case Mode.Panic:
                Sys.MachineInjectFault(KernelFault.Panic);
                break;
            case Mode.PageFault:
                Sys.MachineInjectFault(KernelFault.PageFault);
                break;
            case Mode.TripleFault:
                Sys.MachineInjectFault(KernelFault.TripleFault);
                break;
            case Mode.StackOverflow:
                Sys.MachineInjectFault(KernelFault.StackOverflow);
                break;
            case Mode.Hang:
                Sys.MachineInjectFault(KernelFault.Hang);
                break;
            case Mode.Spin:
                while (Program.Cpus != 0)
                {
                    Stubs.Pause();
                }

                break;
            case Mode.Silent:
                return 0;
            case Mode.Check:
                Report.Check(false, "a check that cannot hold");
                break;
            case Mode.Truncated:
                // A record too few: the end of a case that never began.
                Report.CaseEnd(true);
                break;
            case Mode.Fault:
                Stubs.UndefinedInstruction();
                break;
        }

        Report.Finish(true, "every call came back");
        return 0;
    }
}
