using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Check;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Capabilities;

/// <summary>
/// The capabilities of one process, named by handles. A handle is a 32-bit number: slot index in the low <see
/// cref="IndexBits"/> bits, the slot's generation above, so that a handle whose capability was deleted stays wrong even after
/// the slot is used again.
/// </summary>
/// <remarks>All under the process's lock, and taking capabilities away under the lock of derivation too. Slots live in pages
/// that are added as they are needed; from the second on through a directory page.</remarks>
public unsafe struct CapabilitySpace
{
    /// <summary>Bits of the index.</summary>
    public const int IndexBits = 15;

    /// <summary>Bits of the generation.</summary>
    public const int GenerationBits = 17;

    /// <summary>The most handles of a process.</summary>
    public const uint MaxHandles = 1 << IndexBits;

    /// <summary>From this handle on a slot is in its last life, which no capability gets: a slot that comes to it is not used
    /// again. So all handles that a slot has had are different, and the one that it is left with was never given out.</summary>
    public const uint FirstRetiredHandle = uint.MaxValue << IndexBits;

    /// <summary>Slots that one page holds.</summary>
    public const uint SlotsPerPage = (uint)UserLayout.PageSize / 64;

    private CapabilitySlot* _firstPage;
    private CapabilitySlot** _directory;
    private Process* _owner;
    private uint _highWaterMark;

    // How many slots the first page has, used or clear: none before it is taken and after it is given back.
    private ulong _firstPageSlots;

    // What handles name whose slots were never used; always clear.
    private CapabilitySlot _emptySlot;

    /// <summary>A slot that was given back and is free, or null if there is none; others may never have been used.</summary>
    public CapabilitySlot* FirstFree;

    /// <summary>Slots that were ever used: what teardown walks over.</summary>
    public readonly uint HighWaterMark => _highWaterMark;

    /// <summary>Pages of memory that it takes.</summary>
    public readonly uint Pages => _firstPage == null ? 0
        : _directory == null ? 1
        : 1 + ((_highWaterMark + SlotsPerPage - 1) / SlotsPerPage);

    /// <summary>Takes the first page of slots and keeps the boot handles'. <see cref="Error.OutOfMemory"/>.</summary>
    public Error Initialize<TMachine>(Kernel* kernel, Cpu* cpu, Process* owner)
        where TMachine : struct, IMachine
    {
        SpinLock.CheckHeld<TMachine>(&owner->Lock, cpu);
        _owner = owner;
        _firstPage = AllocatePage<TMachine>(kernel, cpu);
        if (_firstPage == null)
        {
            return Error.OutOfMemory;
        }

        _firstPageSlots = SlotsPerPage;
        while (_highWaterMark < BootHandle.Count)
        {
            ExtendBySlot();
        }

        return Error.None;
    }

    /// <summary>The slot that a handle names, or null if it names nothing (any more).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public CapabilitySlot* Find(ulong handle) => TryFind(handle, out CapabilitySlot* slot) ? slot : null;

    /// <summary>The slot that a handle names; false if it names nothing (any more).</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryFind(ulong handle, out CapabilitySlot* slot)
    {
        slot = CandidateSlot(_owner, handle);
        return slot->IsNamedBy(handle);
    }

    /// <summary>The slot that a process's handle names if it names any: there is one for every number.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CapabilitySlot* CandidateSlot(Process* owner, ulong handle)
    {
        // A space whose process has ended has none.
        ulong index = handle & (MaxHandles - 1);
        return index < owner->Handles._firstPageSlots ? owner->Handles._firstPage + index
            : index >= owner->Handles._highWaterMark ? &owner->Handles._emptySlot
            : owner->Handles._directory[index / SlotsPerPage] + (index % SlotsPerPage);
    }

