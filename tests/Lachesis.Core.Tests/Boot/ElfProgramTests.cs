using System;
using System.Buffers.Binary;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Lachesis.Abi;
using Lachesis.Core.Boot;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Boot;

public unsafe class ElfProgramTests
{
    private const ulong Entry = 0x40_1010;
    private static readonly Images.Segment s_text = Images.Text;
    private static readonly Images.Segment s_data = Images.Data;

    [Fact]
    public void A_sound_program_is_read_back()
    {
        using var memory = new GuardedMemory(Images.ValidProgram());

        Assert.Equal(Error.None, ElfProgram.Validate(memory.Start, memory.Length, out ElfProgram program));

        Assert.Equal(Entry, program.Entry);
        Assert.Equal(2u, program.SegmentCount);
        ElfSegment text = program.Segment(0);
        Assert.Equal((s_text.Offset, s_text.Address, s_text.FileBytes), (text.Offset, text.Address, text.FileBytes));
        Assert.True(text.Executable);
        Assert.False(text.Writable);
        ElfSegment data = program.Segment(1);
        Assert.Equal((s_data.Address, s_data.MemoryBytes), (data.Address, data.MemoryBytes));
        Assert.False(data.Executable);
        Assert.True(data.Writable);
    }

    [Fact]
    public void Headers_that_load_nothing_are_passed_over()
    {
        var note = new Images.Segment(4, 0, 0, 0, 0, Type: 4);
        var empty = new Images.Segment(6, 0, 0, 0, 0);
        using var memory = new GuardedMemory(Images.Program(Entry, note, empty, s_text, note, empty, s_data, note));

        Assert.Equal(Error.None, ElfProgram.Validate(memory.Start, memory.Length, out ElfProgram program));

        Assert.Equal(2u, program.SegmentCount);
        Assert.Equal(s_text.Address, program.Segment(0).Address);
        Assert.Equal(s_data.Address, program.Segment(1).Address);
    }

    [Fact]
    public void The_whole_program_area_can_be_used()
    {
        var low = new Images.Segment(5, 0, UserLayout.ProgramBase, 0x2000, 0x2000);
        var high = new Images.Segment(6, 0x1FFF, UserLayout.ProgramLimit - 1, 1, 1);
        Assert.Equal(Error.None, Validate(UserLayout.ProgramBase, low, high));
    }

    public static TheoryData<string> BadSegments => new(s_cases.Select(@case => @case.What));

    private static readonly (string What, Images.Segment[] Segments, ulong Entry)[] s_cases =
    [
        ("nothing to load", [new(5, 0, 0, 0, 0)], 0),
        ("no header", [], 0),
        ("more headers than allowed", Enumerable.Repeat(s_text with { Type = 4 }, 16).Append(s_text).ToArray(), Entry),
        ("below the program area", [s_text with { Address = UserLayout.ProgramBase - 0x1000, MemoryBytes = 0x2000 }, s_data],
            UserLayout.ProgramBase - 0x1000),
        ("above the program area", [s_text, s_data with { Address = UserLayout.ProgramLimit + 0x800 }], Entry),
        ("memory leaves the program area", [s_text, s_data with { MemoryBytes = UserLayout.ProgramLimit - s_data.Address + 1 }], Entry),
        ("memory wraps", [s_text, s_data with { MemoryBytes = ulong.MaxValue - 0x40_0000 }], Entry),
        ("address wraps", [s_text, s_data with { Address = 0xFFFF_FFFF_FFFF_F800, MemoryBytes = 0x1000 }], Entry),
        ("in kernel space", [s_text, s_data with { Address = 0xFFFF_8000_0000_0800 }], Entry),
        ("more in the file than in memory", [s_text, s_data with { MemoryBytes = 0xFF }], Entry),
        ("starts behind the file", [s_text, s_data with { Offset = 0x2800, FileBytes = 0 }], Entry),
        ("ends behind the file", [s_text, s_data with { FileBytes = 0x801 }], Entry),
        ("file range wraps", [s_text, s_data with { FileBytes = ulong.MaxValue - 0x1000, MemoryBytes = ulong.MaxValue }], Entry),
        ("not page-congruent", [s_text, s_data with { Address = 0x40_2801 }], Entry),
        ("writable and executable", [s_text with { Flags = 7 }, s_data], Entry),
        ("not readable", [s_text, s_data with { Flags = 2 }], Entry),
        ("descending", [s_data, s_text], Entry),
        ("the same page", [s_text, s_data with { Address = 0x40_1800 }], Entry),
        ("overlapping", [s_text with { MemoryBytes = 0x1801 }, s_data], Entry),
        ("entry in data", [s_text, s_data], 0x40_2800),
        ("entry before text", [s_text, s_data], 0x40_0FFF),
        ("entry behind text", [s_text, s_data], 0x40_1800),
        ("entry in the zeros behind text", [s_text with { MemoryBytes = 0x1000 }, s_data], 0x40_1800),
        ("no code", [s_data], Entry),
        ("dynamic", [s_text, s_data, new(6, 0, 0, 0, 0, Type: 2)], Entry),
        ("interpreter", [new(4, 0, 0, 0, 0, Type: 3), s_text, s_data], Entry),
        ("thread-local data", [s_text, s_data, new(4, 0, 0, 0, 0, Type: 7)], Entry),
    ];

