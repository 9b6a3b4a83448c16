using System.Globalization;
using System.Linq;
using System.Text.RegularExpressions;
using Lachesis.Abi;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Manifests;

namespace Lachesis.Tools.CommandLine;

/// <summary>What a run was to use, as its evidence names it.</summary>
internal static partial class Settings
{
    /// <summary>What a manifest asks for; the seed is the one in its first process's argument.</summary>
    public static RunSettings Of(ManifestDocument manifest)
    {
        Match seed = SeedPattern().Match(manifest.Processes[0].Argument);
        return Of(
            manifest.Policy, manifest.Features, manifest.SliceNs,
            seed.Success && ulong.TryParse(seed.Groups[1].Value, CultureInfo.InvariantCulture, out ulong value) ? value : null);
    }

    /// <summary>The same from its parts.</summary>
    /// <param name="policy">How CPUs choose among threads.</param>
    /// <param name="features">Rules of the fair policy that are on.</param>
    /// <param name="sliceNs">Request or quantum; 0: the kernel's default.</param>
    /// <param name="seed">What random choices began with, if there were any.</param>
    public static RunSettings Of(SchedulingPolicy policy, FairFeatures features, uint sliceNs, ulong? seed)
    {
        uint usual = policy == SchedulingPolicy.Fair ? SchedulingLimits.DefaultSliceNs : SchedulingLimits.DefaultQuantumNs;
        return new RunSettings(OptionValues.NameOf(policy), Words(features), sliceNs == 0 ? usual : sliceNs, seed);
    }

    private static string Words(FairFeatures features) => features switch
    {
        FairFeatures.All => "all",
        FairFeatures.None => "none",
        _ => string.Join(',', ManifestFields.FeatureNames.Where(pair => features.HasFlag(pair.Value)).Select(static pair => pair.Key)),
    };

    [GeneratedRegex(@"(?:^|\s)seed=(\d+)(?:\s|$)")]
    private static partial Regex SeedPattern();
}
