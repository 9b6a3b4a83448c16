namespace Lachesis.Core.Boot;

/// <summary>What a manifest may ask for. The host's manifest checker and the kernel's reader both go by these.</summary>
public static class BootLimits
{
    /// <summary>The largest thread pool.</summary>
    public const uint MaxThreads = 1_000_000;

    /// <summary>The largest process pool.</summary>
    public const uint MaxProcesses = 65_536;

    /// <summary>The largest pool of any other kind of object.</summary>
    public const uint MaxObjects = 65_536;

    /// <summary>The shortest time slice, in nanoseconds: shorter ones would be spent on switching.</summary>
    public const uint MinDefaultSliceNs = 10_000;

    /// <summary>The longest time slice, in nanoseconds.</summary>
    public const uint MaxDefaultSliceNs = 1_000_000_000;

    /// <summary>Every grant that exists.</summary>
    public const Abi.Grants AllGrants =
        Abi.Grants.Log | Abi.Grants.Report | Abi.Grants.Spawn | Abi.Grants.Machine | Abi.Grants.Policy;
}
