using System.Diagnostics;
using Lachesis.Abi;
using Lachesis.Core;
using Lachesis.Core.Sched;

namespace Lachesis.Arch.X64;

/// <summary>
/// The kernel's half of the address space. No page is writable and executable, and what is executable or constant is not
/// writable through the direct map either.
/// </summary>
internal static unsafe class KernelMap
{
    private const ulong ReadOnly = PageTables.Present | PageTables.Global | PageTables.NoExecute;
    private const ulong ReadWrite = ReadOnly | PageTables.Writable;
    private const ulong Code = PageTables.Present | PageTables.Global;

    /// <summary>Builds the tables; the result is their root, or 0 if memory ran out.</summary>
    internal static ulong Build(Kernel* kernel, Cpu* cpu, ulong endOfMemory)
    {
        ulong root = kernel->Pages.AllocateZeroed<X64Machine>(cpu);
        LinkAddresses* link = Stubs.LinkAddresses();
        bool complete = root != 0
            && MapImage(kernel, cpu, root, link->TextStart, link->TextEnd, Code)
            && MapImage(kernel, cpu, root, link->TextEnd, link->RodataEnd, ReadOnly)
            && MapImage(kernel, cpu, root, link->RodataEnd, link->DataEnd, ReadWrite)
            && MapDirectMap(kernel, cpu, root, endOfMemory, link)
            && PageTables.Map(kernel, cpu, root, Layout.Devices, LocalApicFrame() | ReadWrite | PageTables.Uncached)
                == Error.None;
        return complete ? root : 0;
    }

    /// <summary>
    /// Gives the tables that other CPUs start over the kernel's half too, beside the identity map that they need for their
    /// first steps.
    /// </summary>
    internal static void CopyToBootTables(ulong root)
    {
        ulong* start = (ulong*)Layout.Virtual(Stubs.LinkAddresses()->BootPageTables);
        ulong* kernel = (ulong*)Layout.Virtual(root);
        for (int i = 256; i < 512; i++)
        {
            start[i] = kernel[i];
        }
    }

    /// <summary>
    /// Walks the kernel's half of the tables in use, as the CPU would: stops the machine if any page is writable and
    /// executable, or if a page of code or constants is writable under any address. Only builds with CHECKS do it.
    /// </summary>
    [Conditional("CHECKS")]
    internal static void Check(X64Cpu* cpu)
    {
        for (ulong index = 256; index < 512; index++)
        {
            ulong entry = ((ulong*)Layout.Virtual(cpu->Machine->KernelRoot))[index];
            if ((entry & PageTables.Present) != 0)
            {
                CheckTable(cpu, (ulong*)Layout.Virtual(entry & PageTables.FrameMask), 2, entry & PageTables.NoExecute);
            }
        }
    }

    private static void CheckTable(X64Cpu* cpu, ulong* table, int level, ulong noExecuteAbove)
    {
        LinkAddresses* link = Stubs.LinkAddresses();
        for (int i = 0; i < 512; i++)
        {
            ulong entry = table[i];
            if ((entry & PageTables.Present) == 0)
            {
                continue;
            }

            ulong noExecute = noExecuteAbove | (entry & PageTables.NoExecute);
            ulong frame = entry & PageTables.FrameMask;
            if (level > 0 && (entry & PageTables.Large) == 0)
            {
                CheckTable(cpu, (ulong*)Layout.Virtual(frame), level - 1, noExecute);
                continue;
            }

            ulong end = frame + (level == 0 ? Layout.PageSize : Layout.LargePageSize);
            bool isConstant = end > link->TextStart - Layout.ImageOffset && frame < link->RodataEnd - Layout.ImageOffset;
            if ((entry & PageTables.Writable) != 0 && (noExecute == 0 || isConstant))
            {
                Panic.FromKernel(cpu, "a page of the kernel is writable and executable, or code or constants are writable");
            }
        }
    }

    private static ulong LocalApicFrame() => Stubs.ReadMsr(0x1B) & PageTables.FrameMask;

    private static bool MapImage(Kernel* kernel, Cpu* cpu, ulong root, ulong start, ulong end, ulong flags)
    {
        for (ulong address = start; address < end; address += Layout.PageSize)
        {
            if (PageTables.Map(kernel, cpu, root, address, (address - Layout.ImageOffset) | flags) != Error.None)
            {
                return false;
            }
        }

        return true;
    }

    // Large pages, but for the stretch that holds the image: there, code and constants are read-only.
    private static bool MapDirectMap(Kernel* kernel, Cpu* cpu, ulong root, ulong end, LinkAddresses* link)
    {
        ulong imageStart = (link->TextStart - Layout.ImageOffset) & ~(Layout.LargePageSize - 1);
        ulong imageEnd = link->DataEnd - Layout.ImageOffset;
        for (ulong physical = 0; physical < end; physical += Layout.LargePageSize)
        {
            bool image = physical >= imageStart && physical < imageEnd;
            bool mapped = image
                ? MapSmallPages(kernel, cpu, root, physical, link)
                : PageTables.MapLarge(kernel, cpu, root, Layout.Virtual(physical), physical | ReadWrite) == Error.None;
            if (!mapped)
            {
                return false;
            }
        }

        return true;
    }

    private static bool MapSmallPages(Kernel* kernel, Cpu* cpu, ulong root, ulong start, LinkAddresses* link)
    {
        for (ulong physical = start; physical < start + Layout.LargePageSize; physical += Layout.PageSize)
        {
            ulong linked = physical + Layout.ImageOffset;
            ulong flags = linked >= link->TextStart && linked < link->RodataEnd ? ReadOnly : ReadWrite;
            if (PageTables.Map(kernel, cpu, root, Layout.Virtual(physical), physical | flags) != Error.None)
            {
                return false;
            }
        }

        return true;
    }
}
