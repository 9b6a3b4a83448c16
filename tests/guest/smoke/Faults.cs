using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Smoke;

/// <summary>A fault of a user thread ends that thread with a code that says which fault, and nothing else.</summary>
internal static unsafe class Faults
{
    internal enum Kind : ulong
    {
        UndefinedInstruction,
        DivideByZero,
        PrivilegedInstruction,
        DeviceInterrupt,
        ReadNull,
        ReadDirectMap,
        ReadKernelText,
        ReadNonCanonical,
        WriteKernel,
        WriteOwnText,
        WriteStartPage,
        RunStack,
        RunHeap,
        RunNull,
        StackOverflow,
        Count,
    }

    private const uint DivideError = 0;
    private const uint InvalidOpcode = 6;
    private const uint GeneralProtection = 13;
    private const uint PageFault = 14;
    private const ulong DirectMap = 0xFFFF_8000_0000_0000;
    private const ulong KernelText = 0xFFFF_FFFF_8020_0000;
    private const ulong NonCanonical = 0x0000_9000_0000_0000;
    private const byte Return = 0xC3;

    internal static void Run()
    {
        ThreadGroup crew = ThreadGroup.Allocate(2);
        Check(&crew, Kind.UndefinedInstruction, InvalidOpcode, "an undefined instruction ends its thread");
        Check(&crew, Kind.DivideByZero, DivideError, "a division by zero ends its thread");
        Check(&crew, Kind.PrivilegedInstruction, GeneralProtection, "hlt in user mode ends its thread");
        Check(&crew, Kind.DeviceInterrupt, GeneralProtection, "the timer's vector by instruction ends its thread");
        Check(&crew, Kind.ReadNull, PageFault, "a read of null ends its thread");
        Check(&crew, Kind.ReadDirectMap, PageFault, "a read of the kernel's direct map ends its thread");
        Check(&crew, Kind.ReadKernelText, PageFault, "a read of the kernel's text ends its thread");
        Check(&crew, Kind.ReadNonCanonical, GeneralProtection, "a read of a non-canonical address ends its thread");
        Check(&crew, Kind.WriteKernel, PageFault, "a write to kernel memory ends its thread");
        Check(&crew, Kind.WriteOwnText, PageFault, "a write to the program's own text ends its thread");
        Check(&crew, Kind.WriteStartPage, PageFault, "a write to the start page ends its thread");
        Check(&crew, Kind.RunStack, PageFault, "running code on the stack ends its thread");
        Check(&crew, Kind.RunHeap, PageFault, "running code in mapped memory ends its thread");
        Check(&crew, Kind.RunNull, PageFault, "a call of null ends its thread");
        Check(&crew, Kind.StackOverflow, PageFault, "a stack that overflows ends its thread at the page below");
        CheckStarts();
        CheckProcess();
    }

    /// <summary>Never returns, if the kernel does its part.</summary>
    internal static ulong Commit(ulong kind)
    {
        byte* code = stackalloc byte[16];
        *code = Return;
        switch ((Kind)kind)
        {
            case Kind.UndefinedInstruction:
                Stubs.UndefinedInstruction();
                break;
            case Kind.DivideByZero:
                Stubs.DivideByZero();
                break;
            case Kind.PrivilegedInstruction:
                Stubs.PrivilegedInstruction();
                break;
            case Kind.DeviceInterrupt:
                Stubs.TimerInterrupt();
                break;
            case Kind.RunStack:
                Stubs.CallFunction((ulong)code);
                break;
            case Kind.RunHeap:
                byte* heap = Memory.Map(1);
                *heap = Return;
                Stubs.CallFunction((ulong)heap);
                break;
            case Kind.RunNull:
                Stubs.CallFunction(0);
                break;
            case Kind.StackOverflow:
                return Recurse(0);
            default:
                Touch((Kind)kind);
                break;
        }

        return 0;
    }

