using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Wait;

/// <summary>
/// Where threads park by address: a table of wait queues, hashed by process and address. Threads of other keys may share a
/// queue, so wakers compare <see cref="Thread.Process"/> and <see cref="Thread.ParkAddress"/>.
/// </summary>
public unsafe struct ParkTable
{
    // A line of its own for each queue, so that unrelated parkers do not share one.
    [StructLayout(LayoutKind.Sequential, Size = 64)]
    private struct Bucket
    {
        public WaitQueue Queue;
    }

    private Bucket* _buckets;
    private ulong _mask;

    /// <summary>Bytes for a table of <paramref name="bucketCount"/> (a power of two).</summary>
    public static ulong BytesFor(uint bucketCount) => (ulong)bucketCount * (ulong)sizeof(Bucket);

    /// <summary>Sets the table up over cleared memory.</summary>
    public void Initialize(void* memory, uint bucketCount)
    {
        _buckets = (Bucket*)memory;
        _mask = bucketCount - 1;
    }

    /// <summary>How many queues there are.</summary>
    public readonly uint BucketCount => (uint)_mask + 1;

    /// <summary>The queue of that number, below <see cref="BucketCount"/>.</summary>
    public readonly WaitQueue* QueueAt(uint number) => &_buckets[number].Queue;

    /// <summary>The queue for that address of that process.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly WaitQueue* QueueFor(Process* process, ulong address)
    {
        // Fibonacci hashing: neighbouring words of one process spread over the table.
        ulong hash = ((address >> 2) + ((ulong)process->Header.Index << 20)) * 0x9E37_79B9_7F4A_7C15;
        return &_buckets[(hash >> 32) & _mask].Queue;
    }
}
