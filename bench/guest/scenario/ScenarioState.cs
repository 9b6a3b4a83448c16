using System.Threading;
using Lachesis.Abi;
using Lachesis.Scenarios;
using Lachesis.User;

namespace Lachesis.ScenarioGuest;

/// <summary>What all threads of the scenario share, and how they come to be.</summary>
internal static unsafe partial class ScenarioState
{
    private const ulong StackBytes = 8192;

    // Room for a million notes: 16 MiB.
    private const ulong NoteBlocks = 64;

    private static ulong s_created;
    private static ulong s_cursor;
    private static ulong s_capacity;
    private static ulong s_refused;
    private static ulong s_dropped;
    private static ulong s_stopped;
    private static Runner** s_runners;
    private static ScenarioChunkPool s_notes;

    /// <summary>The scenario.</summary>
    internal static ScenarioContext World;

    /// <summary>Two readings of the clock further apart than this mean that the CPU was somebody else's in
    /// between.</summary>
    internal static long GapNs;

    /// <summary>System calls that should not have failed and did, and forks for which there was no room.</summary>
    internal static ulong Refused => Volatile.Read(ref s_refused);

    /// <summary>Notes for which there was no room.</summary>
    internal static ulong DroppedEvents => Volatile.Read(ref s_dropped);

    /// <summary>The CPU that the caller runs on.</summary>
    internal static uint CurrentCpu() => Program.Cpus == 1 ? 0 : Sys.CurrentCpu();

    /// <summary>Opens the program that the host left, and takes all memory that it will need; false if it cannot be
    /// run.</summary>
    internal static bool Initialize(long gapNs)
    {
        GapNs = gapNs;
        World.Program = (ScenarioHeader*)UserLayout.DataBase;
        if (Program.Start->DataBytes == 0 || !ScenarioContext.IsValid(World.Program, Program.Start->DataBytes))
        {
            return false;
        }

        fixed (ulong* stopped = &s_stopped)
        fixed (ScenarioChunkPool* notes = &s_notes)
        {
            World.Stopped = stopped;
            World.EventChunks = notes;
        }

        return MapResources() && MapNotes() && Reserve(World.MaxThreads(ScenarioLimits.GuestThreads));
    }

    /// <summary>Makes all threads that start with the scenario, sets them up, and starts them in turn. The caller keeps its
    /// CPU meanwhile.</summary>
    internal static void Begin()
    {
        for (uint task = 0; task < World.Program->TaskCount; task++)
        {
            for (uint i = 0; i < World.Task(task)->Instances; i++)
            {
                CreateThread(task);
            }
        }

        World.Begin = Clock.Now();
        ulong duration = World.Program->DurationNs;
        World.End = duration == 0 ? long.MaxValue : World.Begin + (long)duration;
        uint made = (uint)s_created;
        for (uint i = 0; i < made; i++)
        {
            Start(s_runners[i], World.Begin);
        }
    }

    /// <summary>Makes and starts one more thread.</summary>
    internal static void Fork(uint task)
    {
        Runner* made = CreateThread(task);
        if (made != null)
        {
            Start(made, Clock.Now());
        }
    }

    private static bool MapResources()
    {
        uint pages = ScenarioContext.PagesFor(World.Program->ResourceCount);
        World.Pages = (ScenarioPage*)Memory.Map((pages + 1) * (ulong)sizeof(ScenarioPage));
        if (World.Pages == null)
        {
            return false;
        }

        for (uint i = 0; i < pages; i++)
        {
            byte* page = Memory.Map(UserLayout.PageSize);
            if (page == null)
            {
                return false;
            }

            World.Pages[i].At = (ScenarioResource*)page;
            World.Pages[i].Address = (ulong)page;
        }

        return true;
    }

