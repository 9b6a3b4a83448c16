using System;
using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>Ways in which a walk over the kernel comes across an object; each at most once.</summary>
internal enum VisitKind
{
    /// <summary>Its slot is in use.</summary>
    InUse,

    /// <summary>A thread runs, or is in a run queue or inbox.</summary>
    Located,

    /// <summary>A thread is in a wait queue.</summary>
    Waiting,

    /// <summary>A thread is in its process's list.</summary>
    Listed,

    /// <summary>A CPU has its end in hand.</summary>
    Ending,

    /// <summary>A remote stop of a thread is pending.</summary>
    RemoteStopPending,

    /// <summary>A process is in the list of a session.</summary>
    InSession,

    /// <summary>How many there are; not one itself.</summary>
    Count,
}

/// <summary>
/// Notes of a walk over the kernel: which slots are in use, what was met where, who holds what. Kept from check to check, so
/// that checking after every kernel entry allocates nothing.
/// </summary>
internal sealed unsafe class KernelWalk
{
    private readonly int[][] _threads = new int[(int)VisitKind.Count][];
    private readonly int[][] _processes = new int[(int)VisitKind.Count][];
    private readonly nint[] _timers;
    private int _walk;

    public KernelWalk(SystemShape shape)
    {
        for (int i = 0; i < (int)VisitKind.Count; i++)
        {
            _threads[i] = new int[shape.Threads];
            _processes[i] = new int[shape.Processes];
        }

        _timers = new nint[shape.Threads + shape.Objects + 1];
        ThreadHolders = new ulong[shape.Threads];
        ProcessHolders = new ulong[shape.Processes];
        for (int i = 0; i < ObjectHolders.Length; i++)
        {
            ObjectHolders[i] = new ulong[shape.Objects];
        }
    }

    /// <summary>The threads whose slots are in use.</summary>
    public List<nint> Threads { get; } = [];

    /// <summary>The processes whose slots are in use.</summary>
    public List<nint> Processes { get; } = [];

    /// <summary>The timers whose slots are in use.</summary>
    public List<nint> Timers { get; } = [];

    /// <summary>The endpoints whose slots are in use.</summary>
    public List<nint> Endpoints { get; } = [];

    /// <summary>The notifications whose slots are in use.</summary>
    public List<nint> Notifications { get; } = [];

    /// <summary>The reply objects whose slots are in use.</summary>
    public List<nint> Replies { get; } = [];

    /// <summary>The rings whose slots are in use.</summary>
    public List<nint> Rings { get; } = [];

    /// <summary>By a small object's kind and index: how many references to it were met.</summary>
    public ulong[][] ObjectHolders { get; } = new ulong[(int)ObjectKind.Count][];

    /// <summary>The sessions whose slots are in use.</summary>
    public List<nint> Sessions { get; } = [];

    /// <summary>By a session's index: how many members were met.</summary>
    public uint[] SessionMembers { get; } = new uint[SchedulingLimits.MaxGroups];

    /// <summary>By a session's index: how many references to it were met.</summary>
    public ulong[] SessionHolders { get; } = new ulong[SchedulingLimits.MaxGroups];

    /// <summary>By a thread's index: how many references to it were met.</summary>
    public ulong[] ThreadHolders { get; }

    /// <summary>By a process's index: how many references to it were met.</summary>
    public ulong[] ProcessHolders { get; }

    /// <summary>Begins a walk. Throws if the pools are not sound.</summary>
    public void Begin(SimulatedSystem system)
    {
        _walk++;
        ((PoolSlots*)&system.Kernel->Threads)->InUse(Threads);
        ((PoolSlots*)&system.Kernel->Processes)->InUse(Processes);
        ((PoolSlots*)&system.Kernel->Timers)->InUse(Timers);
        ((PoolSlots*)&system.Kernel->Endpoints)->InUse(Endpoints);
        ((PoolSlots*)&system.Kernel->Notifications)->InUse(Notifications);
        ((PoolSlots*)&system.Kernel->Replies)->InUse(Replies);
        ((PoolSlots*)&system.Kernel->Rings)->InUse(Rings);
        Array.ForEach(ObjectHolders, Array.Clear);
        ((PoolSlots*)&system.Kernel->Sessions)->InUse(Sessions);
        Array.Clear(SessionMembers);
        Array.Clear(SessionHolders);
        Array.Clear(ThreadHolders);
        Array.Clear(ProcessHolders);
        foreach (nint thread in Threads)
        {
            MarkVisited((Thread*)thread, VisitKind.InUse);
        }

        foreach (nint process in Processes)
        {
            MarkVisited((Process*)process, VisitKind.InUse);
        }
    }

    /// <summary>Begins a walk over the threads alone. Throws if their pool is not sound.</summary>
    public void BeginThreads(SimulatedSystem system)
    {
        _walk++;
        ((PoolSlots*)&system.Kernel->Threads)->InUse(Threads);
    }

    /// <summary>Begins a walk over one part of the kernel, which others may change elsewhere.</summary>
    public void BeginPart() => _walk++;

    /// <summary>Notes a thread; false if it was met in this way before.</summary>
    public bool MarkVisited(Thread* thread, VisitKind how) => MarkVisited(_threads[(int)how], thread->Header.Index);

    /// <summary>Notes a process; false if it was met in this way before.</summary>
    public bool MarkVisited(Process* process, VisitKind how) => MarkVisited(_processes[(int)how], process->Header.Index);

    /// <summary>Whether a thread was met in this way.</summary>
    public bool WasVisited(Thread* thread, VisitKind how) => _threads[(int)how][thread->Header.Index] == _walk;

    /// <summary>Whether a process was met in this way.</summary>
    public bool WasVisited(Process* process, VisitKind how) => _processes[(int)how][process->Header.Index] == _walk;

    /// <summary>The nodes of one CPU's timer queue by their slots, counted from 1; cleared by this.</summary>
    public Span<nint> TimerSlots()
    {
        Array.Clear(_timers);
        return _timers;
    }

    private bool MarkVisited(int[] seen, uint index)
    {
        Invariants.Require(index < seen.Length, "a list leads to something that is no object");
        bool first = seen[index] != _walk;
        seen[index] = _walk;
        return first;
    }
}
