using Lachesis.Core.Time;
using Xunit;

namespace Lachesis.Core.Tests.Time;

public sealed class InstantTests
{
    [Theory]
    [InlineData(1, 2)]
    [InlineData(0, long.MaxValue)]
    public void Earlier_comes_before_later(long earlier, long later)
    {
        var a = new Instant(earlier);
        var b = new Instant(later);
        Assert.True(a < b && a <= b && b > a && b >= a);
        Assert.False(b < a || b <= a || a > b || a >= b);
        Assert.Equal(earlier, Instant.Earlier(a, b).Nanoseconds);
        Assert.Equal(earlier, Instant.Earlier(b, a).Nanoseconds);
    }

    [Fact]
    public void An_instant_is_neither_before_nor_after_itself()
    {
        var instant = new Instant(5);
        var same = new Instant(5);
        Assert.True(instant <= same && instant >= same);
        Assert.False(instant < same || instant > same);
    }

    [Fact]
    public void Differences_have_a_sign()
    {
        Assert.Equal(-3, (new Instant(2) - new Instant(5)).Nanoseconds);
        Assert.Equal(7, (new Instant(2) + new Duration(5)).Nanoseconds);
        Assert.Equal(3_000_002, (Duration.FromMilliseconds(3) + new Duration(2)).Nanoseconds);
    }

    [Fact]
    public void Never_is_later_than_all_else() => Assert.True(new Instant(long.MaxValue - 1) < Instant.Never);
}
