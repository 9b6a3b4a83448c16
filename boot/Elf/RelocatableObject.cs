using System;
using System.Collections.Generic;
using System.Linq;

namespace Lachesis.Boot.Elf;

/// <summary>
/// An ELF64 x86-64 object file in the making: sections, symbols and relocations, in the order in which they were added, so
/// that the same calls give the same bytes. <c>ld</c> links it beside the compiler's object.
/// </summary>
public sealed class RelocatableObject
{
    private readonly List<ObjectSection> _sections = [];
    private readonly List<Symbol> _symbols = [];
    private readonly HashSet<string> _defined = [];

    /// <summary>The sections added so far.</summary>
    public IReadOnlyList<ObjectSection> Sections => _sections;

    internal IReadOnlyList<Symbol> Symbols => _symbols;

    /// <summary>Adds a section; its name must be new.</summary>
    public ObjectSection AddSection(string name, SectionKind kind, ulong alignment)
    {
        if (_sections.Any(section => section.Name == name))
        {
            throw new ArgumentException($"section '{name}' exists already", nameof(name));
        }

        var section = new ObjectSection(name, kind, alignment);
        _sections.Add(section);
        return section;
    }

    /// <summary>Defines a symbol: <paramref name="size"/> bytes at <paramref name="offset"/> of a section.</summary>
    public void DefineSymbol(
        string name, ObjectSection section, ulong offset, ulong size, SymbolType type, bool global = true)
    {
        if (offset > section.Length || size > section.Length - offset)
        {
            throw new ArgumentOutOfRangeException(nameof(size), size, $"symbol '{name}' leaves {section.Name}");
        }

        if (!_defined.Add(name))
        {
            throw new ArgumentException($"symbol '{name}' is defined already", nameof(name));
        }

        _symbols.Add(new Symbol(name, section, offset, size, type, global));
    }

    /// <summary>Asks the linker to write the address of a symbol at <paramref name="offset"/> of a section. A symbol that
    /// nothing here defines is left to the other objects of the link.</summary>
    public void AddRelocation(ObjectSection section, ulong offset, string symbol, RelocationType type, long addend)
    {
        ulong width = type == RelocationType.Abs64 ? 8UL : 4UL;
        if (offset > section.Length || width > section.Length - offset)
        {
            throw new ArgumentOutOfRangeException(nameof(offset), offset, $"a reference to '{symbol}' leaves {section.Name}");
        }

        section.Relocations.Add(new ObjectSection.Relocation(offset, symbol, type, addend));
    }

    /// <summary>The file's bytes.</summary>
    public byte[] ToBytes() => new ObjectWriter(this).Write();

    internal readonly record struct Symbol(
        string Name, ObjectSection Section, ulong Offset, ulong Size, SymbolType Type, bool Global);
}
