using System.Runtime.InteropServices;

namespace Lachesis.Abi;

/// <summary>
/// The initial ramdisk: this header, then <see cref="EntryCount"/> entries of <see cref="RamdiskEntry"/>, then the files,
/// each starting at a multiple of 4096 bytes so that read-only program pages can be mapped where they lie. File 0 is the
/// binary manifest (<see cref="ManifestHeader"/>); the others are programs (ELF64).
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct RamdiskHeader
{
    /// <summary>The bytes "LRAM".</summary>
    public const uint ExpectedMagic = 0x4D41_524C;

    /// <summary>The version that this kernel reads.</summary>
    public const uint CurrentVersion = 1;

    /// <summary>The most files.</summary>
    public const int MaxEntries = 64;

    /// <summary>Alignment of every file, in bytes.</summary>
    public const int FileAlignment = 4096;

    /// <summary>Always <see cref="ExpectedMagic"/>.</summary>
    public uint Magic;

    /// <summary><see cref="CurrentVersion"/>.</summary>
    public uint Version;

    /// <summary>How many entries follow, 1..<see cref="MaxEntries"/>.</summary>
    public uint EntryCount;

    /// <summary>Zero.</summary>
    public uint Reserved;

    /// <summary>Bytes of the whole ramdisk.</summary>
    public ulong TotalBytes;
}

/// <summary>One file of the ramdisk. 64 bytes.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public unsafe struct RamdiskEntry
{
    /// <summary>The longest name, in bytes, without the zero after it.</summary>
    public const int MaxName = 47;

    /// <summary>UTF-8, zero-padded.</summary>
    public fixed byte Name[MaxName + 1];

    /// <summary>First byte, from the start of the ramdisk; a multiple of <see
    /// cref="RamdiskHeader.FileAlignment"/>.</summary>
    public ulong Offset;

    /// <summary>Bytes of the file.</summary>
    public ulong Length;
}
