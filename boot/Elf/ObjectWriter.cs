using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Text;

namespace Lachesis.Boot.Elf;

/// <summary>
/// Lays a <see cref="RelocatableObject"/> out as a file: header, section contents, section headers. Sections are, in order:
/// the null section, the object's own, one .rela for each that has relocations, .note.GNU-stack, .symtab, .strtab,
/// .shstrtab.
/// </summary>
internal sealed class ObjectWriter
{
    private const int HeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const int SymbolSize = 24;
    private const int RelocationSize = 24;

    private const uint TypeProgramBits = 1;
    private const uint TypeSymbolTable = 2;
    private const uint TypeStringTable = 3;
    private const uint TypeRelocations = 4;
    private const uint TypeNote = 7;

    private const ulong FlagWrite = 1;
    private const ulong FlagAllocate = 2;
    private const ulong FlagExecute = 4;
    private const ulong FlagInfoLink = 0x40;

    private readonly RelocatableObject _object;
    private readonly List<RelocatableObject.Symbol> _symbols;
    private readonly int _localCount;
    private readonly StringTable _symbolNames = new();
    private readonly StringTable _sectionNames = new();

    internal ObjectWriter(RelocatableObject source)
    {
        _object = source;
        var defined = source.Symbols.Select(symbol => symbol.Name).ToHashSet();
        IEnumerable<RelocatableObject.Symbol> undefined = source.Sections
            .SelectMany(section => section.Relocations)
            .Select(relocation => relocation.Symbol)
            .Distinct()
            .Where(name => !defined.Contains(name))
            .Select(name => new RelocatableObject.Symbol(name, null, 0, 0, SymbolType.None, true));

        // The format wants every local symbol before the first global one.
        _symbols = [.. source.Symbols.Where(s => !s.Global), .. source.Symbols.Where(s => s.Global), .. undefined];
        _localCount = source.Symbols.Count(s => !s.Global);
    }

    internal byte[] Write()
    {
        List<OutputSection> sections = LayOut();
        var file = new MemoryStream();
        var writer = new BinaryWriter(file);
        writer.Write(new byte[HeaderSize]);
        var offsets = new List<ulong>();
        foreach (OutputSection section in sections)
        {
            Pad(writer, section.Alignment);
            offsets.Add((ulong)file.Position);
            writer.Write(section.Bytes);
        }

        Pad(writer, 8);
        ulong headers = (ulong)file.Position;
        writer.Write(new byte[SectionHeaderSize]);
        for (int i = 0; i < sections.Count; i++)
        {
            WriteSectionHeader(writer, sections[i], offsets[i]);
        }

        file.Position = 0;
        WriteHeader(writer, headers, sections.Count + 1);
        return file.ToArray();
    }

    private List<OutputSection> LayOut()
    {
        var sections = new List<OutputSection>();
        foreach (ObjectSection section in _object.Sections)
        {
            (uint type, ulong flags) = Describe(section.Kind);
            sections.Add(new OutputSection(section.Name, type, flags, section.Bytes, section.Alignment, 0, 0, 0));
        }

        ObjectSection[] relocated = _object.Sections.Where(section => section.Relocations.Count > 0).ToArray();
        uint symbolTable = (uint)(1 + sections.Count + relocated.Length + 1);
        foreach (ObjectSection section in relocated)
        {
            sections.Add(new OutputSection(
                ".rela" + section.Name, TypeRelocations, FlagInfoLink, RelocationBytes(section), 8,
                symbolTable, IndexOf(section), RelocationSize));
        }

        // Without this section the linker takes the object to want an executable stack.
        sections.Add(new OutputSection(".note.GNU-stack", TypeProgramBits, 0, [], 1, 0, 0, 0));
        byte[] symbols = SymbolBytes();
        sections.Add(new OutputSection(
            ".symtab", TypeSymbolTable, 0, symbols, 8, symbolTable + 1, (uint)(_localCount + 1), SymbolSize));
        sections.Add(new OutputSection(".strtab", TypeStringTable, 0, _symbolNames.ToBytes(), 1, 0, 0, 0));
        foreach (OutputSection section in sections)
        {
            _sectionNames.Add(section.Name);
        }

        _sectionNames.Add(".shstrtab");
        sections.Add(new OutputSection(".shstrtab", TypeStringTable, 0, _sectionNames.ToBytes(), 1, 0, 0, 0));
        return sections;
    }

