using System.Collections.Generic;
using Lachesis.Abi;

namespace Lachesis.Tools.Manifests;

/// <summary>One process that starts at boot.</summary>
public sealed class ProcessSettings
{
    /// <summary>The program's name: its file without ".elf".</summary>
    public required string Program { get; set; }

    /// <summary>The string that it starts with.</summary>
    public string Argument { get; set; } = "";

    /// <summary>What its program understands in that string.</summary>
    public IReadOnlyList<ProgramParameter> Parameters { get; init; } = [];

    /// <summary>What it may do.</summary>
    public Grants Grants { get; set; }

    /// <summary>The CPUs that it may run on; bit n is CPU n.</summary>
    public ulong CpuMask { get; set; } = ulong.MaxValue;

    /// <summary>Weight of its threads; 0: the kernel's default.</summary>
    public uint Weight { get; set; }

    /// <summary>Request of its threads in nanoseconds; 0: that of the manifest.</summary>
    public uint RequestNs { get; set; }

    /// <summary>Quantum of its threads in nanoseconds; 0: that of the manifest.</summary>
    public uint QuantumNs { get; set; }

    /// <summary>Priority of its threads.</summary>
    public uint Priority { get; set; } = SchedulingLimits.DefaultPriority;

    /// <summary>The service that it belongs to.</summary>
    public uint Service { get; set; }

    /// <summary>The session that it belongs to.</summary>
    public uint Session { get; set; }

    /// <summary>What it finds in memory when it starts, made by a command; empty: nothing.</summary>
    public byte[] Data { get; set; } = [];
}
