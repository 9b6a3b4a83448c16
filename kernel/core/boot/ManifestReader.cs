using Lachesis.Abi;

namespace Lachesis.Core.Boot;

/// <summary>Checks a binary manifest before anything of it is used: after that, looking into it needs no checks.</summary>
public static unsafe class ManifestReader
{
    /// <summary>
    /// Opens the manifest of exactly <paramref name="length"/> bytes at <paramref name="start"/>, for a ramdisk with
    /// <paramref name="fileCount"/> files. Nothing outside of these bytes is read, whatever they hold.
    /// <see cref="Error.BadArgument"/> if it is not sound.
    /// </summary>
    public static Error Open(byte* start, ulong length, uint fileCount, out BootManifest manifest)
    {
        manifest = default;
        if (length < (ulong)sizeof(ManifestHeader))
        {
            return Error.BadArgument;
        }

        ManifestHeader* header = (ManifestHeader*)start;
        if (!IsHeader(header))
        {
            return Error.BadArgument;
        }

        ulong fixedBytes = (ulong)sizeof(ManifestHeader) + header->ProcessCount * (ulong)sizeof(ManifestProcess);
        if (length < fixedBytes || length - fixedBytes != header->ArgumentBytes)
        {
            return Error.BadArgument;
        }

        ManifestProcess* processes = (ManifestProcess*)(header + 1);
        for (uint i = 0; i < header->ProcessCount; i++)
        {
            if (!IsProcess(processes + i, fileCount, header->ArgumentBytes))
            {
                return Error.BadArgument;
            }
        }

        manifest = new BootManifest(header);
        return Error.None;
    }

    private static bool IsHeader(ManifestHeader* header) =>
        header->Magic == ManifestHeader.ExpectedMagic
        && header->Version == ManifestHeader.CurrentVersion
        && header->ProcessCount != 0
        && header->ProcessCount <= ManifestHeader.MaxProcesses
        && header->Reserved == 0
        && IsCapacity(header->Pools.Threads, header->ProcessCount, BootLimits.MaxThreads)
        && IsCapacity(header->Pools.Processes, header->ProcessCount, BootLimits.MaxProcesses)
        && header->Pools.Endpoints <= BootLimits.MaxObjects
        && header->Pools.Notifications <= BootLimits.MaxObjects
        && header->Pools.Replies <= BootLimits.MaxObjects
        && header->Pools.Timers <= BootLimits.MaxObjects
        && header->Pools.Rings <= BootLimits.MaxObjects
        && IsSetWithin(header->SliceNs, BootLimits.MinDefaultSliceNs, BootLimits.MaxDefaultSliceNs)
        && header->Policy < SchedulingPolicy.Count
        && (header->Features & ~FairFeatures.All) == 0;

    private static bool IsSetWithin(uint value, uint least, uint most) => value == 0 || (value >= least && value <= most);

    // Each process needs itself and its first thread; 0 leaves the choice to the kernel.
    private static bool IsCapacity(uint capacity, uint needed, uint most) =>
        capacity == 0 || (capacity >= needed && capacity <= most);

    // File 0 is the manifest itself, which is no program.
    private static bool IsProcess(ManifestProcess* process, uint fileCount, ulong argumentBytes) =>
        process->Program != 0
        && process->Program < fileCount
        && (process->Grants & ~BootLimits.AllGrants) == 0
        && process->Data < fileCount
        && process->Reserved == 0
        && process->CpuMask != 0
        && process->ArgumentLength <= ProgramStart.MaxArgument
        && process->ArgumentOffset <= argumentBytes
        && process->ArgumentLength <= argumentBytes - process->ArgumentOffset
        && IsSetWithin(process->Weight, SchedulingLimits.MinWeight, SchedulingLimits.MaxWeight)
        && IsSetWithin(process->SliceNs, SchedulingLimits.MinSliceNs, SchedulingLimits.MaxSliceNs)
        && IsSetWithin(process->QuantumNs, SchedulingLimits.MinQuantumNs, SchedulingLimits.MaxQuantumNs)
        && process->Priority <= SchedulingLimits.MaxPriority
        && process->Service < SchedulingLimits.MaxGroups
        && process->Session < SchedulingLimits.MaxGroups;
}
