namespace Lachesis.Core.Boot;

/// <summary>One loadable segment of a program: file bytes, then zeros up to <see cref="MemoryBytes"/>.</summary>
public struct ElfSegment
{
    /// <summary>First byte in the image; equal to <see cref="Address"/> modulo the page size.</summary>
    public readonly ulong Offset;

    /// <summary>Bytes taken from the image.</summary>
    public readonly ulong FileBytes;

    /// <summary>User address of the first byte.</summary>
    public readonly ulong Address;

    /// <summary>Bytes in memory, at least 1 and at least <see cref="FileBytes"/>.</summary>
    public readonly ulong MemoryBytes;

    /// <summary>Whether the program may write there.</summary>
    public readonly bool Writable;

    /// <summary>Whether it may run code from there; never together with <see cref="Writable"/>.</summary>
    public readonly bool Executable;

    internal unsafe ElfSegment(ElfProgramHeader* header)
    {
        Offset = header->Offset;
        FileBytes = header->FileBytes;
        Address = header->Address;
        MemoryBytes = header->MemoryBytes;
        Writable = (header->Flags & ElfProgramHeader.FlagWrite) != 0;
        Executable = (header->Flags & ElfProgramHeader.FlagExecute) != 0;
    }
}
