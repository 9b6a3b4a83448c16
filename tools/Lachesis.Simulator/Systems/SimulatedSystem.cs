using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core;
using Lachesis.Core.Boot;
using Lachesis.Core.Check;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Time;
using Lachesis.Core.Wait;

namespace Lachesis.Simulator;

/// <summary>
/// A whole kernel on the host: CPUs, pools, memory, clock, timers and interrupts, all driven from outside. Physical
/// addresses are pointers. Belongs to the thread that made it.
/// </summary>
/// <remarks>
/// How to drive one, with kernel entries that are atomic:
/// <list type="number">
/// <item>Make it from a <see cref="SystemShape"/> (<see cref="SimulatedSystem(SystemShape)"/>: every CPU idles; <see
/// cref="Running"/>: one process runs, on CPU 0).</item>
/// <item>Make processes (<see cref="StartProcess"/>, <see cref="Spawn"/>) and threads (<see cref="StartThread"/>).</item>
/// <item>See who runs (<see cref="RunningOn"/>), and make that thread call the kernel (<see cref="Syscall"/>).</item>
/// <item>Let time pass (<see cref="Advance"/>, <see cref="AdvanceToNextEvent"/>), and let CPUs take what waits for them:
/// one by one (<see cref="DeliverIpi"/>, <see cref="FireTimer"/>, <see cref="RunIdleWork"/>) or all (<see
/// cref="RunPendingWork"/>).</item>
/// </list>
/// Time passes in no other way, unless <see cref="ClockStep"/> is set; nothing is random. After every entry <see
/// cref="Invariants"/> are checked.
/// </remarks>
public sealed unsafe partial class SimulatedSystem : IDisposable
{
    [ThreadStatic]
    private static SimulatedSystem? s_ofThisThread;

    private readonly List<NativeBlock> _blocks = [];
    private readonly Instant[] _timers;
    private readonly bool[] _interrupts;
    private readonly long[] _skews;
    private readonly long[] _lateness;
    private readonly uint[] _parkedValues;

    /// <summary>Builds the system: every CPU runs, idle, and no process exists.</summary>
    public SimulatedSystem(SystemShape shape)
    {
        Shape = shape;
        BindToThread();
        _timers = Enumerable.Repeat(Instant.Never, (int)shape.Cpus).ToArray();
        _interrupts = new bool[shape.Cpus];
        _skews = new long[shape.Cpus];
        _lateness = new long[shape.Cpus];
        _parkedValues = new uint[shape.Cpus];
        _registers = new ulong[shape.Cpus];
        _entries = [.. Enumerable.Repeat("", (int)shape.Cpus)];
        Walk = new KernelWalk(shape);
        Times = new TimeWatch(shape.Threads);
        Rings = new RingWatch(this);
        Lags = [.. Enumerable.Range(0, (int)shape.Cpus).Select(_ => new LagWatch(shape.Threads))];
        Users = new UserSpaces(this, shape.Cpus);
        Kernel = (Kernel*)Take((ulong)sizeof(Kernel)).Start;
        Kernel->SetScheduling(shape.Policy, shape.Features, (uint)shape.SliceNs);
        Memory = Take(shape.Pages * UserLayout.PageSize);
        Kernel->Pages.Initialize(0);
        Kernel->Pages.AddRange((ulong)Memory.Start, (ulong)Memory.Start + Memory.Length);
        MakePools();
        for (uint i = 0; i < shape.Cpus; i++)
        {
            MakeCpu();
        }

        Checking = false;

        // That of processes for which no other is said, for good.
        Enter(0, cpu => Sessions<SimulatedMachine>.Create((Cpu*)cpu));
        for (uint i = 0; i < shape.Cpus; i++)
        {
            Enter(i, cpu => Scheduler<SimulatedMachine>.Reschedule((Cpu*)cpu, ReadClock(((Cpu*)cpu)->Id)));
        }

        Checking = true;
    }

    /// <summary>The system of the calling thread.</summary>
    public static SimulatedSystem OfThisThread => s_ofThisThread!;

    /// <summary>How large it is.</summary>
    public SystemShape Shape { get; }

    /// <summary>The kernel.</summary>
    public Kernel* Kernel { get; }

    /// <summary>Physical memory.</summary>
    internal NativeBlock Memory { get; }

    /// <summary>The buckets of the park table.</summary>
    internal NativeBlock ParkMemory { get; private set; } = null!;

    /// <summary>Address spaces.</summary>
    internal UserSpaces Users { get; }

    /// <summary>The log.</summary>
    public CapturedBytes Log { get; } = new();

    /// <summary>The report channel.</summary>
    public CapturedBytes Reports { get; } = new();

    /// <summary>What the kernel was last told to fail with.</summary>
    public KernelFault? FailureAskedFor { get; set; }

    /// <summary>The clock, in nanoseconds.</summary>
    public long Clock { get; private set; }

    /// <summary>By how much the clock moves with every reading.</summary>
    public long ClockStep { get; set; }

    /// <summary>All memory that the kernel uses, block by block.</summary>
    internal IReadOnlyList<NativeBlock> Blocks => _blocks;

    /// <summary>The CPU of that number.</summary>
    public Cpu* Cpu(uint id) => Kernel->CpuAt(id);

    /// <summary>What a CPU's one-shot timer is set to.</summary>
    public Instant TimerOf(uint cpu) => _timers[cpu];

    /// <summary>Whether a reschedule interrupt is on its way to a CPU.</summary>
    public bool HasInterrupt(uint cpu) => _interrupts[cpu];

    /// <summary>The sum of a counter over all CPUs.</summary>
    public ulong Total(Counter counter)
    {
        ulong total = 0;
        for (uint i = 0; i < Shape.Cpus; i++)
        {
            total += Cpu(i)->Counters[counter];
        }

        return total;
    }

