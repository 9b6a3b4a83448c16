using System.Runtime.InteropServices;
using Lachesis.Core.Memory;

namespace Lachesis.Arch.X64;

/// <summary>What QEMU tells at the PVH entry (Xen's <c>hvm_start_info</c>, version 1).</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PvhStartInfo
{
    internal const uint ExpectedMagic = 0x336E_C578;

    internal uint Magic;
    internal uint Version;
    internal uint Flags;
    internal uint ModuleCount;
    internal ulong ModuleList;
    internal ulong CommandLine;
    internal ulong Rsdp;
    internal ulong MemoryMap;
    internal uint MemoryMapEntries;
    internal uint Reserved;
}

/// <summary>A file that the boot loader put into memory.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PvhModule
{
    internal ulong Address;
    internal ulong Size;
    internal ulong CommandLine;
    internal ulong Reserved;
}

/// <summary>A range of the physical address space.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct PvhMemoryRange
{
    internal const uint Usable = 1;

    internal ulong Address;
    internal ulong Size;
    internal uint Type;
    internal uint Reserved;
}

/// <summary>Reading the start information, through the direct map.</summary>
internal static unsafe class Pvh
{
    /// <summary>The end of the highest usable range below 512 GiB: how much the direct map must cover.</summary>
    internal static ulong EndOfMemory(PvhStartInfo* info)
    {
        ulong end = 0;
        for (uint i = 0; i < info->MemoryMapEntries; i++)
        {
            PvhMemoryRange* range = RangeAt(info, i);
            if (range->Type == PvhMemoryRange.Usable && range->Address + range->Size > end)
            {
                end = range->Address + range->Size;
            }
        }

        return end;
    }

    /// <summary>Bytes of all usable ranges.</summary>
    internal static ulong UsableBytes(PvhStartInfo* info)
    {
        ulong bytes = 0;
        for (uint i = 0; i < info->MemoryMapEntries; i++)
        {
            PvhMemoryRange* range = RangeAt(info, i);
            bytes += range->Type == PvhMemoryRange.Usable ? range->Size : 0;
        }

        return bytes;
    }

    /// <summary>
    /// Gives the allocator every usable range above <paramref name="from"/> (low memory, image and start information lie
    /// below), without the ramdisk.
    /// </summary>
    internal static void AddFreeMemory(PvhStartInfo* info, PageAllocator* pages, ulong from, PvhModule* ramdisk)
    {
        for (uint i = 0; i < info->MemoryMapEntries; i++)
        {
            PvhMemoryRange* range = RangeAt(info, i);
            if (range->Type != PvhMemoryRange.Usable)
            {
                continue;
            }

            ulong start = range->Address < from ? from : range->Address;
            ulong end = range->Address + range->Size;
            if (ramdisk->Address >= start && ramdisk->Address < end)
            {
                pages->AddRange(start, ramdisk->Address);
                start = ramdisk->Address + ramdisk->Size;
            }

            pages->AddRange(start, end);
        }
    }

    private static PvhMemoryRange* RangeAt(PvhStartInfo* info, uint index) =>
        (PvhMemoryRange*)Layout.Virtual(info->MemoryMap) + index;
}