    /// <summary>
    /// The same for a CPU that knows of the owner, which it has locked, no more than its place: it may have ended, and the next one may
    /// be about to be made there. Each word is read through the machine: should it change meanwhile, for want of the lock, a
    /// hosted machine can show it.
    /// </summary>
    public static CapabilitySlot* CandidateSlotInOtherProcess<TMachine>(Process* owner, ulong handle)
        where TMachine : struct, IMachine
    {
        ulong index = handle & (MaxHandles - 1);
        if (index < TMachine.Load(&owner->Handles._firstPageSlots))
        {
            return (CapabilitySlot*)TMachine.Load((ulong*)&owner->Handles._firstPage) + index;
        }

        if (index >= TMachine.Load(&owner->Handles._highWaterMark))
        {
            return &owner->Handles._emptySlot;
        }

        CapabilitySlot** directory = (CapabilitySlot**)TMachine.Load((ulong*)&owner->Handles._directory);
        return (CapabilitySlot*)TMachine.Load((ulong*)&directory[index / SlotsPerPage]) + (index % SlotsPerPage);
    }

    /// <summary>Fills one of the boot handles.</summary>
    public readonly void SetBootHandle(uint index, ObjectKind kind, ObjectRef reference) =>
        FillOriginal(SlotAt(index), kind, reference);

    /// <summary>
    /// Makes a capability, which is derived from none. <see cref="Error.HandlesFull"/>, <see cref="Error.OutOfMemory"/>.
    /// </summary>
    public Error AddOriginal<TMachine>(Kernel* kernel, Cpu* cpu, ObjectKind kind, ObjectRef reference, out ulong handle)
        where TMachine : struct, IMachine
    {
        handle = 0;
        CapabilitySlot* slot = AllocateSlot<TMachine>(kernel, cpu, out Error error);
        if (slot != null)
        {
            FillOriginal(slot, kind, reference);
            handle = slot->Handle;
        }

        return error;
    }

    /// <summary>A free slot, which the caller fills; null with <see cref="Error.HandlesFull"/> or <see
    /// cref="Error.OutOfMemory"/>.</summary>
    public CapabilitySlot* AllocateSlot<TMachine>(Kernel* kernel, Cpu* cpu, out Error error)
        where TMachine : struct, IMachine
    {
        SpinLock.CheckHeld<TMachine>(&_owner->Lock, cpu);
        CapabilitySlot* slot = TryAllocateSlot();
        error = slot != null ? Error.None
            : _highWaterMark == MaxHandles ? Error.HandlesFull
            : AddPage<TMachine>(kernel, cpu, _highWaterMark / SlotsPerPage);
        return slot != null || error != Error.None ? slot : ExtendBySlot();
    }

    /// <summary>A free slot, if there is one without another page; else null.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public CapabilitySlot* TryAllocateSlot()
    {
        CapabilitySlot* slot = FirstFree;
        if (slot != null)
        {
            FirstFree = NextFree(slot);
            return slot;
        }

        return _highWaterMark % SlotsPerPage != 0 ? ExtendBySlot() : null;
    }

    /// <summary>What is <see cref="FirstFree"/> once a free slot, which is that, is taken.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static CapabilitySlot* NextFree(CapabilitySlot* slot) => (CapabilitySlot*)slot->Badge;

    /// <summary>Gives a taken slot back that was not filled.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void FreeSlot(Process* owner, CapabilitySlot* slot)
    {
        slot->Badge = (ulong)owner->Handles.FirstFree;
        owner->Handles.FirstFree = slot;
    }

    /// <summary>Makes a taken slot an original, which is derived from none, with all rights.</summary>
    public static void FillOriginal(CapabilitySlot* slot, ObjectKind kind, ObjectRef reference)
    {
        Fill(slot, kind, reference, Rights.All, 0);
        DerivationTree.MakeOriginal(slot);
    }

    /// <summary>Makes a taken slot a capability, for which the caller finds its place in the tree of derivations.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Fill(CapabilitySlot* slot, ObjectKind kind, ObjectRef reference, Rights rights, ulong badge)
    {
        slot->Object = reference;
        slot->Kind = kind;
        slot->Rights = rights;
        slot->Badge = badge;
    }

