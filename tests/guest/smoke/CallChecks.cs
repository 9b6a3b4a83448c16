using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Smoke;

/// <summary>Calls with numbers, handles and values that nobody should pass give the documented error and change
/// nothing.</summary>
internal static unsafe class CallChecks
{
    private const ulong NeverMade = 77;

    internal static void Run()
    {
        ulong closed = ClosedHandle();
        PoolLevels before = PoolLevels.Read();
        CheckNumbers();
        Report.Check(AllReturn(Error.StaleHandle, NeverMade), "every call refuses a handle that was never made");
        Report.Check(AllReturn(Error.StaleHandle, 1ul << 17), "every call refuses a boot handle of another generation");
        Report.Check(AllReturn(Error.StaleHandle, 1ul << 32), "every call refuses a handle of more than 32 bits");
        Report.Check(AllReturn(Error.StaleHandle, ulong.MaxValue), "every call refuses the greatest number as a handle");
        Report.Check(AllReturn(Error.StaleHandle, closed), "every call refuses a handle that was closed");
        CheckKinds();
        CheckRanges();
        Report.Check(before.WaitUntilRestored(), "calls that fail change no pool");
    }

    private static void CheckNumbers()
    {
        bool all = true;
        uint* numbers = stackalloc uint[]
        {
            (uint)SystemCall.Count, (uint)SystemCall.Count + 1, 255, 256, 1000, 0x1_0000, 0x7FFF_FFFF,
            0x8000_0000, uint.MaxValue,
        };
        for (int i = 0; i < 9; i++)
        {
            all &= Returns(Error.UnknownSystemCall, (SystemCall)numbers[i], BootHandle.Process, 1, 2, 3);
        }

        Report.Check(all, "unknown numbers give UnknownSystemCall");
    }

    private static ulong ClosedHandle()
    {
        UserThread thread;
        UserThread.CreateAndStart(&thread, &Nothing, 0);
        Sys.ThreadJoin(thread.Handle);
        Sys.CapabilityDelete(thread.Handle);
        return thread.Handle;
    }

    private static ulong Nothing(ulong unused) => 0;

    // Every call that takes a handle, with other arguments that would do.
    private static bool AllReturn(Error expected, ulong handle)
    {
        ulong* memory = stackalloc ulong[16];
        SpawnRequest request = default;
        ulong entry = Stubs.ThreadStartAddress();
        return Returns(expected, SystemCall.LogWrite, handle, (ulong)memory, 8)
            && Returns(expected, SystemCall.ReportWrite, handle, (ulong)ReportKind.Metric, (ulong)memory, 16)
            && Returns(expected, SystemCall.ThreadCreate, handle, entry, (ulong)memory)
            && Returns(expected, SystemCall.ThreadStart, handle)
            && Returns(expected, SystemCall.ThreadJoin, handle)
            && Returns(expected, SystemCall.ThreadRuntime, handle)
            && Returns(expected, SystemCall.ThreadSetAffinity, handle, ulong.MaxValue)
            && Returns(expected, SystemCall.ThreadSuspend, handle)
            && Returns(expected, SystemCall.ThreadResume, handle)
            && Returns(expected, SystemCall.ThreadKill, handle)
            && Returns(expected, SystemCall.MemoryMap, handle, 4096)
            && Returns(expected, SystemCall.ProcessSpawn, handle, (ulong)&request)
            && Returns(expected, SystemCall.ProcessWait, handle)
            && Returns(expected, SystemCall.ProcessExit, handle, 1)
            && Returns(expected, SystemCall.CountersRead, handle, 0, (ulong)memory, 1)
            && Returns(expected, SystemCall.PoolLevel, handle)
            && Returns(expected, SystemCall.MachineExit, handle)
            && Returns(expected, SystemCall.MachineInjectFault, handle)
            && (expected != Error.StaleHandle || Returns(expected, SystemCall.CapabilityDelete, handle));
    }

    internal static bool Returns(Error expected, SystemCall number, ulong a0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        SystemResult result = Sys.Call(number, a0, a1, a2, a3);
        return result.Error == expected && result.Value == 0;
    }

