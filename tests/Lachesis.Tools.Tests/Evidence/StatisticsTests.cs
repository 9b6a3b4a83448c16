using System;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Lachesis.Tools.Evidence;
using Xunit;

namespace Lachesis.Tools.Tests.Evidence;

public sealed class StatisticsTests
{
    [Theory]
    [InlineData(new long[] { 7 }, 7, 0)]
    [InlineData(new long[] { 3, 1, 2 }, 2, 1)]
    [InlineData(new long[] { 4, 1, 2, 3 }, 2.5, 1.2)]
    [InlineData(new long[] { 100, 100, 110, 90, 100 }, 100, 0.2)]
    [InlineData(new long[] { 0, 0 }, 0, 0)]
    [InlineData(new long[] { long.MaxValue, long.MaxValue }, (double)long.MaxValue, 0)]
    public void Median_and_spread_of_known_values(long[] values, double median, double spread)
    {
        Assert.Equal(median, Statistics.Median(values), 9);
        Assert.Equal(spread, Statistics.Spread(values), 9);
    }

    [Theory]
    [InlineData(new double[] { 7 }, 7, 7, 7)]
    [InlineData(new double[] { 1, 2 }, 1.25, 1.5, 1.75)]
    [InlineData(new double[] { 5, 1, 4, 2, 3 }, 2, 3, 4)]
    [InlineData(new double[] { 4, 1, 2, 3 }, 1.75, 2.5, 3.25)]
    public void Quantiles_of_known_values(double[] values, double low, double middle, double high)
    {
        Assert.Equal(low, Statistics.Quantile(values, 0.25), 9);
        Assert.Equal(middle, Statistics.Quantile(values, 0.5), 9);
        Assert.Equal(high, Statistics.Quantile(values, 0.75), 9);
        Assert.Equal((values.Min(), values.Max()), (Statistics.Quantile(values, 0), Statistics.Quantile(values, 1)));
    }

    [Fact]
    public void No_values_have_no_median()
    {
        Assert.Throws<ArgumentException>(() => Statistics.Median([]));
        Assert.Throws<ArgumentException>(() => Statistics.Quantile([], 0.5));
    }

    [Fact]
    public void As_many_values_lie_above_the_median_as_below() => Prop.ForAll<NonEmptyArray<int>>(values =>
    {
        long[] longs = [.. values.Get.Select(static value => (long)value)];
        double median = Statistics.Median(longs);
        return longs.Count(value => value < median) <= longs.Length / 2
            && longs.Count(value => value > median) <= longs.Length / 2;
    }).QuickCheckThrowOnFailure();
}
