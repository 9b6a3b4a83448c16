using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Memory;

/// <summary>
/// Physical pages of 4 KiB. Ranges are taken page by page from the memory map until they are used up; freed pages wait on a
/// stack threaded through themselves. O(1) both ways, nothing to set up at boot for the memory that nobody asks for.
/// </summary>
/// <remarks>One lock (<see cref="LockRank.Pages"/>), held for a dozen instructions; pages are cleared outside of
/// it.</remarks>
public unsafe struct PageAllocator
{
    /// <summary>The most ranges of free memory that it keeps; boot ignores smaller ones beyond that.</summary>
    public const int MaxRanges = 16;

    private SpinLock _lock;
    private ulong _firstFree;
    private ulong _freePages;
    private ulong _directMap;
    private uint _rangeCount;
    private fixed ulong _rangeNext[MaxRanges];
    private fixed ulong _rangeEnd[MaxRanges];

    /// <summary>Pages that can still be had.</summary>
    public readonly ulong FreePages => _freePages;

    /// <summary>Where physical address 0 is mapped: physical + this = kernel virtual. 0 hosted.</summary>
    public readonly ulong DirectMap => _directMap;

    /// <summary>Sets the direct map's base; before anything else.</summary>
    public void Initialize(ulong directMap) => _directMap = directMap;

    /// <summary>Adds free memory at boot, cut to whole pages. Ranges beyond <see cref="MaxRanges"/> are left
    /// unused.</summary>
    public void AddRange(ulong start, ulong end)
    {
        start = (start + UserLayout.PageSize - 1) & ~(UserLayout.PageSize - 1);
        end &= ~(UserLayout.PageSize - 1);
        if (start >= end || _rangeCount == MaxRanges)
        {
            return;
        }

        _rangeNext[_rangeCount] = start;
        _rangeEnd[_rangeCount] = end;
        _rangeCount++;
        _freePages += (end - start) / UserLayout.PageSize;
    }

    /// <summary>Takes contiguous pages at boot, before any page was freed; 0 if no range has room.</summary>
    public ulong AllocateContiguous(ulong bytes)
    {
        bytes = (bytes + UserLayout.PageSize - 1) & ~(UserLayout.PageSize - 1);
        for (uint i = 0; i < _rangeCount; i++)
        {
            if (_rangeEnd[i] - _rangeNext[i] >= bytes)
            {
                ulong start = _rangeNext[i];
                _rangeNext[i] += bytes;
                _freePages -= bytes / UserLayout.PageSize;
                return start;
            }
        }

        return 0;
    }

    /// <summary>Takes one page, contents undefined; 0 when there is none.</summary>
    public ulong Allocate<TMachine>(Cpu* cpu)
        where TMachine : struct, IMachine
    {
        _lock.Acquire<TMachine>(cpu, LockRank.Pages);
        ulong frame = _firstFree;
        if (frame != 0)
        {
            _firstFree = *(ulong*)(frame + _directMap);
            _freePages--;
        }
        else
        {
            frame = AllocateContiguous(UserLayout.PageSize);
        }

        _lock.Release<TMachine>(cpu, LockRank.Pages);
        return frame;
    }

    /// <summary>Takes one page and clears it; 0 when there is none.</summary>
    public ulong AllocateZeroed<TMachine>(Cpu* cpu)
        where TMachine : struct, IMachine
    {
        ulong frame = Allocate<TMachine>(cpu);
        if (frame != 0)
        {
            Page.Clear((void*)(frame + _directMap));
        }

        return frame;
    }

    /// <summary>Gives one page back.</summary>
    public void Free<TMachine>(Cpu* cpu, ulong frame)
        where TMachine : struct, IMachine
    {
        _lock.Acquire<TMachine>(cpu, LockRank.Pages);
        *(ulong*)(frame + _directMap) = _firstFree;
        _firstFree = frame;
        _freePages++;
        _lock.Release<TMachine>(cpu, LockRank.Pages);
    }
}