    private static bool MapNotes()
    {
        s_notes.Blocks = (ScenarioChunk**)Memory.Map(NoteBlocks * (ulong)sizeof(ScenarioChunk*));
        for (ulong i = 0; s_notes.Blocks != null && i < NoteBlocks; i++)
        {
            s_notes.Blocks[i] = (ScenarioChunk*)Memory.Map(ScenarioChunkPool.BlockChunks * ScenarioChunk.Bytes);
            if (s_notes.Blocks[i] == null)
            {
                return false;
            }
        }

        s_notes.Capacity = NoteBlocks * ScenarioChunkPool.BlockChunks;
        return s_notes.Blocks != null;
    }

    // Threads that are forked need theirs before the clock starts too: mapping takes long.
    private static bool Reserve(uint wanted)
    {
        if (wanted > ScenarioLimits.GuestThreads)
        {
            return false;
        }

        s_runners = (Runner**)Memory.Map(ScenarioLimits.GuestThreads * (ulong)sizeof(Runner*));
        for (; s_runners != null && s_capacity < wanted; s_capacity++)
        {
            s_runners[s_capacity] = (Runner*)Memory.Map((ulong)sizeof(Runner) + StackBytes);
            if (s_runners[s_capacity] == null)
            {
                return false;
            }
        }

        return s_runners != null;
    }

    // A place where nobody was yet, or else that of the thread that ended longest ago, as far as can be told.
    private static Runner* TakeSlot()
    {
        ulong first = Count(ref s_cursor);
        for (ulong i = 0; i < s_capacity; i++)
        {
            Runner* runner = s_runners[(first + i) % s_capacity];
            if (Interlocked.CompareExchange(ref runner->State, Runner.Busy, Runner.Fresh) == Runner.Fresh)
            {
                return runner;
            }

            if (Interlocked.CompareExchange(ref runner->State, Runner.Busy, Runner.Ended) == Runner.Ended)
            {
                Close(runner);
                return runner;
            }
        }

        return null;
    }

    // Waits for what its thread still has to do after it noted its end, and gives its place in the kernel back.
    private static void Close(Runner* runner)
    {
        runner->Thread.Join();
        AtomicWord.FetchAdd(ref s_dropped, runner->Machine.Log.Dropped);
    }

    private static Runner* CreateThread(uint task)
    {
        Runner* runner = TakeSlot();
        if (runner == null)
        {
            Count(ref s_refused);
            return null;
        }

        runner->Asked = 0;
        runner->Noted = 0;
        runner->Machine.Task = task;
        runner->Machine.Number = (uint)Count(ref s_created);
        ulong stack = ((ulong)(runner + 1) + StackBytes) & ~15ul;
        RecordState(SystemCall.ThreadCreate, UserThread.Create(&runner->Thread, &Runner.Run, (ulong)runner, stack));
        ScenarioTask* record = World.Task(task);
        ulong handle = runner->Thread.Handle;
        runner->Machine.Handle = handle;
        RecordState(SystemCall.ThreadSetAffinity, Sys.ThreadSetAffinity(handle, record->CpuMask));
        Set(handle, SchedulingParameter.Weight, record->Weight);
        Set(handle, SchedulingParameter.SliceNs, record->SliceNs);
        Set(handle, SchedulingParameter.Priority, record->Priority);
        Set(handle, SchedulingParameter.QuantumNs, record->QuantumNs);
        Count(ref s_live);
        return runner;
    }

    // 0 of a time: what the runner's slice makes it.
    private static void Set(ulong handle, SchedulingParameter parameter, uint value)
    {
        if (value != 0 || parameter == SchedulingParameter.Priority)
        {
            RecordState(SystemCall.ThreadSetScheduling, Sys.ThreadSetScheduling(BootHandle.Policy, handle, parameter, value));
        }
    }

    private static void Start(Runner* runner, long begin)
    {
        runner->Machine.Prepare(in World, runner->Machine.Task, begin);
        RecordState(SystemCall.ThreadStart, Sys.ThreadStart(runner->Thread.Handle));
    }

    // What it was before.
    private static ulong Count(ref ulong counter) => AtomicWord.FetchAdd(ref counter, 1);
}
