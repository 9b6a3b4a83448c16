using System;
using System.Buffers.Binary;
using System.IO;
using System.Linq;
using FsCheck;
using FsCheck.Fluent;
using Lachesis.Boot.Elf;
using Lachesis.Tools.Elf;
using Xunit;

namespace Lachesis.Tools.Tests.Elf;

public class ElfFileTests
{
    private static readonly byte[] s_object = MakeObject().ToBytes();

    [Fact]
    public void A_linked_image_is_read()
    {
        ElfFile image = Linker.Link(Linker.Script, ["-e", "first"], MakeObject());

        Assert.Equal(ElfFileType.Executable, image.Type);
        Assert.Equal(0x40_0000ul, image.Entry);
        ElfSegment[] segments = image.Segments.Where(segment => segment.IsLoaded).ToArray();
        Assert.Equal([0x40_0000ul, 0x40_1000], segments.Select(segment => segment.Address));
        Assert.True(segments[0] is { IsExecutable: true, IsWritable: false });
        Assert.True(segments[1] is { IsExecutable: false, IsWritable: true });
        Assert.Equal([7, 7], image.ReadAt(0x40_1002, 2)!.Value.ToArray());
    }

    [Theory]
    [InlineData(0x40_0000, "first", 0)]
    [InlineData(0x40_0005, "first", 5)]
    [InlineData(0x40_0010, "second", 0)]
    [InlineData(0x40_0017, "second", 7)]
    [InlineData(0x40_1003, "table", 3)]
    public void An_address_has_a_symbol(ulong address, string name, ulong offset) =>
        Assert.Equal((name, offset), Linker.Link(Linker.Script, [], MakeObject()).FindSymbol(address));

    [Theory]
    [InlineData(0)]
    [InlineData(0x3F_FFFF)]
    [InlineData(0x40_0006)]
    [InlineData(0x40_0018)]
    [InlineData(0x40_1004)]
    [InlineData(ulong.MaxValue)]
    public void An_address_between_symbols_has_none(ulong address) =>
        Assert.Null(Linker.Link(Linker.Script, [], MakeObject()).FindSymbol(address));

    [Fact]
    public void Of_several_symbols_at_a_place_the_function_is_found()
    {
        ElfFile image = Linker.Link(
            Linker.Script.Replace(".text : {", ".text : { text_start = .; ", StringComparison.Ordinal), [], MakeObject());
        Assert.Equal(("first", 1ul), image.FindSymbol(0x40_0001));
    }

    [Theory]
    [InlineData(0x40_0000, 0x19)]
    [InlineData(0x3F_FFFF, 1)]
    [InlineData(0x40_1004, 1)]
    [InlineData(0x40_1000, int.MaxValue)]
    [InlineData(ulong.MaxValue, 2)]
    public void Bytes_outside_of_the_file_are_not_read(ulong address, int length) =>
        Assert.Null(Linker.Link(Linker.Script, [], MakeObject()).ReadAt(address, length));

    [Theory]
    [InlineData(0, 0x7E, "not an ELF file")]
    [InlineData(4, 1, "not an ELF64 object")]
    [InlineData(16, 3, "not an ELF64 object")]
    [InlineData(18, 3, "not an ELF64 object")]
    [InlineData(47, 0x80, "section headers lies outside of the file")]
    [InlineData(58, 63, "section headers of an unknown size")]
    [InlineData(61, 0x7F, "section headers lies outside of the file")]
    [InlineData(62, 0xFF, "section 255 is not there")]
    public void A_bad_header_is_an_error(int position, byte value, string error)
    {
        byte[] bytes = s_object.ToArray();
        bytes[position] = value;
        string message = Assert.Throws<ElfException>(() => ElfFile.Parse("x.o", bytes)).Message;
        Assert.StartsWith($"x.o: {error}", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_is_an_error()
    {
        string path = Path.Combine(Path.GetTempPath(), "lachesis-no-such-folder", "kernel.elf");
        Assert.StartsWith(
            $"{path}: cannot be read: ", Assert.Throws<ElfException>(() => ElfFile.Load(path)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hostile_files_are_refused_or_read_but_never_worse()
    {
        Gen<ulong> value = Gen.OneOf(
            Gen.Choose(0, 0x400).Select(number => (ulong)number),
            Gen.Elements(0x7FFF_FFFFul, 0xFFFF_FFFF, 0x8000_0000_0000_0000, ulong.MaxValue, ulong.MaxValue - 8));
        Gen<(int Position, int Width, ulong Value)> mutation =
            from position in Gen.Choose(0, s_object.Length - 1)
            from width in Gen.Elements(1, 2, 4, 8)
            from number in value
            select (position, width, number);
        Prop.ForAll(
            mutation.ListOf().ToArbitrary(), Gen.Choose(0, s_object.Length).ToArbitrary(),
            (mutations, kept) =>
            {
                byte[] bytes = s_object.ToArray();
                byte[] field = new byte[8];
                foreach ((int position, int width, ulong number) in mutations)
                {
                    BinaryPrimitives.WriteUInt64LittleEndian(field, number);
                    field.AsSpan(0, Math.Min(width, bytes.Length - position)).CopyTo(bytes.AsSpan(position));
                }

                Read(bytes);
                Read(bytes.AsSpan(0, kept).ToArray());
            }).Check(Config.QuickThrowOnFailure.WithMaxTest(3000));
    }

    private static void Read(byte[] bytes)
    {
        try
        {
            ElfFile file = ElfFile.Parse("x", bytes);
            foreach (ElfSection section in file.Sections.Skip(1))
            {
                _ = file.ContentOf(section).Length;
                _ = file.FindSymbol(section.Address);
                _ = file.ReadAt(section.Address, 16);
            }
        }
        catch (ElfException error)
        {
            Assert.DoesNotContain('\n', error.Message);
        }
    }

    private static RelocatableObject MakeObject()
    {
        var file = new RelocatableObject();
        ObjectSection text = file.AddSection(".text", SectionKind.Code, 16);
        text.Append(Enumerable.Repeat((byte)0x90, 24).ToArray());
        ObjectSection data = file.AddSection(".data", SectionKind.Data, 16);
        data.Append([7, 7, 7, 7]);
        file.DefineSymbol("first", text, 0, 6, SymbolType.Function);
        file.DefineSymbol("second", text, 16, 8, SymbolType.Function, global: false);
        file.DefineSymbol("table", data, 0, 4, SymbolType.Object);
        return file;
    }
}
