using System.Runtime.CompilerServices;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Objects;

/// <summary>
/// A pool of equal objects with room for a number fixed at boot. Taking and freeing are O(1); a full pool is an answer,
/// not a panic. Slots are given out again in the order in which they were freed last, so their lines are warm.
/// </summary>
/// <remarks>
/// One lock (<see cref="LockRank.Pool"/>). Objects begin with the header at <c>headerOffset</c>; slots that were never
/// used are taken from the end of the used part, so that a large pool costs nothing at boot.
/// </remarks>
public unsafe struct Pool
{
    private SpinLock _lock;
    private byte* _slots;
    private uint _slotBytes;
    private uint _headerOffset;
    private uint _capacity;
    private uint _used;
    private uint _firstFree;
    private uint _inUse;

    /// <summary>Objects in use.</summary>
    public readonly uint InUse => _inUse;

    /// <summary>Slots that were ever used: no object has this index or a greater one. Grows only.</summary>
    public readonly uint Used => _used;

    /// <summary>The most objects.</summary>
    public readonly uint Capacity => _capacity;

    /// <summary>Sets the pool up over cleared memory of <paramref name="capacity"/> slots.</summary>
    public void Initialize(void* slots, uint slotBytes, uint headerOffset, uint capacity)
    {
        _slots = (byte*)slots;
        _slotBytes = slotBytes;
        _headerOffset = headerOffset;
        _capacity = capacity;
        _used = 0;
        _firstFree = 0;
        _inUse = 0;
    }

    /// <summary>The slot with this index, in use or not; the index must be below <see cref="Capacity"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly void* At(uint index) => _slots + (ulong)index * _slotBytes;

    /// <summary>The header of the object in the slot with this index.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ObjectHeader* HeaderAt(Pool* pool, uint index) =>
        (ObjectHeader*)(pool->_slots + (ulong)index * pool->_slotBytes + pool->_headerOffset);

    /// <summary>The object that a reference names, or null if that life of the slot is over.</summary>
    public readonly void* Resolve(Ref reference)
    {
        if (reference.Index >= _used)
        {
            return null;
        }

        void* slot = At(reference.Index);
        return HeaderOf(slot)->Generation == reference.Generation ? slot : null;
    }

    /// <summary>
    /// Takes a slot, with one reference. Only the header is set up; the rest is what the last life left. Null when full.
    /// </summary>
    public void* Take<TMachine>(Cpu* cpu)
        where TMachine : struct, IMachine
    {
        _lock.Acquire<TMachine>(cpu, LockRank.Pool);
        void* slot = null;
        if (_firstFree != 0)
        {
            slot = At(_firstFree - 1);
            _firstFree = HeaderOf(slot)->NextFree;
        }
        else if (_used < _capacity)
        {
            slot = At(_used);
            HeaderOf(slot)->Index = _used;
            HeaderOf(slot)->Generation = 1;
            _used++;
        }

        if (slot != null)
        {
            HeaderOf(slot)->References = 1;
            _inUse++;
        }

        _lock.Release<TMachine>(cpu, LockRank.Pool);
        return slot;
    }

    /// <summary>Gives a slot back and ends its life: every reference to it is stale from here on.</summary>
    public void Free<TMachine>(Cpu* cpu, void* slot)
        where TMachine : struct, IMachine
    {
        _lock.Acquire<TMachine>(cpu, LockRank.Pool);
        ObjectHeader* header = HeaderOf(slot);
        header->Generation = header->Generation == uint.MaxValue ? 1 : header->Generation + 1;
        header->NextFree = _firstFree;
        _firstFree = header->Index + 1;
        _inUse--;
        _lock.Release<TMachine>(cpu, LockRank.Pool);
    }

    private readonly ObjectHeader* HeaderOf(void* slot) => (ObjectHeader*)((byte*)slot + _headerOffset);
}
