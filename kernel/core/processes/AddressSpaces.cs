using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Measure;
using Lachesis.Core.Memory;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Processes;

/// <summary>Which address space a CPU has loaded, and mapping memory into one.</summary>
/// <remarks>
/// <see cref="Process.LoadedOn"/> holds a bit for each CPU that has the tables loaded, so that they are freed only when no
/// CPU can still walk them: a CPU may go on in the kernel over the tables of a process whose last thread already ended
/// elsewhere.
/// </remarks>
public static unsafe class AddressSpaces<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>Loads a process's address space, which is not loaded here.</summary>
    public static void Switch(Cpu* cpu, Process* process)
    {
        Process* before = cpu->LoadedProcess;
        ulong bit = 1ul << (int)cpu->Id;
        TMachine.FetchAdd(&process->LoadedOn, bit);
        cpu->LoadedProcess = process;
        TMachine.LoadAddressSpace(cpu, process->Root);
        Events.Measure(cpu, Counter.AddressSpaceSwitches);
        if (before != null)
        {
            TMachine.FetchAdd(&before->LoadedOn, 0 - bit);
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
        TMachine.LoadAddressSpace(cpu, 0);
        Events.Measure(cpu, Counter.AddressSpaceSwitches);
        TMachine.FetchAdd(&before->LoadedOn, 0 - (1ul << (int)cpu->Id));
    }

    /// <summary>
    /// Maps cleared, writable pages at <paramref name="address"/>. <see cref="Error.OutOfMemory"/>: what was mapped by
    /// then stays with the process until it ends.
    /// </summary>
    public static Error MapCleared(Kernel* kernel, Cpu* cpu, Process* process, ulong address, ulong bytes)
    {
        for (ulong offset = 0; offset < bytes; offset += UserLayout.PageSize)
        {
            ulong frame = kernel->Pages.TakeCleared<TMachine>(cpu);
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
        Error error = TMachine.MapPage(kernel, cpu, process->Root, address, frame, access | PageAccess.Owned);
        if (error != Error.None)
        {
            kernel->Pages.Free<TMachine>(cpu, frame);
        }

        return error;
    }
}
