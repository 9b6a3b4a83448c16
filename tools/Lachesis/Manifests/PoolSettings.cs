namespace Lachesis.Tools.Manifests;

/// <summary>Capacities of the kernel's pools; 0: the kernel chooses from the memory size.</summary>
public sealed class PoolSettings
{
    /// <summary>The most threads at a time.</summary>
    public uint Threads { get; set; }

    /// <summary>The most processes at a time.</summary>
    public uint Processes { get; set; }
}
