using Lachesis.Abi;

namespace Lachesis.Tools.Manifests;

/// <summary>One process that starts at boot.</summary>
public sealed class ProcessSettings
{
    /// <summary>The program's name: its file without ".elf".</summary>
    public required string Program { get; set; }

    /// <summary>The string that it starts with.</summary>
    public string Argument { get; set; } = "";

    /// <summary>What it may do.</summary>
    public Grants Grants { get; set; }

    /// <summary>The CPUs that it may run on; bit n is CPU n.</summary>
    public ulong CpuMask { get; set; } = ulong.MaxValue;
}
