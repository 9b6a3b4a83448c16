using System.Collections.Generic;
using System.Globalization;
using Lachesis.Abi;
using Lachesis.Tools.Boots;

namespace Lachesis.Tools.Qemu;

/// <summary>The command line that makes QEMU the machine that the kernel expects.</summary>
public static class QemuArguments
{
    /// <summary>Composes it, without the program's name.</summary>
    public static List<string> Compose(MachineOptions options, MachineFiles files)
    {
        List<string> arguments =
        [
            "-nodefaults", "-no-user-config", "-display", "none",

            // Names QEMU's threads, so that those of virtual CPUs can be told from the others.
            "-name", "lachesis,debug-threads=on",
            "-machine", "q35",
            "-cpu", CpuModel(options),
            "-m", Number(options.MemoryMiB),
            "-smp", Number(options.Cpus),
            "-kernel", options.Kernel,
            "-initrd", files.Ramdisk,
            "-chardev", $"file,id=log,path={Escape(files.Serial)}",
            "-serial", "chardev:log",
            "-chardev", $"file,id=report,path={Escape(files.Report)}",
            "-device", $"isa-debugcon,iobase=0x{Platform.ReportPort:x},chardev=report",
            "-device", $"isa-debug-exit,iobase=0x{Platform.ExitPort:x},iosize=4",

            // A reset ends QEMU instead of booting again; the log then tells a triple fault from an asked-for reset.
            "-no-reboot",
            "-d", "cpu_reset", "-D", files.Resets,
        ];
        foreach (string folder in QemuProgram.DataFolders(options.Qemu))
        {
            arguments.AddRange(["-L", folder]);
        }

        if (options.Accelerator == "tcg")
        {
            arguments.AddRange(["-accel", $"tcg,thread={options.TcgThreads}"]);
        }
        else
        {
            arguments.AddRange(["-accel", options.Accelerator]);
        }

        if (options.InstructionCount)
        {
            // Besides the clock, the two other things by which runs could differ: the date and the random numbers.
            arguments.AddRange(["-icount", "shift=0,sleep=off", "-rtc", "base=2026-01-01,clock=vm", "-seed", "1"]);
        }

        return arguments;
    }

    // QEMU 9 and later have x2APIC under TCG, and end with "Bad icount read" when its registers are read in the middle of a
    // block of instructions that are counted.
    private static string CpuModel(MachineOptions options)
    {
        string model = options.CpuModel ?? (options.Accelerator == "kvm" ? "host" : "max");
        return options.InstructionCount && !model.Contains("x2apic") ? $"{model},x2apic=off" : model;
    }

    /// <summary>A path as QEMU's option parser wants it: a comma is the next key unless it is doubled.</summary>
    internal static string Escape(string path) => path.Replace(",", ",,");

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}
