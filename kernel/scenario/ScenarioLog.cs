namespace Lachesis.Scenarios;

/// <summary>The notes of one thread, in chunks that it takes from a pool as it needs them. What does not fit is counted.</summary>
public unsafe struct ScenarioLog
{
    private ScenarioChunk* _chunk;

    /// <summary>How many notes found no room.</summary>
    public uint Dropped;

    /// <summary>Begins anew: the next note goes into a new chunk.</summary>
    public void Clear()
    {
        _chunk = null;
        Dropped = 0;
    }

    /// <summary>Adds a note of a thread.</summary>
    /// <param name="pool">Where chunks come from.</param>
    /// <param name="thread">The thread's number.</param>
    /// <param name="task">Its task.</param>
    /// <param name="note">The note.</param>
    public void Add(ScenarioChunkPool* pool, uint thread, uint task, ScenarioEvent note)
    {
        if (_chunk == null || _chunk->Count == ScenarioChunk.Capacity)
        {
            ScenarioChunk* next = pool->Take();
            if (next == null)
            {
                Dropped++;
                return;
            }

            next->Thread = thread;
            next->Task = task;
            next->Count = 0;
            _chunk = next;
        }

        _chunk->Events()[_chunk->Count++] = note;
    }
}
