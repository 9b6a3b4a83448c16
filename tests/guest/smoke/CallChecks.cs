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
        Levels before = Levels.Now();
        CheckNumbers();
        Report.Check(AllGive(Error.StaleHandle, NeverMade), "every call refuses a handle that was never made");
        Report.Check(AllGive(Error.StaleHandle, 1ul << 17), "every call refuses a boot handle of another generation");
        Report.Check(AllGive(Error.StaleHandle, 1ul << 32), "every call refuses a handle of more than 32 bits");
        Report.Check(AllGive(Error.StaleHandle, ulong.MaxValue), "every call refuses the greatest number as a handle");
        Report.Check(AllGive(Error.StaleHandle, closed), "every call refuses a handle that was closed");
        CheckKinds();
        CheckRanges();
        Report.Check(before.AreBack(), "calls that fail change no pool");
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
            all &= Gives(Error.UnknownSystemCall, (SystemCall)numbers[i], BootHandle.Process, 1, 2, 3);
        }

        Report.Check(all, "unknown numbers give UnknownSystemCall");
    }

    private static ulong ClosedHandle()
    {
        UserThread thread;
        UserThread.Run(&thread, &Nothing, 0);
        Sys.ThreadJoin(thread.Handle);
        Sys.HandleClose(thread.Handle);
        return thread.Handle;
    }

    private static ulong Nothing(ulong unused) => 0;

    // Every call that takes a handle, with other arguments that would do.
    private static bool AllGive(Error expected, ulong handle)
    {
        ulong* memory = stackalloc ulong[16];
        SpawnRequest request = default;
        ulong entry = Stubs.ThreadStartAddress();
        return Gives(expected, SystemCall.LogWrite, handle, (ulong)memory, 8)
            && Gives(expected, SystemCall.ReportWrite, handle, (ulong)ReportKind.Metric, (ulong)memory, 16)
            && Gives(expected, SystemCall.ThreadCreate, handle, entry, (ulong)memory)
            && Gives(expected, SystemCall.ThreadStart, handle)
            && Gives(expected, SystemCall.ThreadJoin, handle)
            && Gives(expected, SystemCall.ThreadRuntime, handle)
            && Gives(expected, SystemCall.ThreadSetAffinity, handle, ulong.MaxValue)
            && Gives(expected, SystemCall.ThreadSuspend, handle)
            && Gives(expected, SystemCall.ThreadResume, handle)
            && Gives(expected, SystemCall.ThreadKill, handle)
            && Gives(expected, SystemCall.MemoryMap, handle, 4096)
            && Gives(expected, SystemCall.ProcessSpawn, handle, (ulong)&request)
            && Gives(expected, SystemCall.ProcessWait, handle)
            && Gives(expected, SystemCall.ProcessExit, handle, 1)
            && Gives(expected, SystemCall.CountersRead, handle, 0, (ulong)memory, 1)
            && Gives(expected, SystemCall.PoolLevel, handle)
            && Gives(expected, SystemCall.MachineExit, handle)
            && Gives(expected, SystemCall.MachineFault, handle)
            && (expected != Error.StaleHandle || Gives(expected, SystemCall.HandleClose, handle));
    }

    internal static bool Gives(Error expected, SystemCall number, ulong a0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        SystemResult result = Sys.Call(number, a0, a1, a2, a3);
        return result.Error == expected && result.Value == 0;
    }

    private static void CheckKinds()
    {
        const Error wrong = Error.WrongKind;
        byte* memory = stackalloc byte[128];
        bool all = Gives(wrong, SystemCall.LogWrite, BootHandle.Report, (ulong)memory, 8)
            && Gives(wrong, SystemCall.ReportWrite, BootHandle.Log, (ulong)ReportKind.Metric, (ulong)memory, 16)
            && Gives(wrong, SystemCall.ThreadCreate, BootHandle.MainThread, Stubs.ThreadStartAddress(), (ulong)memory)
            && Gives(wrong, SystemCall.ThreadStart, BootHandle.Process)
            && Gives(wrong, SystemCall.ThreadJoin, BootHandle.Process)
            && Gives(wrong, SystemCall.ThreadRuntime, BootHandle.Machine)
            && Gives(wrong, SystemCall.ThreadSetAffinity, BootHandle.Log, 1)
            && Gives(wrong, SystemCall.ThreadSuspend, BootHandle.Process)
            && Gives(wrong, SystemCall.ThreadResume, BootHandle.Log)
            && Gives(wrong, SystemCall.ThreadKill, BootHandle.Process)
            && Gives(wrong, SystemCall.MemoryMap, BootHandle.MainThread, 4096)
            && Gives(wrong, SystemCall.ProcessSpawn, BootHandle.Machine, (ulong)memory)
            && Gives(wrong, SystemCall.ProcessWait, BootHandle.MainThread)
            && Gives(wrong, SystemCall.ProcessExit, BootHandle.MainThread, 1)
            && Gives(wrong, SystemCall.CountersRead, BootHandle.Spawn, 0, (ulong)memory, 1)
            && Gives(wrong, SystemCall.PoolLevel, BootHandle.Log)
            && Gives(wrong, SystemCall.MachineExit, BootHandle.Process)
            && Gives(wrong, SystemCall.MachineFault, BootHandle.Report);
        Report.Check(all, "every call refuses a handle of another kind");
    }

    private static void CheckRanges()
    {
        const Error bad = Error.BadArgument;
        const ulong metric = (ulong)ReportKind.Metric;
        uint* word = stackalloc uint[2];
        ulong at = (ulong)word;
        bool all = Gives(bad, SystemCall.LogWrite, BootHandle.Log, at, CallLimits.MaxLog + 1)
            && Gives(bad, SystemCall.LogWrite, BootHandle.Log, at, ulong.MaxValue)
            && Gives(bad, SystemCall.ReportWrite, BootHandle.Report, metric, at, ReportHeader.MaxPayload + 1)
            && Gives(bad, SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.Metric, at, 7)
            && Gives(bad, SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.Panic, at, 8)
            && Gives(bad, SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.Check + 0x1_0000, at, 8)
            && Gives(bad, SystemCall.MemoryMap, BootHandle.Process, 0)
            && Gives(bad, SystemCall.MemoryMap, BootHandle.Process, CallLimits.MaxMap + 1)
            && Gives(bad, SystemCall.MemoryMap, BootHandle.Process, ulong.MaxValue)
            && Gives(bad, SystemCall.Park, at, 1ul << 32)
            && Gives(bad, SystemCall.Park, at, *word, 1ul << 63)
            && Gives(bad, SystemCall.SleepUntil, 1ul << 63)
            && Gives(bad, SystemCall.ThreadSetAffinity, BootHandle.MainThread, 0)
            && Gives(bad, SystemCall.CountersRead, BootHandle.Machine, Program.Cpus, at, 1)
            && Gives(bad, SystemCall.CountersRead, BootHandle.Machine, 1ul << 32, at, 1)
            && Gives(bad, SystemCall.CountersRead, BootHandle.Machine, 0, at, (ulong)Counter.Count + 1)
            && Gives(bad, SystemCall.PoolLevel, BootHandle.Machine, (ulong)PoolKind.Count)
            && Gives(bad, SystemCall.PoolLevel, BootHandle.Machine, 1ul << 32)
            && Gives(bad, SystemCall.MachineExit, BootHandle.Machine, 127)
            && Gives(bad, SystemCall.MachineFault, BootHandle.Machine, (ulong)KernelFault.Count);
        Report.Check(all, "values out of range give BadArgument");
    }
}
