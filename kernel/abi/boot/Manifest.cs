using System.Runtime.InteropServices;

namespace Lachesis.Abi;

/// <summary>
/// The binary manifest: what starts at boot, with which authority and how large the pools are. Made by the host tool from
/// JSON. This header, then <see cref="ProcessCount"/> records of <see cref="ManifestProcess"/>, then the argument bytes.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct ManifestHeader
{
    /// <summary>The bytes "LMAN".</summary>
    public const uint ExpectedMagic = 0x4E41_4D4C;

    /// <summary>The version that this kernel reads.</summary>
    public const uint CurrentVersion = 4;

    /// <summary>The most processes that a manifest may start.</summary>
    public const int MaxProcesses = 64;

    /// <summary>Always <see cref="ExpectedMagic"/>.</summary>
    public uint Magic;

    /// <summary><see cref="CurrentVersion"/>.</summary>
    public uint Version;

    /// <summary>How many processes start at boot, 1..<see cref="MaxProcesses"/>.</summary>
    public uint ProcessCount;

    /// <summary>How large the pools are.</summary>
    public PoolCapacities Pools;

    /// <summary>Length of a time slice in nanoseconds: the quantum, and the fair policy's request, of threads for which
    /// none is set; 0: the kernel's defaults.</summary>
    public uint SliceNs;

    /// <summary>The policy of every CPU.</summary>
    public SchedulingPolicy Policy;

    /// <summary>Rules of the fair policy that are on.</summary>
    public FairFeatures Features;

    /// <summary>Zero.</summary>
    public uint Reserved;

    /// <summary>Bytes of the argument area after the process records.</summary>
    public ulong ArgumentBytes;
}

/// <summary>One process that starts at boot.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct ManifestProcess
{
    /// <summary>Ramdisk index of the program, at least 1.</summary>
    public uint Program;

    /// <summary>What it may do.</summary>
    public Grants Grants;

    /// <summary>CPUs that it may run on; bit n is CPU n. All ones: every CPU. Bits of CPUs that do not exist are
    /// ignored.</summary>
    public ulong CpuMask;

    /// <summary>First byte of its argument string in the argument area.</summary>
    public uint ArgumentOffset;

    /// <summary>Bytes of its argument string (UTF-8), at most <see cref="ProgramStart.MaxArgument"/>.</summary>
    public uint ArgumentLength;

    /// <summary>Weight of its threads; 0: <see cref="SchedulingLimits.DefaultWeight"/>.</summary>
    public uint Weight;

    /// <summary>Request of its threads in nanoseconds; 0: <see cref="ManifestHeader.SliceNs"/>.</summary>
    public uint SliceNs;

    /// <summary>Quantum of its threads in nanoseconds; 0: <see cref="ManifestHeader.SliceNs"/>.</summary>
    public uint QuantumNs;

    /// <summary>Priority of its threads.</summary>
    public uint Priority;

    /// <summary>The service that it belongs to, for accounting; below <see cref="SchedulingLimits.MaxGroups"/>.</summary>
    public uint Service;

    /// <summary>The session that it belongs to, for accounting; below <see cref="SchedulingLimits.MaxGroups"/>.</summary>
    public uint Session;

    /// <summary>Ramdisk index of a file that it finds, read-only, at <see cref="UserLayout.DataBase"/>; 0: none.</summary>
    public uint Data;

    /// <summary>Zero.</summary>
    public uint Reserved;
}

/// <summary>The handles that a process finds in its table when it starts, beyond those to itself.</summary>
[System.Flags]
public enum Grants : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Write lines to the log.</summary>
    Log = 1,

    /// <summary>Write records to the report channel.</summary>
    Report = 2,

    /// <summary>Start processes from the ramdisk's programs.</summary>
    Spawn = 4,

    /// <summary>End the machine, read kernel counters and pool levels.</summary>
    Machine = 8,

    /// <summary>Change how CPUs schedule: policies, and weights, requests, priorities and quanta of threads that it has
    /// handles to.</summary>
    Policy = 16,
}
