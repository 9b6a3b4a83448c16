using System.Runtime;
using Lachesis.Abi;
using Lachesis.Core;
using Lachesis.Core.Boot;
using Lachesis.Core.Output;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Arch.X64;

/// <summary>
/// From the first C# instruction to the first thread, on the boot CPU. The steps stand in the order in which they need each
/// other; any that fails stops the machine with a line that says so.
/// </summary>
internal static unsafe class KernelBoot
{
    // The only statics, written here alone: a double fault has no other way to find the machine.
    private static X64State s_state;
    private static Kernel s_kernel;
    private static PvhStartInfo* s_startInfo;

    /// <summary>What all CPUs share.</summary>
    internal static X64State* State
    {
        get
        {
            fixed (X64State* state = &s_state)
            {
                return state;
            }
        }
    }

    /// <summary>Called by boot_long_mode, on the boot stack, over the boot page tables.</summary>
    [RuntimeExport("kernel_boot")]
    internal static void Boot(ulong startInfo)
    {
        s_startInfo = (PvhStartInfo*)Layout.Virtual(startInfo);
        CpuFeatures.Detect(State);
        fixed (Kernel* kernel = &s_kernel)
        {
            X64Cpu* cpu = KernelMemory.Initialize(s_startInfo, State, kernel);
            if (cpu == null)
            {
                Stubs.HaltForever();
                return;
            }

            Stubs.ContinueOnStack(cpu->Core.KernelStackTop, (delegate*<X64Cpu*, void>)&BootOnKernelStack, cpu);
        }
    }

    // On the kernel stack of CPU 0, over the kernel's own page tables. What it returns to runs threads.
    private static void BootOnKernelStack(X64Cpu* cpu)
    {
        X64State* machine = cpu->Machine;
        Kernel* kernel = machine->Kernel;
        LegacyPic.Disable();
        CpuSetup.Initialize(cpu);
        uint timerPort = Acpi.TimerPort(s_startInfo->Rsdp);
        if (timerPort == 0)
        {
            Panic.FromKernel(cpu, "the firmware names no power management timer");
        }

        ClockCalibration.Calibrate(machine, timerPort);
        LocalApic.Enable(machine);
        kernel->ClockBase = machine->ClockBase;
        kernel->ClockMultiplier = machine->ClockMultiplier;
        CpuSetup.SetClock(cpu);
        if (!KernelMemory.OpenRamdisk(s_startInfo, kernel, out BootManifest manifest))
        {
            Panic.FromKernel(cpu, "ramdisk or manifest is damaged");
        }

        if (!KernelMemory.MakePools(kernel, in manifest, Pvh.UsableBytes(s_startInfo))
            || !KernelMemory.MakeQueues(kernel, &cpu->Core))
        {
            Panic.FromKernel(cpu, "memory too small for the pools that the manifest asks for");
        }

        KernelMap.Check(cpu);
        SecondaryCpus.Start(cpu, Acpi.ListCpus(s_startInfo->Rsdp));
        ReportBoot(&cpu->Core);
        CpuSetup.BeginAccounting(&cpu->Core);
        Startup<X64Machine>.StartProcesses(&cpu->Core, in manifest);
        Scheduler<X64Machine>.Reschedule(&cpu->Core, cpu->Core.AccountedUntil);
    }

    private static void ReportBoot(Cpu* cpu)
    {
        Kernel* kernel = cpu->Kernel;
        X64State* machine = ((X64Cpu*)cpu)->Machine;
        BootReport report = default;
        report.Version = BootReport.CurrentVersion;
        report.Cpus = kernel->CpuCount;
        report.MemoryBytes = Pvh.UsableBytes(s_startInfo);
        report.TscHz = machine->TscHz;
        report.ThreadBytes = (uint)sizeof(Thread);
#if MEASURE
        report.Measured = 1;
#endif
        Output<X64Machine>.Report(cpu, ReportKind.Boot, &report, (ulong)sizeof(BootReport));
        LineBuffer line = default;
        line.Text("lachesis: ");
        line.Decimal(report.Cpus);
        line.Text(" cpus, ");
        line.Decimal(report.MemoryBytes >> 20);
        line.Text(" MiB, tsc ");
        line.Decimal(report.TscHz / 1_000_000);
        line.Text(" MHz, room for ");
        line.Decimal(kernel->Threads.Capacity);
        line.Text(" threads of ");
        line.Decimal(report.ThreadBytes);
        line.Text(" bytes\n");
        Output<X64Machine>.Log(cpu, line.Bytes, line.Length);
    }
}
