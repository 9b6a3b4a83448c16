namespace Lachesis.Tools.Evidence;

/// <summary>What the run was to use where there is a choice; null where it has none.</summary>
/// <param name="Policy">How CPUs choose among threads, in the words of --policy.</param>
/// <param name="Features">Rules of the fair policy that are on, in the words of --features.</param>
/// <param name="SliceNs">Request or quantum of threads that name none.</param>
/// <param name="Seed">What random choices began with.</param>
public sealed record RunSettings(string? Policy, string? Features, uint? SliceNs, ulong? Seed)
{
    /// <summary>No choice at all.</summary>
    public static readonly RunSettings None = new(null, null, null, null);
}
