using System.Linq;
using Lachesis.Abi;
using Xunit;

namespace Lachesis.Core.Tests.Abi;

public sealed class NiceTests
{
    [Theory]
    [InlineData(-20, 88_761u)]
    [InlineData(-1, 1277u)]
    [InlineData(0, SchedulingLimits.DefaultWeight)]
    [InlineData(1, 820u)]
    [InlineData(19, 15u)]
    public void The_weights_are_those_of_Linux(int nice, uint weight) => Assert.Equal(weight, Nice.WeightOf(nice));

    [Fact]
    public void Every_step_is_about_a_quarter_and_within_the_limits()
    {
        uint[] weights = [.. Enumerable.Range(Nice.Min, Nice.Max - Nice.Min + 1).Select(Nice.WeightOf)];
        Assert.Equal(40, weights.Length);
        Assert.All(weights, weight => Assert.InRange(weight, SchedulingLimits.MinWeight, SchedulingLimits.MaxWeight));
        Assert.All(weights.Zip(weights.Skip(1)), pair => Assert.InRange((double)pair.First / pair.Second, 1.15, 1.30));
    }

    [Fact]
    public void What_lies_outside_counts_as_the_nearer_end() =>
        Assert.Equal((Nice.WeightOf(Nice.Min), Nice.WeightOf(Nice.Max)), (Nice.WeightOf(-21), Nice.WeightOf(20)));
}