    private static void Touch(Kind kind)
    {
        switch (kind)
        {
            case Kind.ReadNull:
                Stubs.ReadAddress(0);
                break;
            case Kind.ReadDirectMap:
                Stubs.ReadAddress(DirectMap);
                break;
            case Kind.ReadKernelText:
                Stubs.ReadAddress(KernelText);
                break;
            case Kind.ReadNonCanonical:
                Stubs.ReadAddress(NonCanonical);
                break;
            case Kind.WriteKernel:
                Stubs.WriteAddress(KernelText, 0);
                break;
            case Kind.WriteOwnText:
                Stubs.WriteAddress(Stubs.ThreadStartAddress(), 0);
                break;
            case Kind.WriteStartPage:
                Stubs.WriteAddress(UserLayout.StartPage, 0);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ulong Recurse(ulong depth)
    {
        ulong* frame = stackalloc ulong[16];
        frame[depth & 15] = depth;
        return Recurse(depth + 1) + frame[(depth + 1) & 15];
    }

    // One thread faults; its neighbour, and this one, live on. The kernel counts one fault.
    private static void Check(ThreadGroup* crew, Kind kind, uint vector, string what)
    {
        ulong faults = Counters.Sum(Counter.UserFaults);
        ulong quiet = 0;
        crew->AddAndStart(&Wait, (ulong)&quiet);
        crew->AddAndStart(&Commit, (ulong)kind);
        SystemResult faulted = Sys.ThreadJoin(crew->Handle(1));
        bool one = Counters.Sum(Counter.UserFaults) == faults + 1;
        System.Threading.Volatile.Write(ref quiet, 1);
        Parking.WakeAll(ref quiet);
        SystemResult other = Sys.ThreadJoin(crew->Handle(0));
        crew->JoinAll();
        bool ended = faulted.Error == Error.None && faulted.Value == FaultExitCode.For(vector);
        Report.Check(one && ended && other.Value == 7, what);
    }

    private static ulong Wait(ulong word)
    {
        while (System.Threading.Volatile.Read(ref *(ulong*)word) == 0)
        {
            Parking.Park(ref *(ulong*)word, 0);
        }

        return 7;
    }

    // Threads that cannot run their first instruction, or their first push.
    private static void CheckStarts()
    {
        ulong code = FaultExitCode.For(PageFault);
        ulong stack = (ulong)Memory.Map(4096);
        Report.Check(CodeOfThreadAt(stack, stack + 4096) == code, "a thread that starts in data ends with a page fault");
        Report.Check(
            CodeOfThreadAt(UserLayout.Limit - 16, stack + 4096) == code,
            "a thread that starts in the last page of user space ends with a page fault");
        Report.Check(
            CodeOfThreadAt(Stubs.ThreadStartAddress(), UserLayout.Limit - 16) == code,
            "a thread without a stack ends with a page fault");
    }

    private static ulong CodeOfThreadAt(ulong entry, ulong stack)
    {
        SystemResult made = Sys.ThreadCreate(BootHandle.Process, entry, stack, stack - 16);
        if (made.Error != Error.None || Sys.ThreadStart(made.Value) != Error.None)
        {
            return 0;
        }

        ulong code = Sys.ThreadJoin(made.Value).Value;
        Sys.CapabilityDelete(made.Value);
        return code;
    }

    private static void CheckProcess()
    {
        PoolLevels before = PoolLevels.Read();
        bool all = true;
        for (ulong kind = 0; kind < (ulong)Kind.Count; kind++)
        {
            SpawnBuilder spawn = SpawnBuilder.ForProgram("smoke");
            spawn.AddArgument("fault", (long)kind);
            SystemResult ended = spawn.StartAndWait();
            uint vector = (Kind)kind switch
            {
                Kind.UndefinedInstruction => InvalidOpcode,
                Kind.DivideByZero => DivideError,
                Kind.PrivilegedInstruction or Kind.DeviceInterrupt or Kind.ReadNonCanonical => GeneralProtection,
                _ => PageFault,
            };
            all &= ended.Error == Error.None && ended.Value == FaultExitCode.For(vector);
        }

        Report.Check(all, "a fault of the only thread ends its process with that code");
        Report.Check(before.WaitUntilRestored(), "a process that faulted leaves nothing behind");
    }
}
