using System;
using FsCheck;
using FsCheck.Fluent;
using Lachesis.ThreadScale;
using Lachesis.Tools.Commands.ThreadScale;
using Xunit;

namespace Lachesis.Tools.Tests.Commands.ThreadScale;

public sealed class WorkSequenceTests
{
    // Computed with arbitrary-precision integers in another language, the chains a step at a time; the first output of Throughput for
    // seed 0 is also SplitMix64's published one.
    [Theory]
    [InlineData(nameof(WorkLoopKind.Throughput), 0, 0, 0)]
    [InlineData(nameof(WorkLoopKind.Throughput), 0, 1, 0xe220a8397b1dcdaf)]
    [InlineData(nameof(WorkLoopKind.Throughput), 1, 1, 0x910a2dec89025cc1)]
    [InlineData(nameof(WorkLoopKind.Throughput), 1, 65, 0x6e147a6bec4360a9)]
    [InlineData(nameof(WorkLoopKind.Throughput), 1234567, 1000, 0xcf43980d96fe95cf)]
    [InlineData(nameof(WorkLoopKind.Throughput), ulong.MaxValue, 100_000, 0xb9fc0ca808fa26fb)]
    [InlineData(nameof(WorkLoopKind.Chain), 0, 0, 0)]
    [InlineData(nameof(WorkLoopKind.Chain), 0, 1, 0xe937fe1b9d93375b)]
    [InlineData(nameof(WorkLoopKind.Chain), 1, 1, 0xa266bff33e0f85b2)]
    [InlineData(nameof(WorkLoopKind.Chain), 1, 65, 0x6f4b7c5422c0e176)]
    [InlineData(nameof(WorkLoopKind.Chain), 1234567, 1000, 0x93ca5d0663314eab)]
    [InlineData(nameof(WorkLoopKind.Chain), ulong.MaxValue, 20_000, 0xc117332c3fa7d542)]
    public void The_checksum_of_known_sequences(string loop, ulong seed, long count, ulong checksum) =>
        Assert.Equal(checksum, WorkSequence.Checksum(Enum.Parse<WorkLoopKind>(loop), seed, count));

    [Theory]
    [InlineData(7, 0, 7)]
    [InlineData(7, 1, 0x3d20bdba)]
    [InlineData(7, 1_000_003, 0x505cf75da6fdb03c)]
    [InlineData(7, ulong.MaxValue, 0x55eb50ad1df87d48)]
    public void A_jump_along_the_chain_arrives_where_its_steps_do(ulong state, ulong steps, ulong arrived)
    {
        Assert.Equal(arrived, DependentChain.Jump(state, steps));
        Assert.Equal(state, DependentChain.Jump(arrived, 0 - steps));
    }

    [Fact]
    public void However_the_workers_share_a_loop_their_sums_come_to_the_checksum() => Prop.ForAll<ulong, ushort, byte>(
        static (seed, elements, more) =>
        {
            uint workers = more + 1u;
            foreach (WorkLoopKind loop in Enum.GetValues<WorkLoopKind>())
            {
                ulong sum = 0;
                for (uint i = 0; i < workers; i++)
                {
                    sum += WorkLoop.SumOf(
                        loop, seed, WorkLoop.Share(elements, i, workers), WorkLoop.Share(elements, i + 1, workers));
                }

                Assert.Equal(WorkSequence.Checksum(loop, seed, elements), sum);
            }
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Shares_reach_from_the_first_element_to_the_last() => Prop.ForAll<uint, PositiveInt>(
        static (elements, workers) =>
        {
            uint count = (uint)workers.Get;
            Assert.Equal(0ul, WorkLoop.Share(elements, 0, count));
            Assert.Equal(elements, WorkLoop.Share(elements, count, count));
        }).QuickCheckThrowOnFailure();
}
