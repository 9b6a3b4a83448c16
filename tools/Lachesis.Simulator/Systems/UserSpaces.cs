using System;
using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Core.Memory;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;

namespace Lachesis.Simulator;

/// <summary>
/// Address spaces of the test machine: page tables as dictionaries, but roots, tables and pages taken from the kernel's own
/// allocator, so that memory runs out as it does in earnest. Using one after its end throws; its pages are poisoned.
/// </summary>
internal sealed unsafe class UserSpaces
{
    private const byte Poison = 0xDB;
    private const ulong TableSpan = 512 * UserLayout.PageSize;

    private readonly SimulatedSystem _system;
    private readonly Dictionary<ulong, Space> _spaces = [];
    private readonly ulong[] _loaded;

    /// <summary>One address space.</summary>
    private sealed class Space
    {
        public readonly SortedDictionary<ulong, (ulong Frame, PageAccess Access)> Pages = [];
        public readonly Dictionary<ulong, ulong> Tables = [];
        public readonly Queue<ulong> ToFree = [];
    }

    public UserSpaces(SimulatedSystem system, uint cpus)
    {
        _system = system;
        _loaded = new ulong[cpus];
    }

    /// <summary>How many accesses to user memory still succeed before one fails.</summary>
    public int AccessesBeforeFault { get; set; } = int.MaxValue;

    /// <summary>Nanoseconds that threads of processes used whose address spaces are gone.</summary>
    public long EndedRuntime { get; private set; }

    /// <summary>How many address spaces were loaded.</summary>
    public int Loads { get; private set; }

    /// <summary>What a CPU has loaded: a root, or 0.</summary>
    public ulong LoadedOn(uint cpu) => _loaded[cpu];

    /// <summary>Pages that live address spaces hold: roots, tables and owned frames.</summary>
    public ulong PagesHeld
    {
        get
        {
            ulong held = 0;
            foreach (Space space in _spaces.Values)
            {
                held += 1 + (ulong)(space.ToFree.Count != 0 ? space.ToFree.Count : CountFrames(space));
            }

            return held;
        }
    }

    /// <summary>The access that a page of an address space is mapped with, or null.</summary>
    public PageAccess? AccessOf(ulong root, ulong address) =>
        _spaces[root].Pages.TryGetValue(address & ~(UserLayout.PageSize - 1), out var page) ? page.Access : null;

    /// <summary>Where a byte of an address space lies; throws if nothing is mapped there.</summary>
    public byte* At(ulong root, ulong address)
    {
        ulong within = address & (UserLayout.PageSize - 1);
        return (byte*)_spaces[root].Pages[address - within].Frame + within;
    }

    internal void* FindWritable(ulong root, ulong address) =>
        AccessOf(root, address) is { } access && (access & PageAccess.Write) != 0 && (access & PageAccess.Owned) != 0
            ? At(root, address) : null;

    internal Error Create(Cpu* cpu, out ulong root)
    {
        root = TakePage(cpu);
        if (root == 0)
        {
            return Error.OutOfMemory;
        }

        _spaces.Add(root, new Space());
        return Error.None;
    }

    internal Error Map(Cpu* cpu, ulong root, ulong address, ulong frame, PageAccess access)
    {
        Space space = _spaces[root];
        ulong region = address / TableSpan;
        if (!space.Tables.ContainsKey(region))
        {
            ulong table = TakePage(cpu);
            if (table == 0)
            {
                return Error.OutOfMemory;
            }

            space.Tables.Add(region, table);
        }

        space.Pages.Add(address, (frame, access));
        return Error.None;
    }

    internal bool FreeStep(Cpu* cpu, ulong root, ref ulong cursor, int budget)
    {
        Space space = _spaces[root];
        if (Array.IndexOf(_loaded, root) >= 0)
        {
            throw new InvariantException("an address space is freed while a CPU has it loaded");
        }

        if (cursor == 0)
        {
            _system.Rings.CheckFreed(root);
            FramesOf(space).ForEach(space.ToFree.Enqueue);
        }

        for (; budget > 0 && space.ToFree.TryDequeue(out ulong frame); budget--)
        {
            cursor++;
            Free(cpu, frame);
        }

        if (space.ToFree.Count != 0)
        {
            return false;
        }

        _spaces.Remove(root);
        NoteEnd(root);
        Free(cpu, root);
        return true;
    }

    internal void Load(Cpu* cpu, ulong root)
    {
        if (root != 0 && !_spaces.ContainsKey(root))
        {
            throw new InvariantException("an address space is loaded that was freed");
        }

        _loaded[cpu->Id] = root;
        Loads++;
    }

    /// <summary>Reads the word that a thread parks at.</summary>
    internal bool ReadWord(Cpu* cpu, uint* word, ulong address) => Transfer(cpu, (byte*)word, address, sizeof(uint), toUser: false);

    /// <summary>Copies what a call takes or gives in a buffer: no call that does so may be asked for through a ring.</summary>
    internal bool Copy(Cpu* cpu, byte* kernel, ulong address, ulong bytes, bool toUser)
    {
        Invariants.Require(cpu->Current == null || cpu->Current->Context.Ring == null, "a call is made through a ring that may not be");
        return Transfer(cpu, kernel, address, bytes, toUser);
    }

    private bool Transfer(Cpu* cpu, byte* kernel, ulong address, ulong bytes, bool toUser)
    {
        if (AccessesBeforeFault-- <= 0 || _system.FaultInjection?.UserFault(cpu->Id) == true)
        {
            return false;
        }

        Space? space = _loaded[cpu->Id] == 0 ? null : _spaces[_loaded[cpu->Id]];
        for (ulong i = 0; i < bytes; i++)
        {
            ulong at = unchecked(address + i);
            ulong within = at & (UserLayout.PageSize - 1);
            if (space == null || !space.Pages.TryGetValue(at - within, out var page)
                || (toUser && (page.Access & PageAccess.Write) == 0))
            {
                return false;
            }

            byte* user = (byte*)page.Frame + within;
            *(toUser ? user : kernel + i) = *(toUser ? kernel + i : user);
        }

        return true;
    }

    private ulong TakePage(Cpu* cpu) => _system.FaultInjection?.OutOfMemory(cpu->Id) == true
        ? 0 : _system.Kernel->Pages.AllocateZeroed<SimulatedMachine>(cpu);

    // The process may be gone before anybody looks again.
    private void NoteEnd(ulong root)
    {
        foreach (nint at in _system.Processes)
        {
            Process* process = (Process*)at;
            EndedRuntime += process->PageTableRoot == root && process->Phase == ProcessPhase.FreeingMemory
                ? process->EndedThreadsLedger.Runtime.Nanoseconds : 0;
        }
    }

    private void Free(Cpu* cpu, ulong frame)
    {
        new Span<byte>((void*)frame, (int)UserLayout.PageSize).Fill(Poison);
        _system.Kernel->Pages.Free<SimulatedMachine>(cpu, frame);
    }

    // As FramesOf, but counted without a list: after each kernel entry.
    private static int CountFrames(Space space)
    {
        int count = space.Tables.Count;
        foreach ((_, PageAccess access) in space.Pages.Values)
        {
            count += (access & PageAccess.Owned) != 0 ? 1 : 0;
        }

        return count;
    }

    private static List<ulong> FramesOf(Space space)
    {
        List<ulong> frames = [.. space.Tables.Values];
        foreach ((ulong frame, PageAccess access) in space.Pages.Values)
        {
            if ((access & PageAccess.Owned) != 0)
            {
                frames.Add(frame);
            }
        }

        return frames;
    }
}
