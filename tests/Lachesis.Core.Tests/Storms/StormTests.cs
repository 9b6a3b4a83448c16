using Xunit;

namespace Lachesis.Core.Tests.Storms;

/// <summary>Storms of many seeds. A failure names its seed: run that one alone to see it again.</summary>
public sealed class StormTests
{
    private static readonly int Seeds = int.Parse(System.Environment.GetEnvironmentVariable("STORM_SEEDS") ?? "60");
    private const int Steps = 400;

    [Theory]
    [InlineData(1, 0)]
    [InlineData(2, 0)]
    [InlineData(3, 0)]
    [InlineData(4, 0)]
    [InlineData(2, 10)]
    [InlineData(3, 20)]
    [InlineData(4, 40)]
    public void Invariants_hold_and_everything_drains(uint cpus, int interleaving)
    {
        for (int seed = int.Parse(System.Environment.GetEnvironmentVariable("STORM_FROM") ?? "1"); seed <= Seeds; seed++)
        {
            Storm.Run(seed, cpus, interleaving, Steps);
        }
    }
}
