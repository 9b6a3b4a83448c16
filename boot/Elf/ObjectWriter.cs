using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using LibObjectFile.Elf;

namespace Lachesis.Boot.Elf;

/// <summary>
/// Lays a <see cref="RelocatableObject"/> out as a file. Sections are, in order: the null section, the object's own, one
/// .rela for each that has relocations, .note.GNU-stack, .symtab, .strtab, .shstrtab.
/// </summary>
internal sealed class ObjectWriter
{
    private const uint TableAlignment = 8;

    private readonly RelocatableObject _object;
    private readonly ElfFile _file = new(ElfArch.X86_64) { FileType = ElfFileType.Relocatable };
    private readonly ElfStringTable _names = new();
    private readonly ElfSymbolTable _symbols;
    private readonly Dictionary<ObjectSection, ElfSection> _sections = [];
    private readonly Dictionary<string, uint> _symbolIndices = [];

    internal ObjectWriter(RelocatableObject source)
    {
        _object = source;
        _symbols = new ElfSymbolTable(isDynamic: false) { Link = _names };
        Align(_symbols, TableAlignment);
    }

    internal byte[] Write()
    {
        foreach (ObjectSection section in _object.Sections)
        {
            _sections.Add(section, AddSection(section));
        }

        AddSymbols();
        foreach (ObjectSection section in _object.Sections.Where(section => section.Relocations.Count > 0))
        {
            AddRelocations(section);
        }

        // Without this section the linker takes the object to want an executable stack.
        _file.Add(new ElfStreamSection(ElfSectionType.ProgBits, new MemoryStream()) { Name = ".note.GNU-stack" });
        _file.Add(_symbols);
        _file.Add(_names);
        _file.Add(new ElfSectionHeaderStringTable());
        _file.Add(new ElfSectionHeaderTable { FileAlignment = TableAlignment });

        var bytes = new MemoryStream();
        _file.Write(bytes);
        return bytes.ToArray();
    }

    private ElfStreamSection AddSection(ObjectSection section)
    {
        (ElfSectionType type, ElfSectionFlags flags) = Describe(section.Kind);
        var added = new ElfStreamSection(type, new MemoryStream(section.Bytes)) { Name = section.Name, Flags = flags };
        Align(added, (uint)section.Alignment);
        return _file.Add(added);
    }

    // The format wants every local symbol before the first global one. The null symbol is in the table already.
    private void AddSymbols()
    {
        foreach (RelocatableObject.Symbol symbol in _object.Symbols.OrderBy(symbol => symbol.Global))
        {
            AddSymbol(new ElfSymbol
            {
                Name = symbol.Name,
                Value = symbol.Offset,
                Size = symbol.Size,
                Type = (ElfSymbolType)symbol.Type,
                Bind = symbol.Global ? ElfSymbolBind.Global : ElfSymbolBind.Local,
                SectionLink = _sections[symbol.Section],
            });
        }

        IEnumerable<string> referenced = _object.Sections.SelectMany(section => section.Relocations).Select(relocation => relocation.Symbol);
        foreach (string name in referenced.Distinct().Where(name => !_symbolIndices.ContainsKey(name)).ToArray())
        {
            AddSymbol(new ElfSymbol { Name = name, Bind = ElfSymbolBind.Global });
        }
    }

    private void AddSymbol(ElfSymbol symbol)
    {
        _symbolIndices.Add(symbol.Name.Value, (uint)_symbols.Entries.Count);
        _symbols.Entries.Add(symbol);
    }

    private void AddRelocations(ObjectSection section)
    {
        var table = new ElfRelocationTable(true)
        {
            Name = ".rela" + section.Name,
            Link = _symbols,
            Info = _sections[section],
        };
        Align(table, TableAlignment);
        foreach (ObjectSection.Relocation relocation in section.Relocations)
        {
            table.Entries.Add(new ElfRelocation
            {
                Offset = relocation.Offset,
                Type = new ElfRelocationType(ElfArch.X86_64, (uint)relocation.Type),
                SymbolIndex = _symbolIndices[relocation.Symbol],
                Addend = relocation.Addend,
            });
        }

        _file.Add(table);
    }

    private static void Align(ElfSection section, uint alignment)
    {
        section.VirtualAddressAlignment = alignment;
        section.FileAlignment = alignment;
    }

    private static (ElfSectionType Type, ElfSectionFlags Flags) Describe(SectionKind kind) => kind switch
    {
        SectionKind.Code => (ElfSectionType.ProgBits, ElfSectionFlags.Alloc | ElfSectionFlags.Executable),
        SectionKind.ReadOnlyData => (ElfSectionType.ProgBits, ElfSectionFlags.Alloc),
        SectionKind.Data => (ElfSectionType.ProgBits, ElfSectionFlags.Alloc | ElfSectionFlags.Write),
        SectionKind.Note => (ElfSectionType.Note, ElfSectionFlags.Alloc),
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "no such kind of section"),
    };
}
