using Lachesis.Abi;
using Lachesis.Core;
using Lachesis.Core.Boot;
using Lachesis.Core.Memory;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Wait;

namespace Lachesis.Arch.X64;

/// <summary>Sizing and placing all that the kernel keeps, once, at boot.</summary>
internal static unsafe class KernelMemory
{
    // One thread for so many bytes of memory, unless the manifest says otherwise: 512 MiB hold more than 16,384.
    private const ulong BytesPerThread = 24 << 10;
    private const uint MinThreads = 64;
    private const uint DefaultProcesses = 256;
    private const uint MinParkBuckets = 64;

    // Of each other kind, unless the manifest says otherwise.
    private const uint DefaultObjects = 4096;

    /// <summary>
    /// Finds memory and ramdisk, makes the pools that the manifest asks for, CPU 0, and the kernel's page tables, and
    /// loads them.
    /// </summary>
    internal static X64Cpu* Initialize(PvhStartInfo* info, X64State* machine, Kernel* kernel)
    {
        PvhModule* module = (PvhModule*)Layout.Virtual(info->ModuleList);
        if (info->Magic != PvhStartInfo.ExpectedMagic || info->ModuleCount == 0)
        {
            return null;
        }

        machine->Kernel = kernel;
        kernel->Pages.Initialize(Layout.DirectMap);
        Pvh.AddFreeMemory(info, &kernel->Pages, Stubs.LinkAddresses()->DataEnd - Layout.ImageOffset, module);
        X64Cpu* cpu = AllocateCpu(machine);
        machine->Idt = (InterruptGate*)AllocatePages(kernel, 4096);
        Segments.FillIdt(machine->Idt);
        machine->KernelRoot = KernelMap.Build(kernel, &cpu->Core, Pvh.EndOfMemory(info));
        Stubs.WriteCr3(machine->KernelRoot);
        FinishCpu(machine, cpu, &cpu->Core);
        return cpu;
    }

    /// <summary>Checks ramdisk and manifest; false if they are not sound.</summary>
    internal static bool OpenRamdisk(PvhStartInfo* info, Kernel* kernel, out BootManifest manifest)
    {
        manifest = default;
        PvhModule* module = (PvhModule*)Layout.Virtual(info->ModuleList);
        byte* start = (byte*)Layout.Virtual(module->Address);
        if (RamdiskReader.Open(start, module->Size, out kernel->Ramdisk) != Error.None)
        {
            return false;
        }

        RamdiskFile file = kernel->Ramdisk.File(0);
        return ManifestReader.Open(file.Start, file.Length, kernel->Ramdisk.Count, out manifest) == Error.None;
    }

    /// <summary>Makes the pools; false if memory is too small for them.</summary>
    internal static bool MakePools(Kernel* kernel, in BootManifest manifest, ulong usableBytes)
    {
        PoolCapacities wanted = manifest.Pools;
        uint threads = wanted.Threads != 0 ? wanted.Threads : DefaultThreads(usableBytes / BytesPerThread);
        uint processes = wanted.Processes != 0 ? wanted.Processes : DefaultProcesses;
        uint buckets = MinParkBuckets;
        while (buckets < threads / 2)
        {
            buckets *= 2;
        }

        kernel->SetScheduling(manifest.Policy, manifest.Features, manifest.SliceNs);
        void* threadSlots = AllocatePages(kernel, (ulong)threads * (ulong)sizeof(Thread));
        void* processSlots = AllocatePages(kernel, (ulong)processes * (ulong)sizeof(Process));
        void* parkTable = AllocatePages(kernel, ParkTable.BytesFor(buckets));
        if (threadSlots == null || processSlots == null || parkTable == null)
        {
            return false;
        }

        Kernel.IndexPools(kernel);
        kernel->InitializePool(ObjectKind.Thread, threadSlots, threads);
        kernel->InitializePool(ObjectKind.Process, processSlots, processes);
        if (!MakePool(kernel, ObjectKind.Endpoint, wanted.Endpoints)
            || !MakePool(kernel, ObjectKind.Notification, wanted.Notifications)
            || !MakePool(kernel, ObjectKind.Reply, wanted.Replies)
            || !MakePool(kernel, ObjectKind.Timer, wanted.Timers)
            || !MakePool(kernel, ObjectKind.Ring, wanted.Rings)
            || !MakePool(kernel, ObjectKind.Session, SchedulingLimits.MaxGroups))
        {
            return false;
        }

        for (ulong at = 0; at < ParkTable.BytesFor(buckets); at += Layout.PageSize)
        {
            Page.Clear((byte*)parkTable + at);
        }

        kernel->ParkTable.Initialize(parkTable, buckets);
        return true;
    }