    private static (uint Type, ulong Flags) Describe(SectionKind kind) => kind switch
    {
        SectionKind.Code => (TypeProgramBits, FlagAllocate | FlagExecute),
        SectionKind.ReadOnlyData => (TypeProgramBits, FlagAllocate),
        SectionKind.Data => (TypeProgramBits, FlagAllocate | FlagWrite),
        SectionKind.Note => (TypeNote, FlagAllocate),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind of section"),
    };

    private uint IndexOf(ObjectSection? section)
    {
        for (int i = 0; i < _object.Sections.Count; i++)
        {
            if (ReferenceEquals(_object.Sections[i], section))
            {
                return (uint)(i + 1);
            }
        }

        return 0;
    }

    private byte[] RelocationBytes(ObjectSection section)
    {
        var bytes = new MemoryStream();
        var writer = new BinaryWriter(bytes);
        foreach (ObjectSection.Relocation relocation in section.Relocations)
        {
            int symbol = _symbols.FindIndex(candidate => candidate.Name == relocation.Symbol) + 1;
            writer.Write(relocation.Offset);
            writer.Write(((ulong)symbol << 32) | (uint)relocation.Type);
            writer.Write(relocation.Addend);
        }

        return bytes.ToArray();
    }

    private byte[] SymbolBytes()
    {
        var bytes = new MemoryStream();
        var writer = new BinaryWriter(bytes);
        writer.Write(new byte[SymbolSize]);
        foreach (RelocatableObject.Symbol symbol in _symbols)
        {
            writer.Write(_symbolNames.Add(symbol.Name));
            writer.Write((byte)(((symbol.Global ? 1 : 0) << 4) | (byte)symbol.Type));
            writer.Write((byte)0);
            writer.Write((ushort)IndexOf(symbol.Section));
            writer.Write(symbol.Offset);
            writer.Write(symbol.Size);
        }

        return bytes.ToArray();
    }

    private void WriteSectionHeader(BinaryWriter writer, OutputSection section, ulong offset)
    {
        writer.Write(_sectionNames.Add(section.Name));
        writer.Write(section.Type);
        writer.Write(section.Flags);
        writer.Write(0UL);
        writer.Write(offset);
        writer.Write((ulong)section.Bytes.Length);
        writer.Write(section.Link);
        writer.Write(section.Info);
        writer.Write(section.Alignment);
        writer.Write(section.EntrySize);
    }

    private static void WriteHeader(BinaryWriter writer, ulong sectionHeaders, int sectionCount)
    {
        writer.Write([0x7F, (byte)'E', (byte)'L', (byte)'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
        writer.Write((ushort)1); // ET_REL
        writer.Write((ushort)62); // EM_X86_64
        writer.Write(1U);
        writer.Write(0UL); // no entry
        writer.Write(0UL); // no program headers
        writer.Write(sectionHeaders);
        writer.Write(0U);
        writer.Write((ushort)HeaderSize);
        writer.Write((ushort)0);
        writer.Write((ushort)0);
        writer.Write((ushort)SectionHeaderSize);
        writer.Write((ushort)sectionCount);
        writer.Write((ushort)(sectionCount - 1)); // .shstrtab is the last
    }

    private static void Pad(BinaryWriter writer, ulong alignment)
    {
        while (((ulong)writer.BaseStream.Position & (alignment - 1)) != 0)
        {
            writer.Write((byte)0);
        }
    }

    private readonly record struct OutputSection(
        string Name, uint Type, ulong Flags, byte[] Bytes, ulong Alignment, uint Link, uint Info, ulong EntrySize);

    private sealed class StringTable
    {
        private readonly Dictionary<string, uint> _offsets = [];
        private readonly List<byte> _bytes = [0];

        public uint Add(string text)
        {
            if (!_offsets.TryGetValue(text, out uint offset))
            {
                offset = (uint)_bytes.Count;
                _offsets.Add(text, offset);
                _bytes.AddRange(Encoding.UTF8.GetBytes(text));
                _bytes.Add(0);
            }

            return offset;
        }

        public byte[] ToBytes() => _bytes.ToArray();
    }
}
