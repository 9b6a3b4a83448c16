namespace Lachesis.Tools.Elf;

/// <summary>One segment, as its program header tells it.</summary>
/// <param name="Type">Its type (p_type).</param>
/// <param name="Flags">Its flags (p_flags).</param>
/// <param name="Offset">Where its bytes lie in the file.</param>
/// <param name="Address">Its virtual address.</param>
/// <param name="FileSize">Bytes in the file.</param>
/// <param name="MemorySize">Bytes in memory.</param>
public sealed record ElfSegment(uint Type, uint Flags, ulong Offset, ulong Address, ulong FileSize, ulong MemorySize)
{
    /// <summary>A segment to load (PT_LOAD).</summary>
    public const uint TypeLoad = 1;

    /// <summary>Says how the stack is to be mapped (PT_GNU_STACK).</summary>
    public const uint TypeStack = 0x6474_E551;

    private const uint FlagExecute = 1;
    private const uint FlagWrite = 2;

    /// <summary>Whether it is loaded at all.</summary>
    public bool IsLoaded => Type == TypeLoad && MemorySize != 0;

    /// <summary>Whether it can be written.</summary>
    public bool IsWritable => (Flags & FlagWrite) != 0;

    /// <summary>Whether it can be executed.</summary>
    public bool IsExecutable => (Flags & FlagExecute) != 0;

    /// <summary>Whether an address lies in it.</summary>
    public bool Contains(ulong address) => address >= Address && address - Address < MemorySize;
}
