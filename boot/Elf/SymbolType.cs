namespace Lachesis.Boot.Elf;

/// <summary>The type of a symbol; the values are those of the ELF format.</summary>
public enum SymbolType : byte
{
    /// <summary>Data.</summary>
    Object = 1,

    /// <summary>Code.</summary>
    Function = 2,
}
