using Lachesis.Abi;
using Lachesis.Core.Boot;
using Lachesis.Core.Machine;
using Lachesis.Core.Memory;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Processes;

/// <summary>
/// Puts a checked program into an address space. Read-only pages are mapped where they lie in the ramdisk, shared by every
/// process that runs the program; writable ones are copied.
/// </summary>
public static unsafe class ProgramLoader<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>Maps segments, start page and first stack. On an error the address space holds what was mapped by
    /// then.</summary>
    public static Error Load(Kernel* kernel, Cpu* cpu, Process* process, in ProcessPlan plan, in ElfProgram program)
    {
        for (uint i = 0; i < program.SegmentCount; i++)
        {
            ElfSegment segment = program.Segment(i);
            Error error = segment.Writable
                ? CopySegment(kernel, cpu, process, in plan, in segment)
                : MapSegment(kernel, cpu, process, in plan, in segment);
            if (error != Error.None)
            {
                return error;
            }
        }

        Error startError = MapData(kernel, cpu, process, in plan);
        if (startError == Error.None)
        {
            startError = MapStartPage(kernel, cpu, process, in plan);
        }

        return startError != Error.None
            ? startError
            : AddressSpaces<TMachine>.MapZeroed(
                kernel, cpu, process, UserLayout.MainStackBase, UserLayout.MainStackSize);
    }

    // A read-only segment with more memory than file bytes would need cleared pages: such a one is copied instead.
    private static Error MapSegment(Kernel* kernel, Cpu* cpu, Process* process, in ProcessPlan plan, in ElfSegment segment)
    {
        if (segment.MemoryBytes != segment.FileBytes)
        {
            return CopySegment(kernel, cpu, process, in plan, in segment);
        }

        PageAccess access = segment.Executable ? PageAccess.Execute : PageAccess.Read;
        ulong within = segment.Address & (UserLayout.PageSize - 1);
        ulong address = segment.Address - within;
        ulong frame = plan.ImageFrame + segment.Offset - within;
        for (; address < segment.Address + segment.MemoryBytes; address += UserLayout.PageSize)
        {
            Error error = TMachine.MapPage(kernel, cpu, process->PageTableRoot, address, frame, access);
            if (error != Error.None)
            {
                return error;
            }

            frame += UserLayout.PageSize;
        }

        return Error.None;
    }

    private static Error CopySegment(Kernel* kernel, Cpu* cpu, Process* process, in ProcessPlan plan, in ElfSegment segment)
    {
        PageAccess access = segment.Writable ? PageAccess.Write : segment.Executable ? PageAccess.Execute : PageAccess.Read;
        ulong fileEnd = segment.Address + segment.FileBytes;
        ulong page = segment.Address & ~(UserLayout.PageSize - 1);
        for (; page < segment.Address + segment.MemoryBytes; page += UserLayout.PageSize)
        {
            ulong frame = kernel->Pages.AllocateZeroed<TMachine>(cpu);
            if (frame == 0)
            {
                return Error.OutOfMemory;
            }

            ulong from = page > segment.Address ? page : segment.Address;
            ulong to = page + UserLayout.PageSize < fileEnd ? page + UserLayout.PageSize : fileEnd;
            if (from < to)
            {
                byte* target = (byte*)(frame + kernel->Pages.DirectMap) + (from - page);
                Page.Copy(target, plan.Image + segment.Offset + (from - segment.Address), to - from);
            }

            Error error = AddressSpaces<TMachine>.MapOwned(kernel, cpu, process, page, frame, access);
            if (error != Error.None)
            {
                return error;
            }
        }

        return Error.None;
    }

    private static Error MapData(Kernel* kernel, Cpu* cpu, Process* process, in ProcessPlan plan)
    {
        if (plan.DataBytes > UserLayout.DataLimit - UserLayout.DataBase)
        {
            return Error.BadProgram;
        }

        for (ulong offset = 0; offset < plan.DataBytes; offset += UserLayout.PageSize)
        {
            Error error = TMachine.MapPage(
                kernel, cpu, process->PageTableRoot, UserLayout.DataBase + offset, plan.DataFrame + offset, PageAccess.Read);
            if (error != Error.None)
            {
                return error;
            }
        }

        return Error.None;
    }

    private static Error MapStartPage(Kernel* kernel, Cpu* cpu, Process* process, in ProcessPlan plan)
    {
        ulong frame = kernel->Pages.AllocateZeroed<TMachine>(cpu);
        if (frame == 0)
        {
            return Error.OutOfMemory;
        }

        ProgramStart* start = (ProgramStart*)(frame + kernel->Pages.DirectMap);
        start->CpuCount = kernel->CpuCount;
#if MEASURE
        start->Measured = 1;
#endif
        start->CpuMask = process->Cpus.Bits;
        start->ClockBase = kernel->ClockBase;
        start->ClockMultiplier = kernel->ClockMultiplier;
        start->ArgumentLength = plan.ArgumentBytes;
        start->DataBytes = (uint)plan.DataBytes;
        Page.Copy(start->Argument, plan.Argument, plan.ArgumentBytes);
        return AddressSpaces<TMachine>.MapOwned(kernel, cpu, process, UserLayout.StartPage, frame, PageAccess.Read);
    }
}
