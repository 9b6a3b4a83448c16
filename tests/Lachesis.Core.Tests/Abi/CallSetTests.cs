using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Xunit;

namespace Lachesis.Core.Tests.Abi;

public sealed class CallSetTests
{
    private static readonly uint[] s_numbers = [.. Enumerable.Range(0, (int)CallSet.Capacity).Select(number => (uint)number)];

    [Fact]
    public void Each_number_up_to_the_capacity_is_a_set_of_its_own()
    {
        Assert.All(s_numbers, number => Assert.Equal([number], NumbersIn(CallSet.Of((SystemCall)number))));
        Assert.All(s_numbers, number => Assert.True(CallSet.Of((SystemCall)number).Contains((SystemCall)number)));
    }

    [Theory]
    [InlineData(CallSet.Capacity)]
    [InlineData(CallSet.Capacity + 64)]
    [InlineData(1ul << 32)]
    [InlineData(ulong.MaxValue)]
    public void Numbers_beyond_the_capacity_are_in_no_set(ulong number)
    {
        Assert.False(new CallSet(ulong.MaxValue, ulong.MaxValue).Contains(number));
        Assert.True(CallSet.Of((SystemCall)((uint)number | CallSet.Capacity)).IsEmpty);
    }

    [Fact]
    public void Sets_are_united_and_subtracted_in_both_words()
    {
        CallSet both = CallSet.Of((SystemCall)3).Union(CallSet.Of((SystemCall)67));
        Assert.Equal([3u, 67u], NumbersIn(both));
        Assert.Equal([3u], NumbersIn(both.Except(CallSet.Of((SystemCall)67))));
        Assert.Equal([67u], NumbersIn(both.Intersect(CallSet.Of((SystemCall)67))));
        Assert.False(both.Except(CallSet.Of((SystemCall)3)).IsEmpty);
        Assert.True(both.Except(both).IsEmpty);
    }

    private static IEnumerable<uint> NumbersIn(CallSet set) => s_numbers.Where(number => set.Contains(number));
}
