using System.Runtime.InteropServices;

namespace Lachesis.Abi;

/// <summary>
/// A scenario in the form in which both runners execute it; the host compiles it from JSON. This header, then
/// <see cref="TaskCount"/> records of <see cref="ScenarioTask"/>, then <see cref="OperationCount"/> of <see
/// cref="ScenarioOperation"/>.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct ScenarioHeader
{
    /// <summary>The bytes "LSCN".</summary>
    public const uint ExpectedMagic = 0x4E43_534C;

    /// <summary>The version that both runners read.</summary>
    public const uint CurrentVersion = 2;

    /// <summary>Always <see cref="ExpectedMagic"/>.</summary>
    public uint Magic;

    /// <summary><see cref="CurrentVersion"/>.</summary>
    public uint Version;

    /// <summary>Tasks, 1..<see cref="ScenarioLimits.Threads"/>.</summary>
    public uint TaskCount;

    /// <summary>Operations of all tasks together, 1..<see cref="ScenarioLimits.Operations"/>.</summary>
    public uint OperationCount;

    /// <summary>Mutexes, conditions, barriers, semaphores and shared timers together, at most <see
    /// cref="ScenarioLimits.Resources"/>.</summary>
    public uint ResourceCount;

    /// <summary>The policy of every CPU.</summary>
    public SchedulingPolicy Policy;

    /// <summary>Rules of the fair policy that are on.</summary>
    public FairFeatures Features;

    /// <summary>Zero.</summary>
    public uint Reserved;

    /// <summary>Nanoseconds after which all is stopped; 0: when every thread has ended.</summary>
    public ulong DurationNs;
}

/// <summary>One task: what each thread of it does, from its first operation on.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct ScenarioTask
{
    /// <summary>Its first operation; <see cref="ScenarioOperationKind.End"/> ends it.</summary>
    public uint FirstOperation;

    /// <summary>Threads of it that start with the scenario; 0: only by <see cref="ScenarioOperationKind.Fork"/>.</summary>
    public uint Instances;

    /// <summary>Nanoseconds from the scenario's start, or from the fork, to its first operation.</summary>
    public ulong DelayNs;

    /// <summary>CPUs that it may run on; bit n is CPU n. Not zero.</summary>
    public ulong CpuMask;

    /// <summary>See <see cref="SchedulingParameter.Weight"/>.</summary>
    public uint Weight;

    /// <summary>See <see cref="SchedulingParameter.SliceNs"/>; 0: the runner's slice.</summary>
    public uint SliceNs;

    /// <summary>See <see cref="SchedulingParameter.Priority"/>.</summary>
    public uint Priority;

    /// <summary>See <see cref="SchedulingParameter.QuantumNs"/>; 0: the runner's slice.</summary>
    public uint QuantumNs;

    /// <summary>Which of <see cref="VirtualRuntime"/> and <see cref="VirtualDeadline"/> are said. The simulator alone knows
    /// them: no system call sets either.</summary>
    public ScenarioVirtualTimes GivenVirtualTimes;

    /// <summary>Where its threads' virtual runtimes begin under the fair policy, in virtual nanoseconds from an origin that
    /// all threads share.</summary>
    public long VirtualRuntime;

    /// <summary>Where their first virtual deadlines are, from the same origin.</summary>
    public long VirtualDeadline;
}

/// <summary>What a task says of where its threads begin under the fair policy.</summary>
[System.Flags]
public enum ScenarioVirtualTimes : uint
{
    /// <summary>Nothing: where the kernel puts new threads.</summary>
    None = 0,

    /// <summary><see cref="ScenarioTask.VirtualRuntime"/>.</summary>
    Runtime = 1,

    /// <summary><see cref="ScenarioTask.VirtualDeadline"/>.</summary>
    Deadline = 2,
}

/// <summary>What an operation does.</summary>
public enum ScenarioOperationKind : uint
{
    /// <summary>The thread ends.</summary>
    End = 0,

    /// <summary>Computes for <see cref="ScenarioOperation.Value"/> nanoseconds of its own CPU time.</summary>
    Run = 1,

    /// <summary>Computes until so many nanoseconds have passed, whoever had the CPU.</summary>
    Runtime = 2,

