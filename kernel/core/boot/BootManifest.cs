using Lachesis.Abi;

namespace Lachesis.Core.Boot;

/// <summary>A binary manifest that <see cref="ManifestReader"/> has found sound.</summary>
public unsafe struct BootManifest
{
    private readonly ManifestHeader* _header;

    internal BootManifest(ManifestHeader* header) => _header = header;

    /// <summary>Processes that start at boot, at least 1.</summary>
    public readonly uint ProcessCount => _header->ProcessCount;

    /// <summary>How large the pools are.</summary>
    public readonly PoolCapacities Pools => _header->Pools;

    /// <summary>Length of a time slice in nanoseconds, or 0: the default.</summary>
    public readonly uint SliceNs => _header->SliceNs;

    /// <summary>The policy of every CPU.</summary>
    public readonly SchedulingPolicy Policy => _header->Policy;

    /// <summary>Rules of the fair policy that are on.</summary>
    public readonly FairFeatures Features => _header->Features;

    /// <summary>Process <paramref name="index"/>, which must be below <see cref="ProcessCount"/>.</summary>
    public readonly ManifestProcess* Process(uint index) => (ManifestProcess*)(_header + 1) + index;

    /// <summary>First byte of a process's argument; <see cref="ManifestProcess.ArgumentLength"/> bytes can be read
    /// there.</summary>
    public readonly byte* Argument(uint index) => (byte*)Process(ProcessCount) + Process(index)->ArgumentOffset;
}
