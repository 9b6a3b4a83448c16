using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;

namespace Lachesis.Tools.Elf;

/// <summary>An ELF64 file for x86-64: a linked image or an object.</summary>
public sealed class ElfFile
{
    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly ElfSymbol[] _byAddress;

    internal ElfFile(
        string path, ReadOnlyMemory<byte> bytes, ElfFileType type, ulong entry,
        IReadOnlyList<ElfSection> sections, IReadOnlyList<ElfSegment> segments, IReadOnlyList<ElfSymbol> symbols)
    {
        Path = path;
        Type = type;
        Entry = entry;
        Sections = sections;
        Segments = segments;
        Symbols = symbols;
        _bytes = bytes;
        _byAddress = symbols.Where(NamesAddress).OrderBy(symbol => symbol.Address).ThenBy(Preference).ToArray();
    }

    /// <summary>The file, as it was named.</summary>
    public string Path { get; }

    /// <summary>Image or object.</summary>
    public ElfFileType Type { get; }

    /// <summary>Where it starts to run.</summary>
    public ulong Entry { get; }

    /// <summary>All sections, the null section among them, so that a symbol's index finds its own.</summary>
    public IReadOnlyList<ElfSection> Sections { get; }

    /// <summary>All segments.</summary>
    public IReadOnlyList<ElfSegment> Segments { get; }

    /// <summary>All named symbols.</summary>
    public IReadOnlyList<ElfSymbol> Symbols { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="ElfException">It is not a sound ELF64 file, or cannot be read.</exception>
    public static ElfFile Load(string path)
    {
        try
        {
            return Parse(path, InputFile.Read(path, InputFile.MaxBinary));
        }
        catch (IOException error)
        {
            throw new ElfException($"{path}: cannot be read: {error.Message}");
        }
    }

    /// <summary>Reads a file that is in memory already; <paramref name="path"/> only names it in errors.</summary>
    /// <exception cref="ElfException">It is not a sound ELF64 file.</exception>
    public static ElfFile Parse(string path, ReadOnlyMemory<byte> bytes) => new ElfParser(path, bytes).Parse();

    /// <summary>
    /// The function or variable that an address of the image lies in, and how far in; null if in none. A symbol without a
    /// size reaches to the next one. Where several symbols begin, the one that says the most about itself is taken.
    /// </summary>
    public (string Name, ulong Offset)? FindSymbol(ulong address)
    {
        int low = 0;
        int high = _byAddress.Length;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            if (_byAddress[middle].Address <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        if (low == 0)
        {
            return null;
        }

        ElfSymbol symbol = _byAddress[low - 1];
        ulong offset = address - symbol.Address;
        bool inside = symbol.Size == 0 ? Sections[symbol.Section].Contains(address) : offset < symbol.Size;
        return inside ? (symbol.Name, offset) : null;
    }

    /// <summary>Bytes of the image at an address, as they are when it is loaded; null if not all of them are in the
    /// file.</summary>
    public ReadOnlyMemory<byte>? ReadAt(ulong address, int length)
    {
        foreach (ElfSegment segment in Segments)
        {
            if (segment.Type == ElfSegment.TypeLoad && address >= segment.Address)
            {
                ulong start = address - segment.Address;
                if (start <= segment.FileSize && (ulong)length <= segment.FileSize - start)
                {
                    return _bytes.Slice((int)(segment.Offset + start), length);
                }
            }
        }

        return null;
    }

    /// <summary>Bytes of a section in the file; none if it has only zeros.</summary>
    public ReadOnlyMemory<byte> ContentOf(ElfSection section) => section.Type == ElfSection.TypeNoBits
        ? ReadOnlyMemory<byte>.Empty
        : _bytes.Slice((int)section.Offset, (int)section.Size);

    private bool NamesAddress(ElfSymbol symbol) =>
        !symbol.IsUndefined && symbol.Section < Sections.Count && Sections[symbol.Section].IsAllocated
        && symbol.Type is ElfSymbolType.None or ElfSymbolType.Object or ElfSymbolType.Function;

    // The last of those at one address is the one found: a function with a size, if there is one.
    private static int Preference(ElfSymbol symbol) =>
        (symbol.Size != 0 ? 2 : 0) + (symbol.Type == ElfSymbolType.Function ? 1 : 0);
}