    private static void CheckKinds()
    {
        const Error wrong = Error.WrongKind;
        byte* memory = stackalloc byte[128];
        bool all = Returns(wrong, SystemCall.LogWrite, BootHandle.Report, (ulong)memory, 8)
            && Returns(wrong, SystemCall.ReportWrite, BootHandle.Log, (ulong)ReportKind.Metric, (ulong)memory, 16)
            && Returns(wrong, SystemCall.ThreadCreate, BootHandle.MainThread, Stubs.ThreadStartAddress(), (ulong)memory)
            && Returns(wrong, SystemCall.ThreadStart, BootHandle.Process)
            && Returns(wrong, SystemCall.ThreadJoin, BootHandle.Process)
            && Returns(wrong, SystemCall.ThreadRuntime, BootHandle.Machine)
            && Returns(wrong, SystemCall.ThreadSetAffinity, BootHandle.Log, 1)
            && Returns(wrong, SystemCall.ThreadSuspend, BootHandle.Process)
            && Returns(wrong, SystemCall.ThreadResume, BootHandle.Log)
            && Returns(wrong, SystemCall.ThreadKill, BootHandle.Process)
            && Returns(wrong, SystemCall.MemoryMap, BootHandle.MainThread, 4096)
            && Returns(wrong, SystemCall.ProcessSpawn, BootHandle.Machine, (ulong)memory)
            && Returns(wrong, SystemCall.ProcessWait, BootHandle.MainThread)
            && Returns(wrong, SystemCall.ProcessExit, BootHandle.MainThread, 1)
            && Returns(wrong, SystemCall.CountersRead, BootHandle.Spawn, 0, (ulong)memory, 1)
            && Returns(wrong, SystemCall.PoolLevel, BootHandle.Log)
            && Returns(wrong, SystemCall.MachineExit, BootHandle.Process)
            && Returns(wrong, SystemCall.MachineInjectFault, BootHandle.Report);
        Report.Check(all, "every call refuses a handle of another kind");
    }

    private static void CheckRanges()
    {
        const Error bad = Error.BadArgument;
        const ulong metric = (ulong)ReportKind.Metric;
        uint* word = stackalloc uint[2];
        ulong at = (ulong)word;
        bool all = Returns(bad, SystemCall.LogWrite, BootHandle.Log, at, CallLimits.MaxLogBytes + 1)
            && Returns(bad, SystemCall.LogWrite, BootHandle.Log, at, ulong.MaxValue)
            && Returns(bad, SystemCall.ReportWrite, BootHandle.Report, metric, at, ReportHeader.MaxPayload + 1)
            && Returns(bad, SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.Metric, at, 7)
            && Returns(bad, SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.Panic, at, 8)
            && Returns(bad, SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.Check + 0x1_0000, at, 8)
            && Returns(bad, SystemCall.MemoryMap, BootHandle.Process, 0)
            && Returns(bad, SystemCall.MemoryMap, BootHandle.Process, CallLimits.MaxMapBytes + 1)
            && Returns(bad, SystemCall.MemoryMap, BootHandle.Process, ulong.MaxValue)
            && Returns(bad, SystemCall.Park, at, 1ul << 32)
            && Returns(bad, SystemCall.Park, at, *word, 1ul << 63)
            && Returns(bad, SystemCall.SleepUntil, 1ul << 63)
            && Returns(bad, SystemCall.ThreadSetAffinity, BootHandle.MainThread, 0)
            && Returns(bad, SystemCall.CountersRead, BootHandle.Machine, Program.Cpus, at, 1)
            && Returns(bad, SystemCall.CountersRead, BootHandle.Machine, 1ul << 32, at, 1)
            && Returns(bad, SystemCall.CountersRead, BootHandle.Machine, 0, at, (ulong)Counter.Count + 1)
            && Returns(bad, SystemCall.PoolLevel, BootHandle.Machine, (ulong)PoolKind.Count)
            && Returns(bad, SystemCall.PoolLevel, BootHandle.Machine, 1ul << 32)
            && Returns(bad, SystemCall.MachineExit, BootHandle.Machine, 127)
            && Returns(bad, SystemCall.MachineInjectFault, BootHandle.Machine, (ulong)KernelFault.Count);
        Report.Check(all, "values out of range give BadArgument");
    }
}
