using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Processes;

/// <summary>How far the end of a process has come. Each phase goes in bounded steps (<see
/// cref="Teardown{TMachine}"/>).</summary>
public enum ProcessPhase : uint
{
    /// <summary>It runs.</summary>
    Alive = 0,

    /// <summary>Its threads are being ended.</summary>
    EndingThreads = 1,

    /// <summary>Its handles are being closed.</summary>
    DeletingCapabilities = 2,

    /// <summary>Waiting until no CPU has its address space loaded.</summary>
    Unloading = 3,

    /// <summary>Its memory is being freed.</summary>
    FreeingMemory = 4,

    /// <summary>Only its exit code is left, for those who hold a handle.</summary>
    Dead = 5,
}

/// <summary>An address space, the threads in it and the handles they share.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Process
{
    /// <summary>The pool's part.</summary>
    public ObjectHeader Header;

    /// <summary>Guards threads, handles, mappings (<see cref="LockRank.Process"/>).</summary>
    public SpinLock Lock;

    /// <summary>Who waits for its end.</summary>
    public WaitQueue Waiters;

    /// <summary>Physical address of the address space's root table.</summary>
    public ulong PageTableRoot;

    /// <summary>CPUs that have the address space loaded, one bit each. A word.</summary>
    [Shared]
    public ulong LoadedCpus;

    /// <summary>1 once the process must end: its threads die where they are next met. A word.</summary>
    [Shared]
    public ulong ExitPending;

    /// <summary>What it exits with. Written once, by who sets <see cref="ExitPending"/>, or by the last thread to exit.</summary>
    public ulong ExitCode;

    /// <summary>First of its live threads. Under the lock.</summary>
    public Thread* FirstThread;

    /// <summary>Live threads. Under the lock.</summary>
    public uint LiveThreads;

    /// <summary>How far its end has come. Owner: the CPU that tears it down; before that, the lock.</summary>
    public ProcessPhase Phase;

    /// <summary>Where the running teardown phase carries on.</summary>
    public ulong TeardownCursor;

    /// <summary>Next in the list of processes that one CPU tears down.</summary>
    public Process* TeardownNext;

    /// <summary>What its threads may name. Under the lock.</summary>
    public CapabilitySpace Handles;

    /// <summary>Where the next mapping goes. Under the lock.</summary>
    public ulong NextMapping;

    /// <summary>CPUs that its threads may run on.</summary>
    public CpuMask Cpus;

    /// <summary>Scheduling parameters that its threads start with.</summary>
    public SchedulingParameters Parameters;

    /// <summary>The service that it belongs to, below <see cref="SchedulingLimits.MaxGroups"/>.</summary>
    public uint Service;

    /// <summary>The session that it belongs to: its index, below <see cref="SchedulingLimits.MaxGroups"/>. Until it is dead, the
    /// session lives.</summary>
    public uint Session;

    /// <summary>Where it stands with that. Under the session's lock.</summary>
    public SessionMembership SessionMembership;

    /// <summary>Next process of the session. Under the session's lock.</summary>
    public Process* SessionNext;

    /// <summary>Previous process of the session. Under the session's lock.</summary>
    public Process* SessionPrevious;

    /// <summary>Sum of the ledgers of its threads that have ended. Under the lock.</summary>
    public Ledger EndedThreadsLedger;
}
