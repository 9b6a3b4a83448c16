using Lachesis.Core.Sched.Place;
using Xunit;

namespace Lachesis.Core.Tests.Sched.Place;

public sealed class CpuMaskTests
{
    [Theory]
    [InlineData(1, 1ul)]
    [InlineData(5, 0x1Ful)]
    [InlineData(63, 0x7FFF_FFFF_FFFF_FFFFul)]
    [InlineData(64, ulong.MaxValue)]
    public void The_first_cpus_are_the_low_bits(uint count, ulong bits) => Assert.Equal(bits, CpuMask.FirstN(count).Bits);

    [Fact]
    public void A_mask_has_its_members_and_no_others()
    {
        CpuMask mask = CpuMask.Of(63) & new CpuMask(ulong.MaxValue);
        Assert.True(mask.Has(63) && !mask.Has(62) && !mask.IsEmpty);
        Assert.True((mask & CpuMask.Of(0)).IsEmpty);
        Assert.True(mask.Without(63).IsEmpty);
        Assert.Equal(0b101ul, new CpuMask(0b111).Without(1).Bits);
    }

    [Theory]
    [InlineData(0b0001ul, 0, 0)]
    [InlineData(0b0001ul, 1, 0)]
    [InlineData(0b1010ul, 2, 3)]
    [InlineData(0b0110ul, 3, 1)]
    [InlineData(1ul << 63, 0, 63)]
    public void The_nearest_member_is_found_upwards_and_around(ulong bits, uint origin, uint nearest) =>
        Assert.Equal(nearest, new CpuMask(bits).NearestTo(origin));
}
