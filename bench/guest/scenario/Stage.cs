using System.Threading;
using Lachesis.Abi;
using Lachesis.Scenarios;
using Lachesis.User;

namespace Lachesis.ScenarioGuest;

/// <summary>What all threads of the scenario share, and how they come to be.</summary>
internal static unsafe class Stage
{
    private const ulong StackBytes = 8192;
    private const ulong LogBytes = CallLimits.MaxMap;

    private static ulong s_threads;
    private static ulong s_room;
    private static ulong s_refused;
    private static Runner** s_runners;

    /// <summary>The scenario.</summary>
    internal static ScenarioWorld World;

    /// <summary>Two readings of the clock further apart than this mean that the CPU was somebody else's in
    /// between.</summary>
    internal static long GapNs;

    /// <summary>Threads so far.</summary>
    internal static uint Threads => (uint)Volatile.Read(ref s_threads);

    /// <summary>System calls that should not have failed and did, and forks for which there was no room.</summary>
    internal static ulong Refused => Volatile.Read(ref s_refused);

    /// <summary>The thread of that number.</summary>
    internal static Runner* Thread(uint index) => s_runners[index];

    /// <summary>The CPU that the caller runs on.</summary>
    internal static uint CurrentCpu() => Program.Cpus == 1 ? 0 : Sys.CurrentCpu();

    /// <summary>Opens the program that the host left, and takes all memory that it will need; false if it cannot be
    /// run.</summary>
    internal static bool Open(long gapNs)
    {
        GapNs = gapNs;
        World.Program = (ScenarioHeader*)UserLayout.DataBase;
        if (Program.Start->DataBytes == 0 || !ScenarioWorld.IsSound(World.Program, Program.Start->DataBytes))
        {
            return false;
        }

        World.Resources = (ScenarioResource*)Memory.Map(ScenarioLimits.Resources * (ulong)sizeof(ScenarioResource));
        World.ResourcesAddress = (ulong)World.Resources;
        s_runners = (Runner**)Memory.Map(ScenarioLimits.Threads * (ulong)sizeof(Runner*));
        return World.Resources != null && s_runners != null && Reserve();
    }

    /// <summary>Makes all threads that start with the scenario, sets them up, and starts them in turn. The caller keeps its
    /// CPU meanwhile.</summary>
    internal static void Begin()
    {
        for (uint task = 0; task < World.Program->TaskCount; task++)
        {
            for (uint i = 0; i < World.Task(task)->Instances; i++)
            {
                Make(task);
            }
        }

        World.Begin = Clock.Now();
        ulong duration = World.Program->DurationNs;
        World.End = duration == 0 ? long.MaxValue : World.Begin + (long)duration;
        for (uint i = 0; i < Threads; i++)
        {
            Start(s_runners[i], World.Begin);
        }
    }

    /// <summary>Makes and starts one more thread.</summary>
    internal static void Fork(uint task)
    {
        Runner* made = Make(task);
        if (made != null)
        {
            Start(made, Clock.Now());
        }
    }

    /// <summary>Counts a call's error, if it is none that a scenario's own doing explains.</summary>
    internal static void Note(SystemCall call, Error error)
    {
        bool explained = error == Error.None
            || (call == SystemCall.Park && error is Error.ValueChanged or Error.TimedOut);
        if (!explained)
        {
            Count(ref s_refused);
        }
    }

    // Threads that are forked need theirs before the clock starts too: mapping takes long.
    private static bool Reserve()
    {
        uint wanted = 0;
        for (uint i = 0; i < World.Program->TaskCount; i++)
        {
            wanted += World.Task(i)->Instances;
        }

        for (uint i = 0; i < World.Program->OperationCount; i++)
        {
            wanted = World.Operation(i)->Kind == ScenarioOperationKind.Fork ? ScenarioLimits.Threads : wanted;
        }

        for (; s_room < wanted; s_room++)
        {
            Runner* runner = (Runner*)Memory.Map((ulong)sizeof(Runner) + StackBytes);
            byte* log = Memory.Map(LogBytes);
            if (runner == null || log == null)
            {
                return false;
            }

            runner->Machine.Log.Entries = (ScenarioEvent*)log;
            runner->Machine.Log.Capacity = (uint)(LogBytes / (ulong)sizeof(ScenarioEvent));
            s_runners[s_room] = runner;
        }

        return true;
    }

    private static Runner* Make(uint task)
    {
        ulong index = Count(ref s_threads);
        if (index >= s_room)
        {
            Volatile.Write(ref s_threads, s_room);
            Count(ref s_refused);
            return null;
        }

        Runner* runner = s_runners[index];
        ulong stack = ((ulong)(runner + 1) + StackBytes) & ~15ul;
        Note(SystemCall.ThreadCreate, UserThread.Create(&runner->Thread, &Runner.Run, (ulong)runner, stack));
        runner->Machine.Task = task;
        ScenarioTask* record = World.Task(task);
        ulong handle = runner->Thread.Handle;
        Note(SystemCall.ThreadSetAffinity, Sys.ThreadSetAffinity(handle, record->CpuMask));
        Set(handle, SchedulingParameter.Weight, record->Weight);
        Set(handle, SchedulingParameter.RequestNs, record->RequestNs);
        Set(handle, SchedulingParameter.Priority, record->Priority);
        Set(handle, SchedulingParameter.QuantumNs, record->QuantumNs);
        return runner;
    }

    // 0 of a time: what the runner's slice makes it.
    private static void Set(ulong handle, SchedulingParameter parameter, uint value)
    {
        if (value != 0 || parameter == SchedulingParameter.Priority)
        {
            Note(SystemCall.ThreadSchedule, Sys.ThreadSchedule(BootHandle.Policy, handle, parameter, value));
        }
    }

    private static void Start(Runner* runner, long begin)
    {
        runner->Machine.Prepare(in World, runner->Machine.Task, runner->Thread.Handle, begin);
        Note(SystemCall.ThreadStart, Sys.ThreadStart(runner->Thread.Handle));
    }

    // What it was before.
    private static ulong Count(ref ulong counter) => Interlocked.ExchangeAdd(ref counter, 1);
}