    /// <summary>The threads whose slots are in use.</summary>
    public List<nint> Threads => InUse((PoolSlots*)&Kernel->Threads);

    /// <summary>The processes whose slots are in use.</summary>
    public List<nint> Processes => InUse((PoolSlots*)&Kernel->Processes);

    /// <summary>Puts a ramdisk in place, as the boot loader does.</summary>
    public void InsertRamdisk(byte[] image)
    {
        NativeBlock block = Take((ulong)image.Length);
        image.CopyTo(block.Bytes);
        Error error = RamdiskReader.Open(block.Start, block.Length, out Kernel->Ramdisk);
        if (error != Error.None)
        {
            throw new InvariantException($"the ramdisk is not sound: {error}");
        }
    }

    /// <summary>A ramdisk with the programs "thread" and "child", both whole.</summary>
    public void InsertRamdisk() => InsertRamdisk(Images.ValidRamdisk());

    /// <inheritdoc/>
    public void Dispose()
    {
        _blocks.ForEach(block => block.Dispose());
        s_ofThisThread = null;
    }

    /// <summary>Notes of <see cref="Invariants"/>.</summary>
    internal KernelWalk Walk { get; }

    /// <summary>CPU by CPU, the lags of its fair queue.</summary>
    internal LagWatch[] Lags { get; }

    /// <summary>What threads have had, by their ledgers.</summary>
    internal TimeWatch Times { get; }

    /// <summary>What threads had in their registers when they faulted.</summary>
    internal FaultRegisters Registers { get; } = new();

    /// <summary>What programs and kernel have done with rings.</summary>
    internal RingWatch Rings { get; }

    /// <summary>What fair queues pick.</summary>
    internal PickWatch Picks { get; } = new();

    /// <summary>What interleaves the CPUs, or null: kernel entries are atomic.</summary>
    internal Interleaver? Interleaver { get; set; }

    /// <summary>The mistake that was put in.</summary>
    internal SeededBug Bug { get; set; }

    /// <summary>The value of the word that a CPU's thread parked at last, when it made the call.</summary>
    internal ref uint ParkedValueOf(uint cpu) => ref _parkedValues[cpu];

    /// <summary>What goes wrong with the hardware, or null: nothing.</summary>
    internal FaultInjection? FaultInjection { get; set; }

    /// <summary>Whether interrupts may come more often than they were sent, as <see cref="Core.Machine.IMachine"/>
    /// allows.</summary>
    internal bool RepeatsInterrupts { get; set; }

    /// <summary>Makes this system the one of the calling thread, which takes turns with the others that drive it.</summary>
    internal void BindToThread()
    {
        s_ofThisThread = this;
        SeededBugs.Enable(Bug);
        PlacementOverride.SetRule(Shape.Placement);
    }

    /// <summary>By how much a CPU's clock is ahead of <see cref="Clock"/>, in nanoseconds.</summary>
    internal ref long SkewOf(uint cpu) => ref _skews[cpu];

    internal Instant ReadClock(uint cpu)
    {
        Clock += ClockStep;
        return new Instant(Clock + _skews[cpu]);
    }

    internal void SetTimer(uint cpu, Instant deadline)
    {
        _timers[cpu] = deadline;
        _lateness[cpu] = FaultInjection?.TimerLateness(cpu) ?? 0;
    }

    internal void SendInterrupt(uint cpu)
    {
        _interrupts[cpu] = true;
        FaultInjection?.OnInterruptSent(cpu);
    }

    private static List<nint> InUse(PoolSlots* pool)
    {
        List<nint> inUse = [];
        pool->InUse(inUse);
        return inUse;
    }

    private NativeBlock Take(ulong bytes)
    {
        var block = new NativeBlock(bytes);
        _blocks.Add(block);
        return block;
    }

    private void MakePools()
    {
        Core.Kernel.IndexPools(Kernel);
        MakePool(ObjectKind.Thread, Shape.Threads);
        MakePool(ObjectKind.Process, Shape.Processes);
        MakePool(ObjectKind.Endpoint, Shape.Objects);
        MakePool(ObjectKind.Notification, Shape.Objects);
        MakePool(ObjectKind.Reply, Shape.Objects);
        MakePool(ObjectKind.Timer, Shape.Objects);
        MakePool(ObjectKind.Session, SchedulingLimits.MaxGroups);
        MakePool(ObjectKind.Ring, Shape.Objects);
        ParkMemory = Take(ParkTable.BytesFor(Shape.ParkBuckets));
        Kernel->ParkTable.Initialize(ParkMemory.Start, Shape.ParkBuckets);
    }

    private void MakePool(ObjectKind kind, uint capacity) =>
        Kernel->InitializePool(kind, Take(capacity * (ulong)PoolLayout.ForKind(kind).ObjectBytes).Start, capacity);

    private void MakeCpu()
    {
        Cpu* cpu = (Cpu*)Take((ulong)sizeof(Cpu)).Start;
        cpu->Self = cpu;
        cpu->Kernel = Kernel;
        cpu->Id = Kernel->CpuCount;
        cpu->TimerDeadline = Instant.Never;
        cpu->NeedsRescheduleIpi = 1;
        uint timers = Shape.Threads + Shape.Objects;
        cpu->Timers.Initialize((TimerNode**)Take(timers * (ulong)sizeof(TimerNode*)).Start, timers);
        uint nodes = DeadlineTree.MaxNodesFor(Shape.Threads);
        cpu->RunQueue.Fair.Tree->Initialize((DeadlineNode*)Take(nodes * (ulong)sizeof(DeadlineNode)).Start);
        Kernel->AddCpu(cpu);
    }
}
