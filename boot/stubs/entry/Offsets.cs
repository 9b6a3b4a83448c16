using System.Runtime.InteropServices;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Boot.Stubs;

/// <summary>Where the stubs find things, taken from the very structs that the kernel is compiled with.</summary>
public static class Offsets
{
    /// <summary>Offset of a field of <see cref="Cpu"/>.</summary>
    public static int OfCpu(string field) => (int)Marshal.OffsetOf<Cpu>(field);

    /// <summary>Offset of a field of <see cref="UserContext"/>, which is the head of <see cref="Thread"/>.</summary>
    public static int OfContext(string field) => (int)Marshal.OffsetOf<UserContext>(field);

    /// <summary><see cref="Cpu.Self"/>.</summary>
    public static int Self => OfCpu(nameof(Cpu.Self));

    /// <summary><see cref="Cpu.UserStackScratch"/>.</summary>
    public static int UserStack => OfCpu(nameof(Cpu.UserStackScratch));

    /// <summary><see cref="Cpu.ClockBase"/>.</summary>
    public static int ClockBase => OfCpu(nameof(Cpu.ClockBase));

    /// <summary><see cref="Cpu.ClockMultiplier"/>.</summary>
    public static int ClockMultiplier => OfCpu(nameof(Cpu.ClockMultiplier));

    /// <summary><see cref="Cpu.Current"/>.</summary>
    public static int Current => OfCpu(nameof(Cpu.Current));

    /// <summary><see cref="Cpu.KernelStackTop"/>.</summary>
    public static int KernelStackTop => OfCpu(nameof(Cpu.KernelStackTop));

    /// <summary><see cref="Cpu.WorkPending"/>.</summary>
    public static int WorkPending => OfCpu(nameof(Cpu.WorkPending));

    /// <summary><see cref="Cpu.GuardsUserPages"/>.</summary>
    public static int GuardsUserPages => OfCpu(nameof(Cpu.GuardsUserPages));

    /// <summary><see cref="Cpu.ReturnsToContext"/>.</summary>
    public static int Switched => OfCpu(nameof(Cpu.ReturnsToContext));

    /// <summary>The FXSAVE image.</summary>
    public static int Vector => OfContext(nameof(UserContext.FxSaveArea));
}