    // A pool of small objects, which begin with their header. Cleared: their locks must be free.
    private static bool MakePool(Kernel* kernel, ObjectKind kind, uint wanted)
    {
        uint capacity = wanted != 0 ? wanted : DefaultObjects;
        ulong all = (ulong)capacity * PoolLayout.ForKind(kind).ObjectBytes;
        byte* slots = (byte*)AllocatePages(kernel, all);
        if (slots == null)
        {
            return false;
        }

        for (ulong at = 0; at < all; at += Layout.PageSize)
        {
            Page.Clear(slots + at);
        }

        kernel->InitializePool(kind, slots, capacity);
        return true;
    }

    /// <summary>Gives a CPU the timer queue and the run queue in which every thread's, and timer's, place is reserved; false if memory is
    /// too small.</summary>
    internal static bool MakeQueues(Kernel* kernel, Cpu* cpu)
    {
        uint threads = kernel->Threads.Capacity;
        uint timers = threads + kernel->Timers.Capacity;
        uint nodes = DeadlineTree.MaxNodesFor(threads);
        void* heap = AllocatePages(kernel, (ulong)timers * (ulong)sizeof(TimerNode*));
        void* tree = AllocatePages(kernel, (ulong)nodes * (ulong)sizeof(DeadlineNode));
        if (heap == null || tree == null)
        {
            return false;
        }

        cpu->Timers.Initialize((TimerNode**)heap, timers);
        cpu->RunQueue.Fair.Tree->Initialize((DeadlineNode*)tree);
        return true;
    }

    /// <summary>Makes the next CPU's structure and stacks, on the boot CPU.</summary>
    internal static X64Cpu* MakeCpu(X64State* machine, Cpu* boot)
    {
        X64Cpu* cpu = AllocateCpu(machine);
        FinishCpu(machine, cpu, boot);
        if (!MakeQueues(machine->Kernel, &cpu->Core))
        {
            X64Machine.Panic(boot, "memory too small for this many cpus");
        }

        return cpu;
    }

    private static X64Cpu* AllocateCpu(X64State* machine)
    {
        Kernel* kernel = machine->Kernel;
        X64Cpu* cpu = (X64Cpu*)AllocatePages(kernel, (ulong)sizeof(X64Cpu));
        for (ulong at = 0; at < (ulong)sizeof(X64Cpu); at += Layout.PageSize)
        {
            Page.Clear((byte*)cpu + at);
        }

        cpu->Machine = machine;
        cpu->Core.Self = &cpu->Core;
        cpu->Core.Kernel = kernel;
        cpu->Core.Id = kernel->CpuCount;
        kernel->AddCpu(&cpu->Core);
        return cpu;
    }

    private static void FinishCpu(X64State* machine, X64Cpu* cpu, Cpu* boot)
    {
        uint id = cpu->Core.Id;
        cpu->Core.KernelStackTop = KernelStacks.KernelTop(id);
        if (KernelStacks.Map(machine->Kernel, boot, machine->KernelRoot, id) != Error.None)
        {
            X64Machine.Panic(boot, "memory too small for the kernel's stacks");
        }
    }

    private static uint DefaultThreads(ulong threads) => threads < MinThreads ? MinThreads
        : threads > BootLimits.MaxThreads ? BootLimits.MaxThreads : (uint)threads;

    // Whole pages, contents undefined; null if no range of memory has room.
    private static void* AllocatePages(Kernel* kernel, ulong bytes)
    {
        ulong frame = kernel->Pages.AllocateContiguous(bytes);
        return frame == 0 ? null : (void*)Layout.Virtual(frame);
    }
}
