using System;
using System.Runtime.InteropServices;
using Lachesis.Scenarios;

namespace Lachesis.Simulator.Scenarios;

/// <summary>Room for the notes of one step of one thread at a time, from where they go to a sink.</summary>
internal sealed unsafe class EventBuffer : IDisposable
{
    private readonly ScenarioChunkPool* _pool;

    public EventBuffer()
    {
        _pool = (ScenarioChunkPool*)NativeMemory.AllocZeroed((nuint)sizeof(ScenarioChunkPool));
        _pool->Blocks = (ScenarioChunk**)NativeMemory.AllocZeroed((nuint)sizeof(ScenarioChunk*));
        _pool->Blocks[0] = (ScenarioChunk*)NativeMemory.AllocZeroed(ScenarioChunkPool.BlockChunks * ScenarioChunk.Bytes);

        // A step makes a few notes for each operation that takes no time, of which there are at most a thousand.
        _pool->Capacity = ScenarioChunkPool.BlockChunks;
    }

    /// <summary>Where threads put their notes.</summary>
    public ScenarioChunkPool* Pool => _pool;

    /// <summary>Passes a thread's notes on.</summary>
    public void Drain(SimulatedThread thread, IScenarioSink sink)
    {
        for (ulong i = 0; i < _pool->Count; i++)
        {
            ScenarioChunk* chunk = _pool->At(i);
            for (uint at = 0; at < chunk->Count; at++)
            {
                sink.Note(chunk->Thread, chunk->Task, chunk->Events()[at]);
            }
        }

        _pool->Clear();
        thread.ForgetNotes();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_pool->Blocks[0]);
        NativeMemory.Free(_pool->Blocks);
        NativeMemory.Free(_pool);
    }
}
