using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Boot;
using Lachesis.Core.Machine;
using Lachesis.Core.Memory;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Wait;

namespace Lachesis.Core;

/// <summary>All of the kernel's state, sized at boot. There is no other: no statics, no allocation afterwards.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Kernel
{
    /// <summary>Guards the links of derivation of every capability (<see cref="LockRank.Derivation"/>), and with its owner's
    /// lock whether there is one: whoever holds it can be sure that no capability goes away.</summary>
    public SpinLock DerivationLock;

    private readonly CacheLinePadding _afterDerivation;

    private fixed ulong _pools[(int)ObjectKind.Count];

    /// <summary>How many CPUs run.</summary>
    public uint CpuCount;

    /// <summary>The CPUs that run.</summary>
    public CpuMask Online;

    /// <summary>Rules of the fair policy that are on.</summary>
    public FairFeatures FairFeatures;

    /// <summary>The policy that CPUs start with.</summary>
    public SchedulingPolicy InitialPolicy;

    /// <summary>Scheduling parameters of processes for which none are set.</summary>
    public SchedulingParameters DefaultParameters;

    /// <summary>What a thread is when it is made.</summary>
    public Thread ThreadPrototype;

    /// <summary>How many threads and processes have ended. A word: tells a reader of many ledgers that some have
    /// gone.</summary>
    [Shared]
    public ulong ThreadsEnded;

    /// <summary>Sums over ended processes, by service and by session.</summary>
    public GroupLedgers GroupLedgers;

    /// <summary>Physical memory.</summary>
    public PageAllocator Pages;

    /// <summary>Threads.</summary>
    public Pool Threads;

    /// <summary>Processes.</summary>
    public Pool Processes;

    /// <summary>Endpoints.</summary>
    public Pool Endpoints;

    /// <summary>Notifications.</summary>
    public Pool Notifications;

    /// <summary>Reply objects.</summary>
    public Pool Replies;

    /// <summary>Timers.</summary>
    public Pool Timers;

    /// <summary>Sessions.</summary>
    public Pool Sessions;

    /// <summary>Submission and completion rings.</summary>
    public Pool Rings;

    /// <summary>Where parked threads wait: a hash table by process and address.</summary>
    public ParkTable ParkTable;

    /// <summary>The ramdisk, checked, in the direct map.</summary>
    public Ramdisk Ramdisk;

    /// <summary>The clock's constants, for programs (<see cref="ProgramStart"/>).</summary>
    public ulong ClockBase;

    /// <summary>See <see cref="ClockBase"/>.</summary>
    public ulong ClockMultiplier;

    /// <summary>Guards the log and the report channel.</summary>
    public SpinLock OutputLock;

    /// <summary>Sequence number of the next report record.</summary>
    public uint ReportSequence;

    /// <summary>Processes that live, and sessions that are being ended. When the last ends without a verdict, so does the machine. A word.</summary>
    [Shared]
    public ulong LiveProcesses;

    private readonly CacheLinePadding _beforeIdle;

    /// <summary>CPUs that are idle and that no waker has claimed yet, one bit each. A word.</summary>
    [Shared]
    public ulong IdleMask;

    private readonly CacheLinePadding _afterIdle;

    private fixed ulong _cpus[Platform.MaxCpus];

    /// <summary>The CPU of that number, below <see cref="CpuCount"/>.</summary>
    public Cpu* CpuAt(uint id) => (Cpu*)_cpus[id];

    /// <summary>Adds a CPU at boot; its number is the count so far.</summary>
    public void AddCpu(Cpu* cpu)
    {
        _cpus[CpuCount] = (ulong)cpu;
        CpuCount++;
        Online = CpuMask.FirstN(CpuCount);
        cpu->Initialize(InitialPolicy);
    }

    /// <summary>Sets how CPUs and threads are scheduled for which nothing else is said, at boot. A slice of 0 ns means the
    /// defaults of <see cref="SchedulingLimits"/>.</summary>
    public void SetScheduling(SchedulingPolicy policy, FairFeatures features, uint sliceNs)
    {
        InitialPolicy = policy;
        FairFeatures = features;
        uint request = sliceNs == 0 ? SchedulingLimits.DefaultSliceNs
            : sliceNs < SchedulingLimits.MinSliceNs ? SchedulingLimits.MinSliceNs
            : sliceNs > SchedulingLimits.MaxSliceNs ? SchedulingLimits.MaxSliceNs
            : sliceNs;
        DefaultParameters = new SchedulingParameters(
            SchedulingLimits.DefaultWeight,
            SchedulingLimits.DefaultPriority,
            request,
            sliceNs == 0 ? SchedulingLimits.DefaultQuantumNs : sliceNs);
        ThreadPrototype.InitializePrototype(DefaultParameters);
        for (uint i = 0; i < CpuCount; i++)
        {
            CpuAt(i)->Initialize(policy);
        }
    }

    /// <summary>The pool of a kind of object, or null if the kind has none or is no kind.</summary>
    public Pool* PoolOf(ObjectKind kind) => kind < ObjectKind.Count ? (Pool*)_pools[(int)kind] : null;

    /// <summary>At boot: makes pools known by the kind of their objects.</summary>
    public static void IndexPools(Kernel* kernel)
    {
        kernel->_pools[(int)ObjectKind.Thread] = (ulong)&kernel->Threads;
        kernel->_pools[(int)ObjectKind.Process] = (ulong)&kernel->Processes;
        kernel->_pools[(int)ObjectKind.Endpoint] = (ulong)&kernel->Endpoints;
        kernel->_pools[(int)ObjectKind.Notification] = (ulong)&kernel->Notifications;
        kernel->_pools[(int)ObjectKind.Reply] = (ulong)&kernel->Replies;
        kernel->_pools[(int)ObjectKind.Timer] = (ulong)&kernel->Timers;
        kernel->_pools[(int)ObjectKind.Session] = (ulong)&kernel->Sessions;
        kernel->_pools[(int)ObjectKind.Ring] = (ulong)&kernel->Rings;
    }

    /// <summary>At boot, once they are known by kind: sets a pool up over cleared memory for so many objects.</summary>
    public void InitializePool(ObjectKind kind, void* slots, uint capacity)
    {
        fixed (Thread* newThread = &ThreadPrototype)
        {
            PoolOf(kind)->Initialize(slots, PoolLayout.ForKind(kind), capacity, kind == ObjectKind.Thread ? newThread : null);
        }
    }

    /// <summary>The thread that a reference names, or null if its life is over.</summary>
    public Thread* ThreadOf(ObjectRef reference) => (Thread*)Threads.Resolve(reference);

    /// <summary>The process that a reference names, or null if its life is over.</summary>
    public Process* ProcessOf(ObjectRef reference) => (Process*)Processes.Resolve(reference);
}
