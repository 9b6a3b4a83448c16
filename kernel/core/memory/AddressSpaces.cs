using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Memory;

/// <summary>Which address space a CPU has loaded, and mapping memory into one.</summary>
/// <remarks>
/// <see cref="Process.LoadedCpus"/> holds a bit for each CPU that has the tables loaded, so that they are freed only when no
/// CPU can still walk them: a CPU may go on in the kernel over the tables of a process whose last thread already ended
/// elsewhere.
/// </remarks>
public static unsafe class AddressSpaces<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>Loads a process's address space, which is not loaded here.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Switch(Cpu* cpu, Process* process)
    {
        Process* before = cpu->LoadedProcess;
        TMachine.FetchAdd(&process->LoadedCpus, cpu->MaskBit);
        cpu->LoadedProcess = process;
        TMachine.LoadAddressSpace(cpu, process->PageTableRoot);
        EventCounters.CountIfMeasured(cpu, Counter.AddressSpaceSwitches);
        if (before != null)
        {
            TMachine.FetchAdd(&before->LoadedCpus, 0 - cpu->MaskBit);
        }
    }

    /// <summary>Goes back to the kernel's own address space.</summary>
    public static void Unload(Cpu* cpu)
    {
        Process* before = cpu->LoadedProcess;
        if (before == null)
        {
            return;
        }

        cpu->LoadedProcess = null;
        TMachine.LoadKernelAddressSpace(cpu);
        EventCounters.CountIfMeasured(cpu, Counter.AddressSpaceSwitches);
        TMachine.FetchAdd(&before->LoadedCpus, 0 - cpu->MaskBit);
    }

    /// <summary>
    /// Maps cleared, writable pages at <paramref name="address"/>. <see cref="Error.OutOfMemory"/>: what was mapped by
    /// then stays with the process until it ends.
    /// </summary>
    public static Error MapZeroed(Kernel* kernel, Cpu* cpu, Process* process, ulong address, ulong bytes)
    {
        for (ulong offset = 0; offset < bytes; offset += UserLayout.PageSize)
        {
            ulong frame = kernel->Pages.AllocateZeroed<TMachine>(cpu);
            if (frame == 0)
            {
                return Error.OutOfMemory;
            }

            Error error = MapOwned(kernel, cpu, process, address + offset, frame, PageAccess.Write);
            if (error != Error.None)
            {
                return error;
            }
        }

        return Error.None;
    }

    /// <summary>Maps a frame that the process owns from here on; gives it back if that fails.</summary>
    public static Error MapOwned(Kernel* kernel, Cpu* cpu, Process* process, ulong address, ulong frame, PageAccess access)
    {
        Error error = TMachine.MapPage(kernel, cpu, process->PageTableRoot, address, frame, access | PageAccess.Owned);
        if (error != Error.None)
        {
            kernel->Pages.Free<TMachine>(cpu, frame);
        }

        return error;
    }
}
