namespace Lachesis.Tools.Elf;

/// <summary>What a symbol names; the values are those of the ELF format.</summary>
public enum ElfSymbolType
{
    /// <summary>Not said.</summary>
    None = 0,

    /// <summary>Data.</summary>
    Object = 1,

    /// <summary>Code.</summary>
    Function = 2,

    /// <summary>A section.</summary>
    Section = 3,

    /// <summary>A source file.</summary>
    File = 4,
}
