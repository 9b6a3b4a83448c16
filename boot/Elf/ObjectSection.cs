using System;
using System.Collections.Generic;
using System.Numerics;

namespace Lachesis.Boot.Elf;

/// <summary>One section of a <see cref="RelocatableObject"/>; it grows by appending.</summary>
public sealed class ObjectSection
{
    private const byte Int3 = 0xCC;

    private readonly List<byte> _bytes = [];

    internal ObjectSection(string name, SectionKind kind, ulong alignment)
    {
        if (!BitOperations.IsPow2(alignment))
        {
            throw new ArgumentOutOfRangeException(nameof(alignment), alignment, "an alignment is a power of two");
        }

        Name = name;
        Kind = kind;
        Alignment = alignment;
    }

    /// <summary>Name, such as ".text".</summary>
    public string Name { get; }

    /// <summary>What it holds.</summary>
    public SectionKind Kind { get; }

    /// <summary>Alignment of its first byte.</summary>
    public ulong Alignment { get; }

    /// <summary>Bytes appended so far.</summary>
    public ulong Length => (ulong)_bytes.Count;

    /// <summary>A copy of what it holds now.</summary>
    public byte[] Bytes => _bytes.ToArray();

    internal List<Relocation> Relocations { get; } = [];

    /// <summary>Appends bytes and returns the offset of the first.</summary>
    public ulong Append(ReadOnlySpan<byte> bytes)
    {
        ulong offset = Length;
        _bytes.AddRange(bytes);
        return offset;
    }

    /// <summary>Pads to a multiple of <paramref name="alignment"/>: code with int3, so that running into it traps; the rest
    /// with zeros. Returns the offset reached.</summary>
    public ulong Align(ulong alignment)
    {
        if (!BitOperations.IsPow2(alignment) || alignment > Alignment)
        {
            throw new ArgumentOutOfRangeException(
                nameof(alignment), alignment, "an alignment is a power of two, not above that of the section");
        }

        byte fill = Kind == SectionKind.Code ? Int3 : (byte)0;
        while ((Length & (alignment - 1)) != 0)
        {
            _bytes.Add(fill);
        }

        return Length;
    }

    internal readonly record struct Relocation(ulong Offset, string Symbol, RelocationType Type, long Addend);
}