    /// <summary>Sleeps for so many nanoseconds.</summary>
    Sleep = 3,

    /// <summary>Waits for the next period, of so many nanoseconds, of the shared timer <see
    /// cref="ScenarioOperation.Resource"/>.</summary>
    Timer = 4,

    /// <summary>The same for a timer of the thread's own, <see cref="ScenarioOperation.Resource"/> below <see
    /// cref="ScenarioLimits.OwnTimers"/>.</summary>
    OwnTimer = 5,

    /// <summary>Takes a mutex.</summary>
    Lock = 6,

    /// <summary>Gives a mutex back.</summary>
    Unlock = 7,

    /// <summary>Waits for a condition, with the mutex <see cref="ScenarioOperation.Operand"/> given back meanwhile.</summary>
    Wait = 8,

    /// <summary>Wakes the first that waits for a condition.</summary>
    Signal = 9,

    /// <summary>Wakes all that wait for a condition.</summary>
    Broadcast = 10,

    /// <summary>Waits until <see cref="ScenarioOperation.Operand"/> threads, this one included, have come.</summary>
    Barrier = 11,

    /// <summary>Lets others run first.</summary>
    Yield = 12,

    /// <summary>Starts one more thread of task <see cref="ScenarioOperation.Operand"/>.</summary>
    Fork = 13,

    /// <summary>Sets the <see cref="SchedulingParameter"/> <see cref="ScenarioOperation.Operand"/> of the thread.</summary>
    Schedule = 14,

    /// <summary>May run only on the CPUs of the mask <see cref="ScenarioOperation.Value"/> from here on.</summary>
    Affinity = 15,

    /// <summary>One activation is over: counted, nothing else.</summary>
    Activation = 16,

    /// <summary>Goes back to operation <see cref="ScenarioOperation.Operand"/>, <see cref="ScenarioOperation.Value"/> times
    /// (all ones: for ever), counted at level <see cref="ScenarioOperation.Resource"/>, below <see
    /// cref="ScenarioLimits.LoopLevels"/>.</summary>
    Repeat = 17,

    /// <summary>Adds one to a semaphore, which begins at 0, and wakes the first that waits for it.</summary>
    SemaphorePost = 18,

    /// <summary>Takes one from a semaphore, waiting until there is one.</summary>
    SemaphoreWait = 19,

    /// <summary>How many there are; not one itself.</summary>
    Count = 20,
}

/// <summary>One operation.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct ScenarioOperation
{
    /// <summary>In <see cref="Flags"/> of a timer: a missed period is not made up for; the next counts from now.</summary>
    public const ushort Relative = 1;

    /// <summary>In <see cref="Value"/> of a repetition: for ever.</summary>
    public const ulong Forever = ulong.MaxValue;

    /// <summary>What it does.</summary>
    public ScenarioOperationKind Kind;

    /// <summary>The mutex, condition, timer, barrier or semaphore that it is about, or the level of a loop.</summary>
    public ushort Resource;

    /// <summary><see cref="Relative"/> or 0.</summary>
    public ushort Flags;

    /// <summary>A second operand; see <see cref="Kind"/>.</summary>
    public uint Operand;

    /// <summary>Zero.</summary>
    public uint Reserved;

    /// <summary>A third operand; see <see cref="Kind"/>.</summary>
    public ulong Value;
}

/// <summary>What a scenario may be.</summary>
public static class ScenarioLimits
{
    /// <summary>The most threads at a time, those that are forked included, and the most tasks. A thread that has ended does not
    /// count.</summary>
    public const uint Threads = 4096;

    /// <summary>The most threads at a time in the guest.</summary>
    public const uint GuestThreads = 1024;

    /// <summary>The most operations.</summary>
    public const uint Operations = 1 << 18;

    /// <summary>The most resources: as many as an operation can tell apart.</summary>
    public const uint Resources = ushort.MaxValue;

    /// <summary>The most timers of one thread's own.</summary>
    public const uint OwnTimers = 32;

    /// <summary>Loops inside of each other: of a phase, and of the whole task.</summary>
    public const uint LoopLevels = 2;

    /// <summary>The longest time that a scenario can name, in nanoseconds: some 11 days.</summary>
    public const ulong MaxTimeNs = 1_000_000_000_000_000;
}
