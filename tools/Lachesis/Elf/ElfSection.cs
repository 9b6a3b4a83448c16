namespace Lachesis.Tools.Elf;

/// <summary>One section, as its header tells it.</summary>
/// <param name="Index">Its number.</param>
/// <param name="Name">Its name.</param>
/// <param name="Type">Its type (sh_type).</param>
/// <param name="Flags">Its flags (sh_flags).</param>
/// <param name="Address">Its address in memory, or 0.</param>
/// <param name="Offset">Where its bytes lie in the file.</param>
/// <param name="Size">How many bytes it has.</param>
/// <param name="Link">Index of the section that belongs to it (sh_link).</param>
/// <param name="EntrySize">Bytes of each entry, if it is a table.</param>
public sealed record ElfSection(
    int Index, string Name, uint Type, ulong Flags, ulong Address, ulong Offset, ulong Size, uint Link, ulong EntrySize)
{
    /// <summary>A symbol table.</summary>
    public const uint TypeSymbols = 2;

    /// <summary>Notes to whoever loads or debugs the image.</summary>
    public const uint TypeNote = 7;

    /// <summary>Zeros: no bytes in the file.</summary>
    public const uint TypeNoBits = 8;

    private const ulong FlagWrite = 1;
    private const ulong FlagAllocate = 2;
    private const ulong FlagExecute = 4;

    /// <summary>Whether the program may write there.</summary>
    public bool IsWritable => (Flags & FlagWrite) != 0;

    /// <summary>Whether it is in memory when the program runs.</summary>
    public bool IsAllocated => (Flags & FlagAllocate) != 0;

    /// <summary>Whether it holds code.</summary>
    public bool IsExecutable => (Flags & FlagExecute) != 0;

    /// <summary>Whether an address lies in it.</summary>
    public bool Contains(ulong address) => address >= Address && address - Address < Size;
}
