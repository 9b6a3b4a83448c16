using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Memory;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Capabilities;

/// <summary>
/// The capabilities of one process, named by handles. A handle is a 32-bit number: slot index in the low <see
/// cref="IndexBits"/> bits, the slot's generation above, so that a handle whose capability was deleted stays wrong even after
/// the slot is used again.
/// </summary>
/// <remarks>All under the process's lock. Slots live in pages that are added as they are needed, through one directory
/// page.</remarks>
public unsafe struct CapabilitySpace
{
    /// <summary>Bits of the index.</summary>
    public const int IndexBits = 15;

    /// <summary>Bits of the generation.</summary>
    public const int GenerationBits = 17;

    /// <summary>The most handles of a process.</summary>
    public const uint MaxHandles = 1 << IndexBits;

    /// <summary>Slots that one page holds.</summary>
    public const uint SlotsPerPage = (uint)UserLayout.PageSize / 64;

    private CapabilitySlot** _directory;
    private Process* _owner;
    private uint _used;
    private uint _firstFree;

    /// <summary>Slots that were ever used: what teardown walks over.</summary>
    public readonly uint Used => _used;

    /// <summary>Takes the directory page and keeps the boot handles' slots. <see cref="Error.OutOfMemory"/>.</summary>
    public Error Initialize<TMachine>(Kernel* kernel, Cpu* cpu, Process* owner)
        where TMachine : struct, IMachine
    {
        _owner = owner;
        _used = 0;
        _firstFree = 0;
        ulong frame = kernel->Pages.TakeCleared<TMachine>(cpu);
        if (frame == 0)
        {
            _directory = null;
            return Error.OutOfMemory;
        }

        _directory = (CapabilitySlot**)(frame + kernel->Pages.DirectMap);
        Error error = AddPage<TMachine>(kernel, cpu, 0);
        if (error == Error.None)
        {
            _used = BootHandle.Count;
        }

        return error;
    }

    /// <summary>The slot that a handle names, or null if it names nothing (any more).</summary>
    public readonly CapabilitySlot* Find(ulong handle)
    {
        uint index = (uint)handle & (MaxHandles - 1);
        if (handle > uint.MaxValue || index >= _used)
        {
            return null;
        }

        CapabilitySlot* slot = SlotAt(index);
        return slot->Kind != ObjectKind.None && slot->Generation == (uint)handle >> IndexBits ? slot : null;
    }

    /// <summary>Fills one of the boot handles.</summary>
    public readonly void SetBootHandle(uint index, ObjectKind kind, Ref reference) =>
        Fill(SlotAt(index), kind, reference, Rights.All, 0);

    /// <summary>
    /// Makes a capability, which is derived from none. <see cref="Error.HandlesFull"/>, <see cref="Error.OutOfMemory"/>.
    /// </summary>
    public Error Add<TMachine>(Kernel* kernel, Cpu* cpu, ObjectKind kind, Ref reference, out ulong handle)
        where TMachine : struct, IMachine
    {
        handle = 0;
        CapabilitySlot* slot = TakeSlot<TMachine>(kernel, cpu, out Error error);
        if (slot != null)
        {
            Fill(slot, kind, reference, Rights.All, 0);
            handle = HandleOf(slot);
        }

        return error;
    }

    /// <summary>A free slot, which the caller fills; null with <see cref="Error.HandlesFull"/> or <see
    /// cref="Error.OutOfMemory"/>.</summary>
    public CapabilitySlot* TakeSlot<TMachine>(Kernel* kernel, Cpu* cpu, out Error error)
        where TMachine : struct, IMachine
    {
        error = Error.None;
        uint index;
        if (_firstFree != 0)
        {
            index = _firstFree - 1;
            _firstFree = (uint)SlotAt(index)->Badge;
        }
        else
        {
            error = _used == MaxHandles ? Error.HandlesFull
                : _used % SlotsPerPage == 0 ? AddPage<TMachine>(kernel, cpu, _used / SlotsPerPage)
                : Error.None;
            if (error != Error.None)
            {
                return null;
            }

            index = _used++;
        }

        return SlotAt(index);
    }

    /// <summary>Makes a taken slot a capability. Its links of derivation stay empty.</summary>
    public readonly void Fill(CapabilitySlot* slot, ObjectKind kind, Ref reference, Rights rights, ulong badge)
    {
        slot->Object = reference;
        slot->Kind = kind;
        slot->Rights = rights;
        slot->Badge = badge;
        slot->Owner = _owner;
    }

    /// <summary>The handle of a slot in its present life.</summary>
    public static ulong HandleOf(CapabilitySlot* slot) => (ulong)slot->Generation << IndexBits | slot->Index;

    /// <summary>Frees a slot that is in use, and linked to no other one.</summary>
    public void Remove(CapabilitySlot* slot)
    {
        slot->Kind = ObjectKind.None;
        slot->Generation = (slot->Generation + 1) & ((1u << GenerationBits) - 1);
        SeededBugs.Alter(SeededBug.StaleGeneration, ref slot->Generation, 1u);

        // A slot that has had all its generations is not used again: a handle of its first life would name its next object.
        if (slot->Generation != 0)
        {
            slot->Badge = _firstFree;
            _firstFree = slot->Index + 1u;
        }
    }

    /// <summary>The slot in which a handle was once found.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly CapabilitySlot* SlotOf(ulong handle) => SlotAt((uint)handle & (MaxHandles - 1));

    /// <summary>The life of its slot that a handle names.</summary>
    public static uint LifeOf(ulong handle) => (uint)handle >> IndexBits;

    /// <summary>The slot of an index below <see cref="Used"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public readonly CapabilitySlot* SlotAt(uint index) => _directory[index / SlotsPerPage] + (index % SlotsPerPage);

    /// <summary>Gives all pages back; every capability was deleted before.</summary>
    public void FreePages<TMachine>(Kernel* kernel, Cpu* cpu)
        where TMachine : struct, IMachine
    {
        if (_directory == null)
        {
            return;
        }

        for (uint i = 0; i < MaxHandles / SlotsPerPage && _directory[i] != null; i++)
        {
            kernel->Pages.Free<TMachine>(cpu, (ulong)_directory[i] - kernel->Pages.DirectMap);
        }

        kernel->Pages.Free<TMachine>(cpu, (ulong)_directory - kernel->Pages.DirectMap);
        _directory = null;
        _used = 0;
    }

    private readonly Error AddPage<TMachine>(Kernel* kernel, Cpu* cpu, uint number)
        where TMachine : struct, IMachine
    {
        ulong frame = kernel->Pages.TakeCleared<TMachine>(cpu);
        if (frame == 0)
        {
            return Error.OutOfMemory;
        }

        CapabilitySlot* page = (CapabilitySlot*)(frame + kernel->Pages.DirectMap);
        for (uint i = 0; i < SlotsPerPage; i++)
        {
            page[i].Index = (ushort)((number * SlotsPerPage) + i);
        }

        _directory[number] = page;
        return Error.None;
    }
}
