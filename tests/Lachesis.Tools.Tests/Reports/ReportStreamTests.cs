using System;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Lachesis.Abi;
using Lachesis.Tools.Reports;
using Xunit;

namespace Lachesis.Tools.Tests.Reports;

public sealed class ReportStreamTests
{
    [Fact]
    public void A_whole_report_gives_every_record_and_no_problem()
    {
        ReportStream stream = ReportStream.Read(ReportWriter.Passing().Bytes);

        Assert.Null(stream.Problem);
        Assert.Equal(15, stream.Records.Count);
        Assert.Equal(ReportKind.Boot, stream.Records[0].Kind);
        Assert.Equal(512u << 20, stream.Records[0].As<BootReport>().MemoryBytes);
        Assert.Equal("the clock never goes back", stream.Records[1].Text);
        Assert.Equal(33, stream.Records[^1].Value);
    }

    [Fact]
    public void No_bytes_are_no_records_and_no_problem()
    {
        ReportStream stream = ReportStream.Read([]);

        Assert.Empty(stream.Records);
        Assert.Null(stream.Problem);
    }

    [Fact]
    public void A_report_cut_anywhere_but_between_records_is_torn()
    {
        byte[] bytes = ReportWriter.Passing().Bytes;
        int whole = 0;
        for (int length = 0; length < bytes.Length; length++)
        {
            ReportStream stream = ReportStream.Read(bytes.AsSpan(0, length));
            if (stream.Problem is null)
            {
                whole++;
            }
            else
            {
                Assert.Contains("torn record", stream.Problem);
            }
        }

        Assert.Equal(15, whole);
    }

    [Fact]
    public void A_lost_record_is_a_sequence_gap()
    {
        ReportStream stream = ReportStream.Read(
            new ReportWriter().Boot().Lose().Text(ReportKind.End, 33, "").Bytes);

        Assert.Single(stream.Records);
        Assert.Contains("sequence gap: number 2 where 1 was due (record 1, byte 48)", stream.Problem);
    }

    [Fact]
    public void Every_flipped_bit_is_noticed()
    {
        byte[] bytes = new ReportWriter().Boot().Text(ReportKind.Check, 1, "x").Bytes;
        int seconds = ReportStream.Read(bytes).Records.Count;
        for (int bit = 0; bit < bytes.Length * 8; bit++)
        {
            byte[] damaged = [.. bytes];
            damaged[bit / 8] ^= (byte)(1 << (bit % 8));
            ReportStream stream = ReportStream.Read(damaged);

            // Kinds of the same payload differ in bits that no checksum covers; the rest of the protocol catches those.
            bool kindOnly = bit / 8 % 48 is 4 or 5;
            Assert.True(stream.Problem is not null || kindOnly, $"bit {bit} went unnoticed");
            Assert.True(stream.Records.Count <= seconds);
        }
    }

    [Theory]
    [InlineData(ReportKind.Boot, 8)]
    [InlineData(ReportKind.Check, 7)]
    [InlineData(ReportKind.Counter, 17)]
    [InlineData(ReportKind.Panic, 100)]
    [InlineData(ReportKind.Check, ReportHeader.MaxPayload + 1)]
    public void A_payload_of_the_wrong_size_is_named(ReportKind kind, int length)
    {
        ReportStream stream = ReportStream.Read(new ReportWriter().Raw(kind, new byte[length]).Bytes);

        Assert.Contains($"a {kind} record cannot have {length} bytes", stream.Problem);
    }

    [Fact]
    public void An_unknown_kind_is_named() =>
        Assert.Contains("unknown kind of record 99", ReportStream.Read(new ReportWriter().Raw((ReportKind)99, []).Bytes).Problem);

    [Fact]
    public void Text_is_one_line_without_control_characters()
    {
        ReportRecord record = ReportStream.Read(
            new ReportWriter().Text(ReportKind.Check, 1, "a\nb\u001b[31mc\u0000").Bytes).Records[0];

        Assert.Equal("a b [31mc", record.Text);
    }

    [Fact]
    public void Any_bytes_give_records_or_a_named_problem() => Prop.ForAll<byte[]>(bytes =>
    {
        ReportStream stream = ReportStream.Read(bytes);
        _ = GuestReport.From(stream);
        return bytes.Length == 0 || stream.Problem is { Length: > 0 };
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_damage_to_a_good_report_gives_records_or_a_named_problem() =>
        Prop.ForAll<NonNegativeInt, byte[]>((at, patch) =>
        {
            byte[] good = ReportWriter.Passing().Bytes;
            int offset = at.Get % good.Length;
            byte[] bytes = [.. good[..offset], .. patch, .. good[Math.Min(good.Length, offset + patch.Length)..]];
            GuestReport report = GuestReport.From(ReportStream.Read(bytes));
            return report.Problem is null == bytes.SequenceEqual(good) || report.Problem is null;
        }).QuickCheckThrowOnFailure();

    [Fact]
    public void Any_sequence_of_sound_records_is_interpreted_without_throwing() => Prop.ForAll<byte[]>(kinds =>
    {
        ReportWriter writer = new();
        foreach (byte kind in kinds)
        {
            ReportKind chosen = (ReportKind)((kind % 11) + 1);
            _ = chosen switch
            {
                ReportKind.Boot => writer.Boot((uint)(kind >> 6)),
                ReportKind.Counter => writer.Count(kind, (Counter)(kind / 4), kind),
                ReportKind.UserFault => writer.Struct(chosen, default(FaultReport)),
                ReportKind.Panic => writer.Panic("p"),
                _ => writer.Text(chosen, kind >> 5, $"n{kind >> 4}"),
            };
        }

        ReportStream stream = ReportStream.Read(writer.Bytes);
        _ = GuestReport.From(stream);
        return stream.Problem is null && stream.Records.Count == kinds.Length;
    }).QuickCheckThrowOnFailure();
}
