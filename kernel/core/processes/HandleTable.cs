using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Memory;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Processes;

/// <summary>One handle: what it names, and which life of the slot it is.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct HandleSlot
{
    /// <summary>The object, where the kind has objects.</summary>
    public Ref Object;

    /// <summary>What kind of object; <see cref="ObjectKind.None"/> when free.</summary>
    public ObjectKind Kind;

    /// <summary>Counts the lives of the slot, in <see cref="HandleTable.GenerationBits"/> bits.</summary>
    public ushort Generation;

    /// <summary>While free: index of the next free slot plus 1, or 0.</summary>
    public uint NextFree;
}

/// <summary>
/// The handles of one process. A handle is a 32-bit number: slot index in the low <see cref="IndexBits"/> bits, the slot's
/// generation above, so that a handle that was closed stays wrong even after the slot is used again.
/// </summary>
/// <remarks>All under the process's lock. Slots live in pages that are added as they are needed, through one directory
/// page.</remarks>
public unsafe struct HandleTable
{
    /// <summary>Bits of the index.</summary>
    public const int IndexBits = 17;

    /// <summary>Bits of the generation.</summary>
    public const int GenerationBits = 15;

    /// <summary>The most handles of a process.</summary>
    public const uint MaxHandles = 1 << IndexBits;

    private const uint SlotsPerPage = (uint)UserLayout.PageSize / 16;

    private ulong _directoryFrame;
    private ulong* _directory;
    private ulong _directMap;
    private uint _used;
    private uint _firstFree;

    /// <summary>Slots that were ever used: what teardown walks over.</summary>
    public readonly uint Used => _used;

    /// <summary>Takes the directory page and keeps the boot handles' slots. <see cref="Error.OutOfMemory"/>.</summary>
    public Error Initialize<TMachine>(Kernel* kernel, Cpu* cpu)
        where TMachine : struct, IMachine
    {
        _directMap = kernel->Pages.DirectMap;
        _used = 0;
        _firstFree = 0;
        _directoryFrame = kernel->Pages.TakeCleared<TMachine>(cpu);
        if (_directoryFrame == 0)
        {
            return Error.OutOfMemory;
        }

        _directory = (ulong*)(_directoryFrame + _directMap);
        Error error = AddPage<TMachine>(kernel, cpu, 0);
        if (error == Error.None)
        {
            _used = BootHandle.Count;
        }

        return error;
    }

    /// <summary>The slot that a handle names, or null if it names nothing (any more).</summary>
    public readonly HandleSlot* Find(ulong handle)
    {
        uint index = (uint)handle & (MaxHandles - 1);
        if (handle > uint.MaxValue || index >= _used)
        {
            return null;
        }

        HandleSlot* slot = SlotAt(index);
        return slot->Kind != ObjectKind.None && slot->Generation == (uint)handle >> IndexBits ? slot : null;
    }

    /// <summary>Fills one of the boot handles.</summary>
    public readonly void SetBootHandle(uint index, ObjectKind kind, Ref reference)
    {
        SlotAt(index)->Kind = kind;
        SlotAt(index)->Object = reference;
    }

    /// <summary>Makes a handle. <see cref="Error.HandlesFull"/>, <see cref="Error.OutOfMemory"/>.</summary>
    public Error Add<TMachine>(Kernel* kernel, Cpu* cpu, ObjectKind kind, Ref reference, out ulong handle)
        where TMachine : struct, IMachine
    {
        handle = 0;
        uint index;
        if (_firstFree != 0)
        {
            index = _firstFree - 1;
            _firstFree = SlotAt(index)->NextFree;
        }
        else
        {
            if (_used == MaxHandles)
            {
                return Error.HandlesFull;
            }

            if (_used % SlotsPerPage == 0)
            {
                Error error = AddPage<TMachine>(kernel, cpu, _used / SlotsPerPage);
                if (error != Error.None)
                {
                    return error;
                }
            }

            index = _used++;
        }

        HandleSlot* slot = SlotAt(index);
        slot->Kind = kind;
        slot->Object = reference;
        handle = (ulong)slot->Generation << IndexBits | index;
        return Error.None;
    }

    /// <summary>Frees a slot that <see cref="Find"/> gave.</summary>
    public void Remove(HandleSlot* slot, ulong handle)
    {
        uint index = (uint)handle & (MaxHandles - 1);
        slot->Kind = ObjectKind.None;
        slot->Generation = (ushort)((slot->Generation + 1) & ((1 << GenerationBits) - 1));
        SeededBugs.Alter(SeededBug.StaleGeneration, ref slot->Generation, (ushort)1);

        // A slot that has had all its generations is not used again: a handle of its first life would name its next object.
        if (slot->Generation != 0)
        {
            slot->NextFree = _firstFree;
            _firstFree = index + 1;
        }
    }

    /// <summary>The slot of an index below <see cref="Used"/>.</summary>
    public readonly HandleSlot* SlotAt(uint index) =>
        (HandleSlot*)(_directory[index / SlotsPerPage] + _directMap) + (index % SlotsPerPage);

    /// <summary>Gives all pages back; every handle was closed before.</summary>
    public void FreePages<TMachine>(Kernel* kernel, Cpu* cpu)
        where TMachine : struct, IMachine
    {
        if (_directoryFrame == 0)
        {
            return;
        }

        for (uint i = 0; i < MaxHandles / SlotsPerPage && _directory[i] != 0; i++)
        {
            kernel->Pages.Free<TMachine>(cpu, _directory[i]);
        }

        kernel->Pages.Free<TMachine>(cpu, _directoryFrame);
        _directoryFrame = 0;
        _used = 0;
    }

    private readonly Error AddPage<TMachine>(Kernel* kernel, Cpu* cpu, uint number)
        where TMachine : struct, IMachine
    {
        ulong frame = kernel->Pages.TakeCleared<TMachine>(cpu);
        _directory[number] = frame;
        return frame == 0 ? Error.OutOfMemory : Error.None;
    }
}
