using Lachesis.Tools.Commands;
using Xunit;

namespace Lachesis.Tools.Tests.Commands;

public sealed class WorkSequenceTests
{
    // Computed with arbitrary-precision integers in another language; the first output for seed 0 is also SplitMix64's
    // published one.
    [Theory]
    [InlineData(0, 0, 0)]
    [InlineData(0, 1, 0xe220a8397b1dcdaf)]
    [InlineData(1, 1, 0x910a2dec89025cc1)]
    [InlineData(1, 65, 0x6e147a6bec4360a9)]
    [InlineData(1234567, 1000, 0xcf43980d96fe95cf)]
    [InlineData(ulong.MaxValue, 100_000, 0xb9fc0ca808fa26fb)]
    public void The_checksum_of_known_sequences(ulong seed, long count, ulong checksum) =>
        Assert.Equal(checksum, WorkSequence.Checksum(seed, count));
}
