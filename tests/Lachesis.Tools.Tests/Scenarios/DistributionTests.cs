using System;
using System.Collections.Generic;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Lachesis.Simulator.Scenarios;
using Xunit;

namespace Lachesis.Tools.Tests.Scenarios;

/// <summary>Percentiles of a stream, in bounded memory.</summary>
public sealed class DistributionTests
{
    private static readonly int[] s_percents = [1, 10, 50, 90, 99, 100];

    [Fact]
    public void Nothing_has_no_percentile() => Assert.Null(new Distribution().Percentile(50));

    [Theory]
    [InlineData(1)]
    [InlineData(Distribution.MaxExact)]
    public void Few_values_are_exact(int count) => Check(ValuesOf(count, seed: 1), tolerance: 0);

    [Fact]
    public void Many_values_are_never_less_than_exact_and_no_more_than_one_part_above() => Prop.ForAll(
        Gen.Choose(Distribution.MaxExact + 1, 5000).ToArbitrary(), Gen.Choose(0, 1000).ToArbitrary(),
        (count, seed) => Check(ValuesOf(count, seed), 1.0 / Distribution.Parts)).Check(Config.QuickThrowOnFailure.WithMaxTest(100));

    [Fact]
    public void The_ends_are_exact_and_extremes_do_not_overflow()
    {
        var distribution = new Distribution();
        for (int i = 0; i <= Distribution.MaxExact; i++)
        {
            distribution.Add(i % 2 == 0 ? long.MaxValue - i : -long.MaxValue + i);
        }

        Assert.Equal((-long.MaxValue + 1, long.MaxValue), (distribution.Min, distribution.Max));
        Assert.Equal((distribution.Max, true), (distribution.Percentile(100), distribution.Percentile(1) >= distribution.Min));
    }

    /// <summary>Random values of many magnitudes, some of them negative.</summary>
    internal static IEnumerable<long> ValuesOf(int count, int seed)
    {
        var random = new Random(seed);
        return Enumerable.Range(0, count).Select(_ =>
        {
            long magnitude = random.NextInt64(1L << random.Next(1, 45));
            return random.Next(4) == 0 ? -magnitude : magnitude;
        });
    }

    private static void Check(IEnumerable<long> stream, double tolerance)
    {
        long[] values = [.. stream];
        var distribution = new Distribution();
        foreach (long value in values)
        {
            distribution.Add(value);
        }

        Array.Sort(values);
        foreach (int percent in s_percents)
        {
            long exact = values[Math.Max(((values.Length * percent) + 99) / 100, 1) - 1];
            long found = distribution.Percentile(percent)!.Value;
            Assert.True(found >= exact && found - exact <= Math.Abs(exact) * tolerance, $"p{percent}: {found} for {exact}");
        }

        Assert.Equal((values[0], values[^1], values.Length), (distribution.Min, distribution.Max, distribution.Count));
    }
}
