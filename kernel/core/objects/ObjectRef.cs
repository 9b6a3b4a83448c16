namespace Lachesis.Core.Objects;

/// <summary>
/// A reference to a pooled object that can go stale but never wrong: using one whose generation has moved on fails closed.
/// </summary>
public readonly struct ObjectRef
{
    /// <summary>Index in the pool.</summary>
    public readonly uint Index;

    /// <summary>The life of the slot that it refers to; never 0.</summary>
    public readonly uint Generation;

    /// <summary>From its parts.</summary>
    public ObjectRef(uint index, uint generation)
    {
        Index = index;
        Generation = generation;
    }
}
