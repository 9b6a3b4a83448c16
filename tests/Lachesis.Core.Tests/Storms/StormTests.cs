using System;
using System.Globalization;
using Xunit;

namespace Lachesis.Core.Tests.Storms;

/// <summary>
/// Storms of many seeds. A failure names its seed; with STORM_SEED set to it, only that one runs. STORM_SEEDS says how
/// many.
/// </summary>
public sealed class StormTests
{
    private const int Steps = 400;
    private const int DefaultSeeds = 300;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(3, 0)]
    [InlineData(4, 0)]
    [InlineData(2, 5)]
    [InlineData(2, 20)]
    [InlineData(3, 20)]
    [InlineData(4, 40)]
    public void Invariants_hold_and_everything_drains(uint cpus, int interleaving)
    {
        int only = Setting("STORM_SEED", 0);
        int first = only != 0 ? only : 1;
        int last = only != 0 ? only : Setting("STORM_SEEDS", DefaultSeeds);
        for (int seed = first; seed <= last; seed++)
        {
            Storm.Run(seed, cpus, interleaving, Steps);
        }
    }

    private static int Setting(string name, int otherwise) =>
        Environment.GetEnvironmentVariable(name) is { } value ? int.Parse(value, CultureInfo.InvariantCulture) : otherwise;
}
