using System.Text;
using Lachesis.Core.Output;
using Xunit;

namespace Lachesis.Core.Tests.Output;

public sealed unsafe class LineBufferTests
{
    [Theory]
    [InlineData(0ul, "0", "0x0")]
    [InlineData(10ul, "10", "0xa")]
    [InlineData(255ul, "255", "0xff")]
    [InlineData(ulong.MaxValue, "18446744073709551615", "0xffffffffffffffff")]
    public void Numbers_are_written_without_leading_zeros(ulong value, string inDecimal, string inHex)
    {
        LineBuffer line = default;
        line.Decimal(value);
        line.Text(" ");
        line.Hex(value);
        Assert.Equal($"{inDecimal} {inHex}", TextOf(ref line));
    }

    [Fact]
    public void What_does_not_fit_is_cut_off()
    {
        LineBuffer line = default;
        for (int i = 0; i < LineBuffer.Capacity; i++)
        {
            line.Text("ab");
        }

        Assert.Equal((ulong)LineBuffer.Capacity, line.Length);
        Assert.EndsWith("ab", TextOf(ref line));
    }

    private static string TextOf(ref LineBuffer line)
    {
        fixed (byte* bytes = line.Bytes)
        {
            return Encoding.ASCII.GetString(bytes, (int)line.Length);
        }
    }
}
