using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Spawning;

/// <summary>What the processes do that the trial starts. Each says what it found in its exit code.</summary>
internal static unsafe class Children
{
    /// <summary>Gives <c>code=</c>.</summary>
    internal const long ReturnCode = 2;

    /// <summary>Gives a hash of its argument string.</summary>
    internal const long HashArgument = 3;

    /// <summary>Gives the errors of one call on each of the handles that may be granted, 8 bits each.</summary>
    internal const long TryHandles = 4;

    /// <summary>Spawns another one with all grants and all CPUs: gives the error.</summary>
    internal const long SpawnMore = 5;

    /// <summary>Writes <c>code=</c> to places that every process has and looks whether it stays there: gives it.</summary>
    internal const long KeepMemory = 6;

    /// <summary>Gives the set of CPUs that it, and threads that it makes, ever ran on.</summary>
    internal const long VisitCpus = 7;

    /// <summary>Sleeps until it is killed.</summary>
    internal const long SleepForEver = 8;

    /// <summary>Gives 1 if its memory is as it should be at the start: zero where nothing was written yet.</summary>
    internal const long LookAtMemory = 9;

    private static ulong s_kept = Fresh;

    private const ulong Fresh = 0x1234;

    internal static ulong RunRole(long role) => role switch
    {
        ReturnCode => (ulong)Program.Argument("code", 0),
        HashArgument => Hash(Program.Start->Argument, Program.Start->ArgumentLength),
        TryHandles => Try(),
        SpawnMore => More(),
        KeepMemory => Keep((ulong)Program.Argument("code", 0)),
        VisitCpus => Visit(),
        SleepForEver => (ulong)Sys.SleepUntil(long.MaxValue - 1),
        LookAtMemory => Look(),
        _ => ulong.MaxValue,
    };

    /// <summary>FNV-1a, 64 bit.</summary>
    internal static ulong Hash(byte* bytes, uint count)
    {
        ulong hash = 0xCBF2_9CE4_8422_2325;
        for (uint i = 0; i < count; i++)
        {
            hash = (hash ^ bytes[i]) * 0x0000_0100_0000_01B3;
        }

        return hash ^ count;
    }

    private static ulong Try()
    {
        ulong* record = stackalloc ulong[2];
        SpawnRequest request = default;
        ulong log = (ulong)Sys.Call(SystemCall.LogWrite, BootHandle.Log, (ulong)record, 0).Error;
        ulong report = (ulong)Sys.Call(
            SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.CaseBegin, (ulong)record, 4).Error;
        if (report == (ulong)Error.BadArgument)
        {
            // The length is looked at before the handle: a record that would be good.
            report = (ulong)Sys.Call(
                SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.Check, UserLayout.Limit, 8).Error;
        }

        ulong spawn = (ulong)Sys.ProcessSpawn(&request).Error;
        ulong machine = (ulong)Sys.Call(SystemCall.PoolLevel, BootHandle.Machine, 0).Error;
        return log | report << 8 | spawn << 16 | machine << 24;
    }

    private static ulong More()
    {
        SpawnBuilder spawn = SpawnBuilder.ForRole("spawn", ReturnCode);
        spawn.Grants = (Grants)Program.Argument("grants", 0);
        spawn.CpuMask = (ulong)Program.Argument("mask", 0);
        SystemResult ended = spawn.StartAndWait();
        return (ulong)ended.Error;
    }

    private static ulong Keep(ulong code)
    {
        ulong* heap = (ulong*)Memory.Map(4096);
        ulong* stack = (ulong*)UserLayout.MainStackBase;
        bool fresh = s_kept == Fresh && *heap == 0 && *stack == 0;
        bool kept = (ulong)heap == UserLayout.HeapBase;
        for (int i = 0; i < 50; i++)
        {
            Volatile.Write(ref s_kept, code + (ulong)i);
            Volatile.Write(ref *heap, code * 3);
            Volatile.Write(ref *stack, code * 5);
            Sys.SleepUntil(Clock.Now() + 100_000);
            kept &= Volatile.Read(ref s_kept) == code + (ulong)i && Volatile.Read(ref *heap) == code * 3
                && Volatile.Read(ref *stack) == code * 5;
        }

        return fresh && kept ? code : 0;
    }

    private static ulong Look()
    {
        bool clean = s_kept == Fresh;
        ulong* stack = (ulong*)UserLayout.MainStackBase;
        for (int i = 0; i < 512; i++)
        {
            clean &= stack[i] == 0;
        }

        for (int page = 0; page < 32; page++)
        {
            ulong* heap = (ulong*)Memory.Map(4096);
            for (int i = 0; i < 512; i++)
            {
                clean &= heap[i] == 0;
                heap[i] = ulong.MaxValue;
            }
        }

        return clean ? 1ul : 0;
    }

    private static ulong Visit()
    {
        ThreadGroup crew = ThreadGroup.Allocate(4);
        ulong* seen = (ulong*)Memory.Map(4 * sizeof(ulong));
        bool outside = false;
        for (uint i = 0; i < 4; i++)
        {
            crew.Add(&Wander, (ulong)&seen[i]);
            outside |= Sys.ThreadSetAffinity(crew.Handle(i), ~Program.Start->CpuMask) == Error.None;
            Sys.ThreadStart(crew.Handle(i));
        }

        crew.JoinAll();
        ulong visited = 1ul << (int)Sys.CurrentCpu();
        for (int i = 0; i < 4; i++)
        {
            visited |= seen[i];
        }

        return outside ? ulong.MaxValue : visited;
    }

    private static ulong Wander(ulong seen)
    {
        for (int i = 0; i < 100; i++)
        {
            *(ulong*)seen |= 1ul << (int)Sys.CurrentCpu();
            Sys.SleepUntil(Clock.Now() + 10_000);
        }

        return 0;
    }
}
