using Lachesis.Abi;
using Lachesis.Core;
using Lachesis.Core.Sched;

namespace Lachesis.Arch.X64;

/// <summary>
/// Each CPU's stacks: one for the kernel, three for exceptions that may come at any instruction. In a window of their own,
/// with an unmapped page below each, so that an overflow faults instead of corrupting what lies there.
/// </summary>
internal static unsafe class KernelStacks
{
    private const ulong WindowPerCpu = 0x2_0000;
    private const ulong KernelStackBytes = 0x4000;
    private const ulong ExceptionStackBytes = 0x2000;
    private const ulong FirstExceptionStack = Layout.PageSize + KernelStackBytes + Layout.PageSize;

    /// <summary>Top of the kernel stack of a CPU.</summary>
    internal static ulong KernelTop(uint cpu) => Window(cpu) + Layout.PageSize + KernelStackBytes;

    /// <summary>Top of exception stack 0 (NMI), 1 (double fault) or 2 (machine check) of a CPU.</summary>
    internal static ulong ExceptionTop(uint cpu, uint number) => ExceptionBase(cpu, number) + ExceptionStackBytes;

    /// <summary>Maps all four stacks of CPU <paramref name="id"/>.</summary>
    internal static Error Map(Kernel* kernel, Cpu* cpu, ulong root, uint id)
    {
        Error error = MapRange(kernel, cpu, root, KernelTop(id) - KernelStackBytes, KernelStackBytes);
        for (uint i = 0; i < 3 && error == Error.None; i++)
        {
            error = MapRange(kernel, cpu, root, ExceptionBase(id, i), ExceptionStackBytes);
        }

        return error;
    }

    private static ulong Window(uint cpu) => Layout.Stacks + (cpu * WindowPerCpu);

    private static ulong ExceptionBase(uint cpu, uint number) =>
        Window(cpu) + FirstExceptionStack + (number * (ExceptionStackBytes + Layout.PageSize));

    private static Error MapRange(Kernel* kernel, Cpu* cpu, ulong root, ulong address, ulong bytes)
    {
        for (ulong offset = 0; offset < bytes; offset += Layout.PageSize)
        {
            ulong frame = kernel->Pages.AllocateZeroed<X64Machine>(cpu);
            ulong entry = frame | PageTables.Present | PageTables.Writable | PageTables.Global | PageTables.NoExecute;
            Error error = frame == 0
                ? Error.OutOfMemory
                : PageTables.Map(kernel, cpu, root, address + offset, entry);
            if (error != Error.None)
            {
                return error;
            }
        }

        return Error.None;
    }
}