    /// <summary>Frees a slot that is in use, and that the tree of derivations has let go of.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Remove(Process* owner, CapabilitySlot* slot)
    {
        slot->Kind = ObjectKind.None;
        uint next = slot->Handle + MaxHandles;
        SeededBugs.Inject(SeededBug.ReusedGeneration, ref next, MaxHandles | IndexOf(slot->Handle));
        slot->Handle = next;

        // Threads that have found a capability here remember its handle and compare that alone: none may ever come back.
        if (next < FirstRetiredHandle)
        {
            FreeSlot(owner, slot);
        }
    }

    /// <summary>The slot in which a handle was once found.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly CapabilitySlot* SlotOfHandle(ulong handle) => SlotAt(IndexOf((uint)handle));

    /// <summary>The index of the slot that a handle names.</summary>
    public static uint IndexOf(uint handle) => handle & (MaxHandles - 1);

    /// <summary>The slot of an index below <see cref="HighWaterMark"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly CapabilitySlot* SlotAt(uint index) =>
        index < SlotsPerPage ? _firstPage + index : _directory[index / SlotsPerPage] + (index % SlotsPerPage);

    /// <summary>The first slot in use from <paramref name="index"/> on, which is below <see cref="HighWaterMark"/>, in the same page; null
    /// if there is none. <paramref name="next"/> is where to look on.</summary>
    public readonly CapabilitySlot* FirstInUse(uint index, out uint next)
    {
        uint pageEnd = ((index / SlotsPerPage) + 1) * SlotsPerPage;
        uint end = pageEnd < _highWaterMark ? pageEnd : _highWaterMark;
        CapabilitySlot* slot = SlotAt(index);
        for (; index < end; index++, slot++)
        {
            if (slot->Kind != ObjectKind.None)
            {
                next = index + 1;
                return slot;
            }
        }

        next = end;
        return null;
    }

    /// <summary>Gives all pages back; every capability was deleted before.</summary>
    public void FreePages<TMachine>(Kernel* kernel, Cpu* cpu)
        where TMachine : struct, IMachine
    {
        if (_owner == null)
        {
            return;
        }

        SpinLock.CheckHeld<TMachine>(&_owner->Lock, cpu);
        _highWaterMark = 0;
        _firstPageSlots = 0;
        for (uint i = 1; _directory != null && i < MaxHandles / SlotsPerPage && _directory[i] != null; i++)
        {
            kernel->Pages.Free<TMachine>(cpu, (ulong)_directory[i] - kernel->Pages.DirectMap);
        }

        if (_directory != null)
        {
            kernel->Pages.Free<TMachine>(cpu, (ulong)_directory - kernel->Pages.DirectMap);
        }

        if (_firstPage != null)
        {
            kernel->Pages.Free<TMachine>(cpu, (ulong)_firstPage - kernel->Pages.DirectMap);
        }

        _firstPage = null;
        _directory = null;
        FirstFree = null;
    }

    // A slot that was never used, in a page that is there.
    private CapabilitySlot* ExtendBySlot()
    {
        CapabilitySlot* slot = SlotAt(_highWaterMark);
        slot->Handle = _highWaterMark;
        slot->Owner = _owner;
        _highWaterMark++;
        return slot;
    }

    // Room for slots from the second page on.
    private Error AddPage<TMachine>(Kernel* kernel, Cpu* cpu, uint number)
        where TMachine : struct, IMachine
    {
        if (_directory == null)
        {
            _directory = (CapabilitySlot**)AllocatePage<TMachine>(kernel, cpu);
            if (_directory == null)
            {
                return Error.OutOfMemory;
            }
        }

        _directory[number] = AllocatePage<TMachine>(kernel, cpu);
        return _directory[number] == null ? Error.OutOfMemory : Error.None;
    }

    private static CapabilitySlot* AllocatePage<TMachine>(Kernel* kernel, Cpu* cpu)
        where TMachine : struct, IMachine
    {
        ulong frame = kernel->Pages.AllocateZeroed<TMachine>(cpu);
        return frame == 0 ? null : (CapabilitySlot*)(frame + kernel->Pages.DirectMap);
    }
}