    [Theory]
    [MemberData(nameof(BadSegments))]
    public void Bad_segments_are_refused(string what)
    {
        (_, Images.Segment[] segments, ulong entry) = s_cases.Single(@case => @case.What == what);
        Assert.Equal(Error.BadProgram, Validate(entry, segments));
    }

    [Theory]
    [InlineData(0, 0x7E, "magic")]
    [InlineData(4, 1, "32 bits")]
    [InlineData(5, 2, "big-endian")]
    [InlineData(6, 0, "ident version")]
    [InlineData(16, 3, "position-independent")]
    [InlineData(16, 1, "object file")]
    [InlineData(18, 3, "another machine")]
    [InlineData(20, 2, "version")]
    [InlineData(52, 63, "header size")]
    [InlineData(54, 55, "program header size")]
    public void A_bad_header_is_refused(int position, byte value, string what)
    {
        byte[] image = Images.ValidProgram();
        image[position] = value;
        Assert.True(Validate(image) == Error.BadProgram, what);
    }

    [Theory]
    [InlineData(8192 - 111)]
    [InlineData(8192)]
    [InlineData(8193)]
    [InlineData(-1)]
    [InlineData(-112)]
    [InlineData(long.MinValue)]
    public void Program_headers_outside_of_the_file_are_refused(long offset)
    {
        byte[] image = Images.ValidProgram();
        BinaryPrimitives.WriteInt64LittleEndian(image.AsSpan(32), offset);
        Assert.Equal(Error.BadProgram, Validate(image));
    }

    [Fact]
    public void Truncations_are_refused()
    {
        byte[] image = Images.ValidProgram();
        int needed = (int)(s_data.Offset + s_data.FileBytes);
        for (int length = 0; length < needed; length += length < 256 ? 1 : 61)
        {
            Assert.Equal(Error.BadProgram, Validate(image.AsSpan(0, length)));
        }

        Assert.Equal(Error.None, Validate(image.AsSpan(0, needed)));
    }

    /// <summary>Whatever is accepted can be loaded without another check.</summary>
    [Fact]
    public void Hostile_programs_never_lead_outside() => Prop.ForAll(Mutation.Any(64 + (2 * 56)), input =>
    {
        using var memory = new GuardedMemory(Mutation.Apply(Images.ValidProgram(), input.Changes, input.Kept));
        if (ElfProgram.Validate(memory.Start, memory.Length, out ElfProgram program) != Error.None)
        {
            return;
        }

        ulong freeFrom = UserLayout.ProgramBase;
        for (uint i = 0; i < program.SegmentCount; i++)
        {
            ElfSegment segment = program.Segment(i);
            Assert.False(segment.Writable && segment.Executable);
            Assert.True(segment.Offset + segment.FileBytes <= memory.Length);
            Assert.True((segment.Address & ~0xFFFul) >= freeFrom);
            Assert.True(segment.MemoryBytes >= segment.FileBytes && segment.MemoryBytes != 0);
            freeFrom = segment.Address + segment.MemoryBytes;
            Assert.True(freeFrom <= UserLayout.ProgramLimit);
        }

        Assert.NotEqual(0u, program.SegmentCount);
    }).Check(Config.QuickThrowOnFailure.WithMaxTest(5000));

    private static Error Validate(ulong entry, params Images.Segment[] segments) =>
        Validate(Images.Program(entry, segments));

    private static Error Validate(ReadOnlySpan<byte> image)
    {
        using var memory = new GuardedMemory(image);
        return ElfProgram.Validate(memory.Start, memory.Length, out _);
    }
}
