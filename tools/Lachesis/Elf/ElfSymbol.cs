namespace Lachesis.Tools.Elf;

/// <summary>One symbol.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">Its address; in an object file, its offset in the section.</param>
/// <param name="Size">Bytes that it stands for, or 0 if nobody said.</param>
/// <param name="Type">What it names.</param>
/// <param name="IsGlobal">Whether other objects see it.</param>
/// <param name="Section">Index of its section; 0: undefined.</param>
public sealed record ElfSymbol(string Name, ulong Address, ulong Size, ElfSymbolType Type, bool IsGlobal, int Section)
{
    /// <summary>Whether it is left for another object to define.</summary>
    public bool IsUndefined => Section == 0;
}
