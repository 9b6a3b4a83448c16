namespace Lachesis.Tools.Elf;

/// <summary>The kinds of ELF file that are read; the values are those of the format.</summary>
public enum ElfFileType
{
    /// <summary>An object, to be linked.</summary>
    Relocatable = 1,

    /// <summary>A linked image for a fixed address.</summary>
    Executable = 2,
}
