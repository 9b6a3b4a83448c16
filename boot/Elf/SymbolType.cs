namespace Lachesis.Boot.Elf;

/// <summary>The type of a symbol; the values are those of the ELF format.</summary>
public enum SymbolType : byte
{
    /// <summary>Undefined symbols: the defining object says what it is.</summary>
    None = 0,

    /// <summary>Data.</summary>
    Object = 1,

    /// <summary>Code.</summary>
    Function = 2,
}
