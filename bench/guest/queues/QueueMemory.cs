using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lachesis.Benchmarks.Queues;

namespace Lachesis.Queues;

/// <summary>Memory for the largest workload. Static, as mappings are shorter than its tree of deadlines.</summary>
internal static unsafe class QueueMemory
{
    /// <summary>How much there is.</summary>
    internal const int Bytes = 336 * 1024 * 1024;

    private static Block s_block;

    [StructLayout(LayoutKind.Sequential, Size = Bytes + (int)Arena.Alignment)]
    private struct Block
    {
        internal ulong First;
    }

    /// <summary>All of it, to be taken anew.</summary>
    internal static Arena Whole()
    {
        ulong start = Arena.SizeOf((ulong)Unsafe.AsPointer(ref s_block));
        return new Arena((byte*)start, Bytes);
    }
}
