using System;
using System.Buffers.Binary;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Lachesis.Abi;
using Lachesis.Core.Boot;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Boot;

public unsafe class RamdiskReaderTests
{
    private const int EntryCount = 8;
    private const int Reserved = 12;
    private const int TotalBytes = 16;
    private const int FirstEntry = 24;
    private const int SecondEntry = FirstEntry + 64;
    private const int Offset = 48;
    private const int Length = 56;

    [Fact]
    public void A_sound_ramdisk_is_read_back()
    {
        using var memory = new GuardedMemory(Images.ValidRamdisk(), pageAligned: true);

        Assert.Equal(Error.None, RamdiskReader.Open(memory.Start, memory.Length, out Ramdisk ramdisk));

        Assert.Equal(3u, ramdisk.Count);
        Assert.Equal("child", Encoding.UTF8.GetString(ramdisk.File(2).Name, 5));
        RamdiskFile file = ramdisk.File(1);
        Assert.Equal(Images.ValidProgram(), new ReadOnlySpan<byte>(file.Start, (int)file.Length).ToArray());
    }

    [Theory]
    [InlineData("thread", Error.None, 1)]
    [InlineData("child", Error.None, 2)]
    [InlineData("threa", Error.NotFound, 0)]
    [InlineData("threads", Error.NotFound, 0)]
    [InlineData("", Error.NotFound, 0)]
    [InlineData("manifest", Error.NotFound, 0)]
    public void Programs_are_found_by_their_whole_name(string name, Error expected, uint expectedIndex)
    {
        using var memory = new GuardedMemory(Images.ValidRamdisk(), pageAligned: true);
        Assert.Equal(Error.None, RamdiskReader.Open(memory.Start, memory.Length, out Ramdisk ramdisk));
        byte* padded = stackalloc byte[RamdiskEntry.MaxName + 1];
        Encoding.UTF8.GetBytes(name, new Span<byte>(padded, RamdiskEntry.MaxName));

        Assert.Equal(expected, ramdisk.Find(padded, out uint index));
        Assert.Equal(expectedIndex, index);
    }

    [Theory]
    [InlineData(0, 0x4D41_524Bul, "magic")]
    [InlineData(4, 2ul, "version")]
    [InlineData(EntryCount, 0ul, "no file")]
    [InlineData(EntryCount, 65ul, "more files than allowed")]
    [InlineData(EntryCount, 0xFFFF_FFFFul, "entries beyond the end")]
    [InlineData(Reserved, 1ul, "reserved field")]
    [InlineData(TotalBytes, 24ul, "total below the table")]
    [InlineData(TotalBytes, 0x10_0000ul, "total above the length")]
    [InlineData(FirstEntry, 0ul, "name empty")]
    [InlineData(FirstEntry + 40, 0x100_0000_0000_0000ul, "name not terminated")]
    [InlineData(FirstEntry + 16, 1ul, "name not padded")]
    [InlineData(FirstEntry + Offset, 4097ul, "offset not aligned")]
    [InlineData(FirstEntry + Offset, 0ul, "file over the table")]
    [InlineData(FirstEntry + Offset, 0xFFFF_FFFF_FFFF_F000ul, "offset wraps")]
    [InlineData(FirstEntry + Length, 0ul, "file empty")]
    [InlineData(FirstEntry + Length, ulong.MaxValue, "length wraps")]
    [InlineData(FirstEntry + Length, 0xFFFF_FFFF_FFFF_F000ul, "end wraps to zero")]
    [InlineData(SecondEntry + Offset, 4096ul, "files overlap")]
    public void A_bad_field_is_refused(int position, ulong value, string what)
    {
        byte[] image = Images.ValidRamdisk();
        if (position is >= 4 and < TotalBytes or 0)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(image.AsSpan(position), (uint)value);
        }
        else
        {
            BinaryPrimitives.WriteUInt64LittleEndian(image.AsSpan(position), value);
        }

        using var memory = new GuardedMemory(image, pageAligned: true);
        Assert.True(RamdiskReader.Open(memory.Start, memory.Length, out Ramdisk ramdisk) == Error.BadArgument, what);
        Assert.Equal(0u, ramdisk.Count);
    }

    [Fact]
    public void Two_files_of_one_name_are_refused()
    {
        byte[] image = Images.Ramdisk(("manifest", [1]), ("thread", [1]), ("thread", [1]));
        using var memory = new GuardedMemory(image, pageAligned: true);

        Assert.Equal(Error.BadArgument, RamdiskReader.Open(memory.Start, memory.Length, out _));
    }

    [Fact]
    public void A_ramdisk_off_a_page_boundary_is_refused()
    {
        byte[] image = Images.ValidRamdisk();
        using var memory = new GuardedMemory(new byte[image.Length + 8], pageAligned: true);
        image.CopyTo(new Span<byte>(memory.Start + 8, image.Length));

        Assert.Equal(Error.BadArgument, RamdiskReader.Open(memory.Start + 8, (ulong)image.Length, out _));
    }

    [Fact]
    public void Every_truncation_is_refused()
    {
        byte[] image = Images.ValidRamdisk();
        for (int length = 0; length < image.Length; length += length < 512 ? 1 : 97)
        {
            using var memory = new GuardedMemory(image.AsSpan(0, length), pageAligned: true);
            Assert.Equal(Error.BadArgument, RamdiskReader.Open(memory.Start, memory.Length, out _));
        }
    }

    /// <summary>Nothing behind the last byte may count: the answer is the same whatever lies there.</summary>
    [Fact]
    public void Hostile_ramdisks_never_lead_outside() => Prop.ForAll(Mutation.Any(24 + (3 * 64)), input =>
    {
        byte[] image = Mutation.Apply(Images.ValidRamdisk(), input.Changes, input.Kept);
        return Walk(image, 0x00) == Walk(image, 0xFF);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));

    private static (Error Result, ulong Sum) Walk(byte[] image, byte poison)
    {
        using var memory = new GuardedMemory(image, pageAligned: true, poison);
        Error error = RamdiskReader.Open(memory.Start, memory.Length, out Ramdisk ramdisk);
        ulong sum = 0;
        for (uint i = 0; i < ramdisk.Count; i++)
        {
            RamdiskFile file = ramdisk.File(i);
            for (ulong at = 0; at < file.Length; at++)
            {
                sum = (sum * 31) + file.Start[at];
            }
        }

        return (error, sum);
    }
}
