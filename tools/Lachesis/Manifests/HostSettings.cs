using System.Collections.Generic;
using Lachesis.Tools.Boots;

namespace Lachesis.Tools.Manifests;

/// <summary>What a manifest says to the host that runs it; nothing of it reaches the guest.</summary>
public sealed class HostSettings
{
    /// <summary>The longest time limit, in seconds.</summary>
    public const int MaxTimeoutSeconds = 86_400;

    /// <summary>The least guest memory, in MiB.</summary>
    public const int MinMemoryMiB = 32;

    /// <summary>The most guest memory, in MiB.</summary>
    public const int MaxMemoryMiB = 1_048_576;

    /// <summary>How the run must end: passing, or in a failure that must be noticed.</summary>
    public Outcome Expect { get; init; } = Outcome.Pass;

    /// <summary>Seconds after which the run is ended; null: the command's default.</summary>
    public int? TimeoutSeconds { get; init; }

    /// <summary>The numbers of CPUs to run at, one run for each, unless others are asked for.</summary>
    public IReadOnlyList<int> Cpus { get; init; } = [1, 2];

    /// <summary>MiB of guest memory; null: the command's default.</summary>
    public int? MemoryMiB { get; init; }

    /// <summary>Words by which runs are chosen, such as "smoke".</summary>
    public IReadOnlyList<string> Tags { get; init; } = [];
}
