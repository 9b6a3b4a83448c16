using System.Runtime.InteropServices;
using System.Threading;

namespace Lachesis.Scenarios;

/// <summary>Some notes of one thread, in the order in which it made them.</summary>
[StructLayout(LayoutKind.Sequential, Size = Bytes)]
public unsafe struct ScenarioChunk
{
    /// <summary>Bytes of a chunk. The notes of one fit into one record of the report channel.</summary>
    public const int Bytes = 512;

    /// <summary>The most notes.</summary>
    public const uint Capacity = (Bytes - 16) / 16;

    /// <summary>The thread's number: threads are counted as they are made, from 0.</summary>
    public uint Thread;

    /// <summary>Its task.</summary>
    public uint Task;

    /// <summary>How many notes there are.</summary>
    public uint Count;

    private readonly uint _reserved;

    /// <summary>The notes.</summary>
    public ScenarioEvent* Events()
    {
        fixed (ScenarioChunk* self = &this)
        {
            return (ScenarioEvent*)(self + 1) - Capacity;
        }
    }
}

/// <summary>The chunks of all threads of a scenario, in the order in which they were taken. Any thread may take one.</summary>
public unsafe struct ScenarioChunkPool
{
    /// <summary>Chunks that one block of memory holds.</summary>
    public const uint BlockChunks = 512;

    /// <summary>The blocks, <see cref="Capacity"/> / <see cref="BlockChunks"/> of them.</summary>
    public ScenarioChunk** Blocks;

    /// <summary>How many chunks there are.</summary>
    public ulong Capacity;

    private ulong _taken;

    /// <summary>How many are taken.</summary>
    public ulong Count
    {
        get
        {
            ulong taken = Volatile.Read(ref _taken);
            return taken < Capacity ? taken : Capacity;
        }
    }

    /// <summary>The chunk of that number, below <see cref="Count"/>.</summary>
    public readonly ScenarioChunk* At(ulong index) => Blocks[index / BlockChunks] + (index % BlockChunks);

    /// <summary>Takes one; null if none is left.</summary>
    public ScenarioChunk* Take()
    {
        ulong index = AtomicWord.FetchAdd(ref _taken, 1);
        return index < Capacity ? At(index) : null;
    }

    /// <summary>Takes all back.</summary>
    public void Clear() => _taken = 0;
}
