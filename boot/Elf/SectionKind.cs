namespace Lachesis.Boot.Elf;

/// <summary>What a section holds, which settles its ELF type and flags.</summary>
public enum SectionKind
{
    /// <summary>Machine code: allocated, executable.</summary>
    Code,

    /// <summary>Constants: allocated.</summary>
    ReadOnlyData,

    /// <summary>Variables: allocated, writable.</summary>
    Data,

    /// <summary>ELF notes: allocated, type NOTE.</summary>
    Note,
}
