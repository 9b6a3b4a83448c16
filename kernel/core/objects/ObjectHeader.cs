namespace Lachesis.Core.Objects;

/// <summary>The kinds of kernel object that a handle can name.</summary>
public enum ObjectKind : byte
{
    /// <summary>Nothing: the slot is free.</summary>
    None = 0,

    /// <summary>A thread.</summary>
    Thread = 1,

    /// <summary>A process.</summary>
    Process = 2,

    /// <summary>The log.</summary>
    Log = 3,

    /// <summary>The report channel.</summary>
    Report = 4,

    /// <summary>The ramdisk's programs, to start processes from.</summary>
    Programs = 5,

    /// <summary>The machine: its end, its counters, its pools.</summary>
    Machine = 6,

    /// <summary>How CPUs schedule.</summary>
    Policy = 7,
}

/// <summary>What every pooled object carries.</summary>
public struct ObjectHeader
{
    /// <summary>Its index in the pool; never changes.</summary>
    public uint Index;

    /// <summary>Counts the lives of the slot. Moves on when the object is freed: references of an earlier life
    /// fail.</summary>
    public uint Generation;

    /// <summary>While free: the index of the next free slot plus 1, or 0.</summary>
    public uint NextFree;

    /// <summary>
    /// How many hold the object: each handle, and its own life (a running process, a live thread) one. A word for the atomic
    /// operations; freed when it reaches 0.
    /// </summary>
    public ulong References;

    /// <summary>A reference to the object in this life.</summary>
    public readonly Ref Reference => new(Index, Generation);
}
