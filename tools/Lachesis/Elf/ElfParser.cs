using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using System.Text;

namespace Lachesis.Tools.Elf;

/// <summary>Takes an ELF64 file apart. Every offset, size and index in it is checked before use: it may hold
/// anything.</summary>
internal sealed class ElfParser(string path, ReadOnlyMemory<byte> bytes)
{
    private const int HeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int SymbolSize = 24;
    private const ushort MachineX64 = 62;
    private const int LongestName = 4096;

    internal ElfFile Parse()
    {
        if (bytes.Length < HeaderSize || !bytes.Span.StartsWith("\u007FELF"u8))
        {
            throw Error("not an ELF file");
        }

        ReadOnlySpan<byte> header = bytes.Span[..HeaderSize];
        var type = (ElfFileType)UInt16(header, 16);
        if (header[4] != 2 || header[5] != 1 || UInt16(header, 18) != MachineX64 || !Enum.IsDefined(type))
        {
            throw Error("not an ELF64 object or executable for x86-64");
        }

        List<ElfSection> sections = ReadSections(UInt64(header, 40), UInt16(header, 60), UInt16(header, 62), UInt16(header, 58));
        List<ElfSegment> segments = ReadSegments(UInt64(header, 32), UInt16(header, 56), UInt16(header, 54));
        return new ElfFile(path, bytes, type, UInt64(header, 24), sections, segments, ReadSymbols(sections));
    }

    private List<ElfSection> ReadSections(ulong offset, int count, int nameIndex, int entrySize)
    {
        ReadOnlySpan<byte> table = Table("section headers", offset, count, entrySize, SectionHeaderSize);
        var sections = new List<ElfSection>();
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = table.Slice(i * SectionHeaderSize, SectionHeaderSize);
            var section = new ElfSection(
                i, "", UInt32(entry, 4), UInt64(entry, 8), UInt64(entry, 16), UInt64(entry, 24), UInt64(entry, 32),
                UInt32(entry, 40), UInt64(entry, 56));

            // The null section's fields mean other things.
            if (i > 0 && section.Type != ElfSection.TypeNoBits)
            {
                _ = Range($"section {i}", section.Offset, section.Size);
            }

            sections.Add(section);
        }

        if (nameIndex != 0)
        {
            ReadOnlyMemory<byte> names = StringTable(sections, (uint)nameIndex);
            for (int i = 0; i < count; i++)
            {
                uint name = UInt32(table, i * SectionHeaderSize);
                sections[i] = sections[i] with { Name = Name(names, name) };
            }
        }

        return sections;
    }

    private List<ElfSegment> ReadSegments(ulong offset, int count, int entrySize)
    {
        ReadOnlySpan<byte> table = Table("program headers", offset, count, entrySize, ProgramHeaderSize);
        var segments = new List<ElfSegment>();
        for (int i = 0; i < count; i++)
        {
            ReadOnlySpan<byte> entry = table.Slice(i * ProgramHeaderSize, ProgramHeaderSize);
            var segment = new ElfSegment(
                UInt32(entry, 0), UInt32(entry, 4), UInt64(entry, 8), UInt64(entry, 16), UInt64(entry, 32),
                UInt64(entry, 40));
            _ = Range($"segment {i}", segment.Offset, segment.FileSize);
            if (segment.FileSize > segment.MemorySize || segment.MemorySize > ulong.MaxValue - segment.Address)
            {
                throw Error($"segment {i} has an impossible size");
            }

            segments.Add(segment);
        }

        return segments;
    }

    private List<ElfSymbol> ReadSymbols(List<ElfSection> sections)
    {
        var symbols = new List<ElfSymbol>();
        foreach (ElfSection section in sections.Where(section => section.Type == ElfSection.TypeSymbols))
        {
            if (section.EntrySize != SymbolSize || section.Size % SymbolSize != 0)
            {
                throw Error($"symbol table {section.Index} has entries of an unknown size");
            }

            ReadOnlyMemory<byte> names = StringTable(sections, section.Link);
            ReadOnlySpan<byte> table = Range("symbols", section.Offset, section.Size).Span;
            for (int i = 0; i < table.Length; i += SymbolSize)
            {
                ReadOnlySpan<byte> entry = table.Slice(i, SymbolSize);
                string name = Name(names, UInt32(entry, 0));
                if (name.Length > 0)
                {
                    symbols.Add(new ElfSymbol(
                        name, UInt64(entry, 8), UInt64(entry, 16), (ElfSymbolType)(entry[4] & 0xF), entry[4] >> 4 != 0,
                        UInt16(entry, 6)));
                }
            }
        }

        return symbols;
    }

    private ReadOnlySpan<byte> Table(string what, ulong offset, int count, int entrySize, int expectedSize)
    {
        if (count == 0)
        {
            return [];
        }

        return entrySize == expectedSize
            ? Range(what, offset, (ulong)count * (ulong)expectedSize).Span
            : throw Error($"{what} of an unknown size");
    }

    private ReadOnlyMemory<byte> StringTable(List<ElfSection> sections, uint index)
    {
        if (index >= sections.Count || sections[(int)index].Type == ElfSection.TypeNoBits)
        {
            throw Error($"section {index} is not there, but should hold names");
        }

        ElfSection section = sections[(int)index];
        return Range("names", section.Offset, section.Size);
    }

    private string Name(ReadOnlyMemory<byte> names, uint offset)
    {
        if (offset == 0)
        {
            return "";
        }

        if (offset >= names.Length)
        {
            throw Error("a name lies outside of its table");
        }

        ReadOnlySpan<byte> rest = names.Span[(int)offset..];
        int length = rest.IndexOf((byte)0);
        return length is >= 0 and <= LongestName
            ? Encoding.UTF8.GetString(rest[..length])
            : throw Error("a name has no end");
    }

    private ReadOnlyMemory<byte> Range(string what, ulong offset, ulong size) =>
        offset <= (ulong)bytes.Length && size <= (ulong)bytes.Length - offset
            ? bytes.Slice((int)offset, (int)size)
            : throw Error($"{what} lies outside of the file");

    private ElfException Error(string message) => new($"{path}: {message}");

    private static ushort UInt16(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadUInt16LittleEndian(from[at..]);

    private static uint UInt32(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadUInt32LittleEndian(from[at..]);

    private static ulong UInt64(ReadOnlySpan<byte> from, int at) => BinaryPrimitives.ReadUInt64LittleEndian(from[at..]);
}
