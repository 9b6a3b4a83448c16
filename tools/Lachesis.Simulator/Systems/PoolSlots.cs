using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Lachesis.Core.Objects;

namespace Lachesis.Simulator;

/// <summary>Looks into a pool: which of its slots are in use. The fields are those of <see cref="Pool"/>, in their
/// order.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct PoolSlots
{
    /// <summary>The pool's lock: 0 when free.</summary>
    public ulong Lock;

    private readonly byte* _slots;
    private readonly uint _slotBytes;
    private readonly uint _headerOffset;
    private readonly uint _capacity;
    private readonly uint _used;
    private readonly uint _firstFree;
    private readonly uint _inUse;

    /// <summary>Puts the slots in use into a list. Throws if the free list is not sound.</summary>
    public readonly void InUse(List<nint> inUse)
    {
        Span<bool> free = stackalloc bool[(int)_used];
        for (uint next = _firstFree; next != 0; next = HeaderAt(next - 1)->NextFree)
        {
            if (next > _used || free[(int)next - 1])
            {
                throw new InvariantException("a pool's free list is broken");
            }

            free[(int)next - 1] = true;
        }

        inUse.Clear();
        for (uint i = 0; i < _used; i++)
        {
            if (!free[(int)i] && HeaderAt(i)->Generation != Pool.RetiredGeneration)
            {
                inUse.Add((nint)(_slots + ((ulong)i * _slotBytes)));
            }
        }

        if (inUse.Count != _inUse)
        {
            throw new InvariantException($"a pool counts {_inUse} objects and has {inUse.Count}");
        }
    }

    private readonly ObjectHeader* HeaderAt(uint index) =>
        (ObjectHeader*)(_slots + ((ulong)index * _slotBytes) + _headerOffset);
}
