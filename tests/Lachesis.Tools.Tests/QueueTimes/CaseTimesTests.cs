using Lachesis.Tools.Host;
using Lachesis.Tools.QueueTimes;
using Xunit;

namespace Lachesis.Tools.Tests.QueueTimes;

public sealed class CaseTimesTests
{
    [Fact]
    public void A_ratio_is_that_of_the_middle_round_and_its_spread_that_of_all()
    {
        CaseTimes times = new("fair/pick/10", [20, 30, 11], [100, 100, 50]);

        Assert.Equal(0.22, times.Ratio, 9);
        Assert.Equal((0.2, 0.3), (times.Least, times.Most));
        Assert.Equal(0.1 / 0.22, times.Spread, 9);
        Assert.True(times.IsNoise);
    }

    [Fact]
    public void One_round_alone_says_nothing() => Assert.True(new CaseTimes("a/b/1", [20], [100]).IsNoise);

    [Fact]
    public void A_round_that_lacks_a_value_is_not_complete() =>
        Assert.False(new CaseTimes("a/b/1", [20, 20], [100]).IsComplete);

    [Theory]
    [InlineData(new double[] { 8, 9 }, new double[] { 10, 11 }, TimesChange.Faster)]
    [InlineData(new double[] { 8, 10 }, new double[] { 10, 11 }, TimesChange.None)]
    [InlineData(new double[] { 10, 12 }, new double[] { 10, 11 }, TimesChange.None)]
    [InlineData(new double[] { 12, 13 }, new double[] { 10, 11 }, TimesChange.Slower)]
    [InlineData(new double[] { 1, 2 }, new double[] { 10, 11 }, TimesChange.Noise)]
    [InlineData(new double[] { 12, 13 }, null, TimesChange.NoEarlier)]
    public void A_difference_counts_if_all_rounds_lie_beyond_all_others(double[] now, double[]? before, TimesChange change) =>
        Assert.Equal(change, new TimesRow(Times(now), before is null ? null : Times(before)).Change);

    [Theory]
    [InlineData("processor : 0\ncpu family\t: 25\nmodel\t\t: 1\nmodel name\t: AMD EPYC\n", "amd-epyc-family-25-model-1-2-cpus")]
    [InlineData("model name\t: Some (R) CPU @ 2.0GHz\n", "some-r-cpu-2-0ghz-2-cpus")]
    [InlineData("", "unknown-processor-2-cpus")]
    public void A_machine_is_its_processor_and_how_many_cpus_there_are(string cpuInfo, string file) =>
        Assert.Equal(file, HostMachine.Of(cpuInfo, 2).FileName);

    private static CaseTimes Times(double[] kernel) => new("a/b/1", kernel, [100, 100]);
}
