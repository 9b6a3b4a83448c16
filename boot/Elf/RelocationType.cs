namespace Lachesis.Boot.Elf;

/// <summary>The x86-64 relocations that stubs need; the values are those of the ELF format.</summary>
public enum RelocationType : uint
{
    /// <summary>R_X86_64_64: address + addend, 8 bytes.</summary>
    Abs64 = 1,

    /// <summary>R_X86_64_PC32: address + addend - place, 4 bytes.</summary>
    Pc32 = 2,

    /// <summary>R_X86_64_PLT32: as <see cref="Pc32"/>, for calls and jumps.</summary>
    Plt32 = 4,

    /// <summary>R_X86_64_32: address + addend, 4 bytes, must fit zero-extended.</summary>
    Abs32 = 10,

    /// <summary>R_X86_64_32S: address + addend, 4 bytes, must fit sign-extended.</summary>
    Abs32Signed = 11,
}
