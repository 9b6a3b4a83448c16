using System;
using System.Runtime.InteropServices;

namespace Lachesis.Benchmarks.Queues;

/// <summary>Memory for queues on the host, outside of .NET's own.</summary>
/// <param name="bytes">How much.</param>
public sealed unsafe class HostMemory(ulong bytes) : IDisposable
{
    private readonly byte* _start = (byte*)NativeMemory.AlignedAlloc((nuint)bytes, (nuint)Arena.Alignment);

    /// <summary>All of it, to be taken anew.</summary>
    public Arena Whole() => new(_start, bytes);

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.AlignedFree(_start);
}
