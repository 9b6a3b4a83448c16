using System;
using System.Runtime.InteropServices;

namespace Lachesis.Simulator;

/// <summary>Cleared memory that starts at a page, outside of the collector's reach.</summary>
internal sealed unsafe class NativeBlock : IDisposable
{
    private const nuint Alignment = 4096;

    /// <summary>Takes <paramref name="bytes"/> bytes.</summary>
    public NativeBlock(ulong bytes)
    {
        Length = bytes;
        Start = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, Alignment);
        NativeMemory.Clear(Start, (nuint)bytes);
    }

    /// <summary>First byte.</summary>
    public byte* Start { get; private set; }

    /// <summary>Bytes.</summary>
    public ulong Length { get; }

    /// <summary>The bytes.</summary>
    public Span<byte> Bytes => new(Start, (int)Length);

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.AlignedFree(Start);
        Start = null;
    }
}
