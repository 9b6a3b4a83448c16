using System.Runtime.InteropServices;

namespace Lachesis.Core.Boot;

/// <summary>The header of an ELF64 file, little-endian.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct ElfHeader
{
    /// <summary>0x7F, "ELF".</summary>
    internal const uint ExpectedMagic = 0x464C_457F;

    /// <summary>A file for a fixed address.</summary>
    internal const ushort TypeExecutable = 2;

    /// <summary>x86-64.</summary>
    internal const ushort MachineX64 = 62;

    internal uint Magic;
    internal byte Class;
    internal byte Encoding;
    internal byte IdentVersion;
    internal byte OperatingSystem;
    internal ulong Padding;
    internal ushort Type;
    internal ushort Machine;
    internal uint Version;
    internal ulong Entry;
    internal ulong ProgramHeaderOffset;
    internal ulong SectionHeaderOffset;
    internal uint Flags;
    internal ushort HeaderSize;
    internal ushort ProgramHeaderSize;
    internal ushort ProgramHeaderCount;
    internal ushort SectionHeaderSize;
    internal ushort SectionHeaderCount;
    internal ushort NameSection;
}

/// <summary>One program header of an ELF64 file.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct ElfProgramHeader
{
    internal const uint TypeLoad = 1;
    internal const uint TypeDynamic = 2;
    internal const uint TypeInterpreter = 3;
    internal const uint TypeThreadLocal = 7;

    internal const uint FlagExecute = 1;
    internal const uint FlagWrite = 2;
    internal const uint FlagRead = 4;

    internal uint Type;
    internal uint Flags;
    internal ulong Offset;
    internal ulong Address;
    internal ulong PhysicalAddress;
    internal ulong FileBytes;
    internal ulong MemoryBytes;
    internal ulong Alignment;
}
