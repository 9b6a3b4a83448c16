using Lachesis.Abi;

namespace Lachesis.Tools.Ramdisk;

/// <summary>One process that a <see cref="RamdiskImage"/>'s manifest starts at boot.</summary>
/// <param name="Program">The program's name.</param>
/// <param name="Grants">What it may do.</param>
/// <param name="CpuMask">The CPUs that it may run on.</param>
/// <param name="Argument">The string that it starts with.</param>
public sealed record RamdiskProcess(string Program, Grants Grants, ulong CpuMask, string Argument)
{
    /// <summary>Weight of its threads; 0: the kernel's default.</summary>
    public uint Weight { get; init; }

    /// <summary>Request of its threads in nanoseconds; 0: that of the manifest.</summary>
    public uint RequestNs { get; init; }

    /// <summary>Quantum of its threads in nanoseconds; 0: that of the manifest.</summary>
    public uint QuantumNs { get; init; }

    /// <summary>Priority of its threads.</summary>
    public uint Priority { get; init; } = SchedulingLimits.DefaultPriority;

    /// <summary>The service that it belongs to.</summary>
    public uint Service { get; init; }

    /// <summary>The session that it belongs to.</summary>
    public uint Session { get; init; }

    /// <summary>The file that it finds in memory when it starts; null: none.</summary>
    public string? Data { get; init; }
}
