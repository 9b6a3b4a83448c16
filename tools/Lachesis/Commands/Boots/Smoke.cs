using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Manifests;

namespace Lachesis.Tools.Commands.Boots;

/// <summary>One smoke: a folder of tests/guest with a manifest.</summary>
/// <param name="Name">The folder's name.</param>
/// <param name="Manifest">Its manifest.</param>
internal sealed record Smoke(string Name, ManifestDocument Manifest)
{
    private const string SelfTestPrefix = "failing-";
    private const string ManualTag = "manual";

    /// <summary>Whether it fails on purpose, to test who notices.</summary>
    public bool IsSelfTest => Name.StartsWith(SelfTestPrefix, StringComparison.Ordinal);

    /// <summary>The CPU counts to boot with: those asked for, or null for those that its manifest names.</summary>
    public IReadOnlyList<int> ChooseCpus(int[]? asked) => asked ?? Manifest.Host.Cpus;

    /// <summary>Loads every smoke of the repository, by name.</summary>
    public static List<Smoke> LoadAll()
    {
        string folder = Repository.PathOf("tests/guest");
        IEnumerable<string> manifests = Directory.Exists(folder)
            ? Directory.GetDirectories(folder).Select(static path => Path.Combine(path, "manifest.json")).Where(File.Exists)
            : [];
        return
        [
            .. manifests.Order(StringComparer.Ordinal).Select(static path =>
                new Smoke(Path.GetFileName(Path.GetDirectoryName(path))!, ManifestDocument.Load(path))),
        ];
    }

    /// <summary>Those that were named; else those with the tag; else all but the manual ones.</summary>
    public static List<Smoke> Select(List<Smoke> all, IReadOnlyList<string> names, string? tag, bool selfTest)
    {
        List<Smoke> candidates = all.FindAll(smoke => names.Count > 0 || smoke.IsSelfTest == selfTest);
        foreach (string name in names)
        {
            if (!candidates.Exists(smoke => smoke.Name == name))
            {
                string known = string.Join(", ", all.Select(static smoke => smoke.Name));
                throw new ToolException($"no smoke named '{name}'; there are: {known}", ToolException.BadUsage);
            }
        }

        if (names.Count > 0)
        {
            return candidates.FindAll(smoke => names.Contains(smoke.Name));
        }

        List<Smoke> chosen = candidates.FindAll(smoke =>
            tag is null ? !smoke.Manifest.Host.Tags.Contains(ManualTag) : smoke.Manifest.Host.Tags.Contains(tag));
        return chosen.Count > 0 ? chosen : throw new ToolException("no smoke to run", ToolException.BadUsage);
    }
}
