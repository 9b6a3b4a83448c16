namespace Lachesis.Core.Boot;

/// <summary>One file of a <see cref="Ramdisk"/>, where it lies.</summary>
public unsafe struct RamdiskFile
{
    /// <summary>UTF-8, zero-padded to <see cref="Abi.RamdiskEntry.MaxName"/> + 1 bytes.</summary>
    public readonly byte* Name;

    /// <summary>Its first byte, on a page boundary.</summary>
    public readonly byte* Start;

    /// <summary>How many bytes it has, at least 1.</summary>
    public readonly ulong Length;

    internal RamdiskFile(byte* name, byte* start, ulong length)
    {
        Name = name;
        Start = start;
        Length = length;
    }
}
