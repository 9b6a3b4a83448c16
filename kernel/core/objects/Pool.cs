using System.Runtime.CompilerServices;
using Lachesis.Core.Machine;
using Lachesis.Core.Memory;
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
    /// <summary>The generation of a slot that is not used any more. No object had it.</summary>
    public const uint RetiredGeneration = uint.MaxValue;

    private SpinLock _lock;
    private byte* _slots;
    private uint _slotBytes;
    private uint _headerOffset;
    private uint _capacity;
    [Shared(PlainIn = "Pool")]
    private uint _highWaterMark;
    private uint _firstFree;
    private uint _inUse;
    private uint _preservedEnd;
    private ulong* _prototype;

    /// <summary>Objects in use.</summary>
    public readonly uint InUse => _inUse;

    /// <summary>Slots that were ever used: no object has this index or a greater one. Grows only.</summary>
    public readonly uint HighWaterMark => _highWaterMark;

    /// <summary><see cref="HighWaterMark"/>, while other CPUs may add objects.</summary>
    public uint LoadHighWaterMark<TMachine>()
        where TMachine : struct, IMachine => TMachine.Load((uint*)Unsafe.AsPointer(ref _highWaterMark));

    /// <summary>The most objects.</summary>
    public readonly uint Capacity => _capacity;

    /// <summary>Sets the pool up over cleared memory of <paramref name="capacity"/> slots. New objects are copies of <paramref
    /// name="prototype"/>, or, if that is null, all zero.</summary>
    public void Initialize(void* slots, PoolLayout kind, uint capacity, void* prototype = null)
    {
        _slots = (byte*)slots;
        _slotBytes = kind.ObjectBytes;
        _headerOffset = kind.HeaderOffset;
        _preservedEnd = kind.PreservedEnd;
        _prototype = (ulong*)prototype;
        _capacity = capacity;
        _highWaterMark = 0;
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
    public readonly void* Resolve(ObjectRef reference)
    {
        if (reference.Index >= _highWaterMark)
        {
            return null;
        }

        void* slot = At(reference.Index);
        return HeaderOf(slot)->Generation == reference.Generation ? slot : null;
    }

    /// <summary>
    /// Takes a slot for a new object, with one reference. Nothing in it is of the last one but the generation, which has moved on,
    /// and the locks. Null when full.
    /// </summary>
    public void* Allocate<TMachine>(Cpu* cpu)
        where TMachine : struct, IMachine
    {
        _lock.Acquire<TMachine>(cpu, LockRank.Pool);
        void* slot = null;
        if (_firstFree != 0)
        {
            slot = At(_firstFree - 1);
            _firstFree = HeaderOf(slot)->NextFree;
        }
        else if (_highWaterMark < _capacity)
        {
            slot = At(_highWaterMark);
            HeaderOf(slot)->Index = _highWaterMark;
            HeaderOf(slot)->Generation = 1;
            _highWaterMark++;
        }

        if (slot != null)
        {
            HeaderOf(slot)->References = 1;
            _inUse++;
        }

        _lock.Release<TMachine>(cpu, LockRank.Pool);
        if (slot != null)
        {
            Reinitialize(slot);
        }

        return slot;
    }

    /// <summary>Makes what a slot holds a new object, all but header and locks. Nobody else may be touching it, but for its
    /// locks and what is empty or free in every object that is gone.</summary>
    public readonly void Reinitialize(void* slot)
    {
        Reinitialize((ulong*)slot, 0, _headerOffset / sizeof(ulong));
        Reinitialize((ulong*)slot, _preservedEnd / sizeof(ulong), _slotBytes / sizeof(ulong));
    }

    // The words from one to before another.
    private readonly void Reinitialize(ulong* slot, uint from, uint end)
    {
        if (_prototype != null)
        {
            Page.Copy(slot + from, _prototype + from, (end - from) * sizeof(ulong));
            return;
        }

        for (ulong* word = slot + from; word < slot + end; word++)
        {
            *word = 0;
        }
    }

    /// <summary>Gives a slot back and ends its life: every reference to it is stale from here on, and for ever: a slot that has
    /// had all its lives, of which there are four thousand million, is not used again.</summary>
    public void Free<TMachine>(Cpu* cpu, void* slot)
        where TMachine : struct, IMachine
    {
        _lock.Acquire<TMachine>(cpu, LockRank.Pool);
        ObjectHeader* header = HeaderOf(slot);
        header->Generation++;
        if (header->Generation != RetiredGeneration)
        {
            header->NextFree = _firstFree;
            _firstFree = header->Index + 1;
        }

        _inUse--;
        _lock.Release<TMachine>(cpu, LockRank.Pool);
    }

    private readonly ObjectHeader* HeaderOf(void* slot) => (ObjectHeader*)((byte*)slot + _headerOffset);
}
