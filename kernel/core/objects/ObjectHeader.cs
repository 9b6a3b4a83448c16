using Lachesis.Core.Machine;

namespace Lachesis.Core.Objects;

/// <summary>What every pooled object carries.</summary>
public struct ObjectHeader
{
    /// <summary>Its index in the pool; never changes.</summary>
    public uint Index;

    /// <summary>Counts the lives of the slot. Moves on when the object is freed, and never comes round: references of an earlier life
    /// fail.</summary>
    public uint Generation;

    /// <summary>While free: the index of the next free slot plus 1, or 0.</summary>
    public uint NextFree;

    /// <summary>
    /// How many hold the object: each tree of capabilities, and its own life (a running process, a live thread) one. A word for the atomic
    /// operations; freed when it reaches 0.
    /// </summary>
    [Shared(PlainIn = "Pool, StaleEntries")]
    public ulong References;

    /// <summary>A reference to the object in this life.</summary>
    public readonly ObjectRef Reference => new(Index, Generation);
}
