using System.Threading;
using Lachesis.Abi;
using Lachesis.User;

namespace Lachesis.Smoke;

/// <summary>After a system call, registers hold what the call promises, and nothing of the kernel or of other
/// threads.</summary>
internal static unsafe class RegisterChecks
{
    // What boot/stubs/TestStubs.cs fills the registers with before the call.
    private const ulong Pattern = 0x5AFE_0000;
    private const ulong VectorPattern = Pattern + 16;
    private const ulong OtherSecret = 0x0BAD_5EC2_E700_0000;
    private const ulong Arithmetic = 0x8D5;
    private const ulong AlignmentCheck = 1 << 18;
    private const ulong NestedTask = 1 << 14;
    private const ulong Identification = 1 << 21;

    /// <summary>In the order in which the stub stores them.</summary>
    private struct Registers
    {
        internal ulong Rax, Rcx, Rdx, Rbp, Rsi, Rdi, R8, R9, R10, R11, R12, R13, R14, R15, Rbx, Unused;
        internal fixed ulong Vector[32];
    }

    private struct Neighbour
    {
        internal ulong Stop;
        internal ulong Turns;
        internal ulong Wrong;
    }

    internal static void Run()
    {
        Registers after;
        Call(SystemCall.Nop, 0, 0, &after);
        Report.Check(IsClean(&after, 0, 0), "registers are clean after a call that does nothing");
        Call((SystemCall)999, 1, 2, &after);
        Report.Check(IsClean(&after, (ulong)Error.UnknownSystemCall, 0), "registers are clean after an unknown call");
        Call(SystemCall.PoolLevel, BootHandle.Machine, (ulong)PoolKind.Processes, &after);
        Report.Check(
            IsClean(&after, 0, after.Rdx) && after.Rdx is > 1 and < 100,
            "registers are clean after a call with a value");
        Call(SystemCall.LogWrite, BootHandle.Log, 0xFFFF_8000_0000_0000, &after);
        Report.Check(
            after.Rax != 1 && IsClean(&after, after.Rax, 0),
            "registers are clean after a call that failed deep inside");
        SpawnRequest request = default;
        Call(SystemCall.ProcessSpawn, BootHandle.Spawn, (ulong)&request, &after);
        Report.Check(after.Rax != 0 && IsClean(&after, after.Rax, 0), "registers are clean after a spawn that failed");
        CheckObjects(&after);
        CheckSwitches(&after);
        CheckFlags();
    }

    // Calls that copy the kernel's own structures about. Some wait, or may: then it is after a switch.
    private static void CheckObjects(Registers* after)
    {
        ThreadGroup crew = ThreadGroup.Allocate(1);
        crew.AddAndStart(&Nothing, 0);
        bool all = true;
        SystemCall* calls = stackalloc SystemCall[]
        {
            SystemCall.ThreadJoin, SystemCall.ThreadRuntime, SystemCall.ThreadSetAffinity, SystemCall.CapabilityDelete,
        };
        for (int i = 0; i < 4; i++)
        {
            Call(calls[i], crew.Handle(0), 1, after);
            all &= IsKept(after, 0, after->Rdx) && after->Rdx < 1_000_000_000_000;
        }

        Call(SystemCall.MemoryMap, BootHandle.Process, UserLayout.PageSize, after);
        all &= IsKept(after, 0, after->Rdx) && after->Rdx is >= UserLayout.HeapBase and < UserLayout.HeapLimit;
        Call(SystemCall.ThreadCreate, BootHandle.Process, UserLayout.ProgramBase, after);
        all &= IsKept(after, 0, after->Rdx) && after->Rdx <= uint.MaxValue;

        // That thread has no stack: it faults as soon as it runs. A process lives for as long as it has a thread,
        // started or not.
        Sys.ThreadStart(after->Rdx);
        Sys.ThreadJoin(after->Rdx);
        Report.Check(all, "registers are kept and tell nothing after calls on threads, handles and memory");
    }

    private static ulong Nothing(ulong unused) => 0;

    private static void Call(SystemCall number, ulong a0, ulong a1, Registers* after) =>
        Stubs.SystemCallRegisters((ulong)number, a0, a1, (ulong*)after);

    // Another thread of this CPU fills its registers with a secret; this one gets the CPU back from it, and from a timer.
    private static void CheckSwitches(Registers* after)
    {
        Neighbour* neighbour = (Neighbour*)Memory.Map((ulong)sizeof(Neighbour));
        ThreadGroup crew = ThreadGroup.Allocate(1);
        Sys.ThreadSetAffinity(BootHandle.MainThread, 1);
        crew.AddAndStartOn(0, &FillAndYield, (ulong)neighbour);
        bool yields = true;
        bool sleeps = true;
        for (int i = 0; i < 200; i++)
        {
            Call(SystemCall.Yield, 0, 0, after);
            yields &= IsKept(after, 0, 0) && HasNoSecret(after);
            Call(SystemCall.SleepUntil, (ulong)Clock.Now() + 10_000, 0, after);
            sleeps &= IsKept(after, 0, 0) && HasNoSecret(after);
        }

        Volatile.Write(ref neighbour->Stop, 1);
        crew.JoinAll();
        Sys.ThreadSetAffinity(BootHandle.MainThread, ulong.MaxValue);
        Report.Check(neighbour->Turns > 100, "the other thread ran in between");
        Report.Check(yields, "after a yield, registers hold nothing of the kernel or of the thread that ran meanwhile");
        Report.Check(sleeps, "after a sleep, registers hold nothing of the kernel or of the thread that ran meanwhile");
        Report.Check(neighbour->Wrong == 0, "nor do those of the other thread");
    }

    private static ulong FillAndYield(ulong argument)
    {
        Neighbour* own = (Neighbour*)argument;
        Registers after;
        while (Volatile.Read(ref own->Stop) == 0)
        {
            Stubs.VectorProbe(OtherSecret, 100);
            Call(SystemCall.Yield, 0, 0, &after);
            own->Wrong += IsKept(&after, 0, 0) ? 0ul : 1;
            own->Turns++;
        }

        return 0;
    }

    // No switch: what is not preserved is cleared or the caller's own.
    private static bool IsClean(Registers* after, ulong error, ulong value)
    {
        for (int i = 0; i < 32; i++)
        {
            ulong half = after->Vector[i];
            if (half != 0 && half != VectorPattern + ((ulong)i / 2))
            {
                return false;
            }
        }

        return IsKept(after, error, value)
            && after->Rsi == 0 && after->Rdi == 0 && after->R8 == 0 && after->R9 == 0 && after->R10 == 0;
    }

    // The result, the preserved registers, and no address of the kernel anywhere. After a switch, the registers in which a
    // message would come hold what the thread itself last had there, whatever that was: when it was interrupted, or in its
    // last message.
    private static bool IsKept(Registers* after, ulong error, ulong value)
    {
        bool kept = after->Rax == error && after->Rdx == value && after->Rbx == Pattern && after->Rbp == Pattern + 1
            && after->R12 == Pattern + 2 && after->R13 == Pattern + 3 && after->R14 == Pattern + 4
            && after->R15 == Pattern + 5
            && IsInText(after->Rcx) && (after->R11 & ~Arithmetic) == 0x202;
        for (int i = 0; i < 32; i++)
        {
            kept &= after->Vector[i] < 0xFFFF_8000_0000_0000;
        }

        return kept;
    }

    private static bool IsInText(ulong address) => address is >= UserLayout.ProgramBase and < UserLayout.ProgramLimit;

    private static bool HasNoSecret(Registers* after)
    {
        bool none = true;
        for (int i = 0; i < 32; i++)
        {
            none &= after->Vector[i] - OtherSecret >= 64;
        }

        return none;
    }

    // A call made with odd flags works, and gives them back.
    private static void CheckFlags()
    {
        ulong odd = 0x202 | AlignmentCheck | NestedTask | Identification | Arithmetic;
        Report.Check(
            (Stubs.SystemCallFlags(odd) & (AlignmentCheck | NestedTask | Identification)) == (odd & ~0xFFFul)
            && (Stubs.SystemCallFlags(0x202) & ~Arithmetic) == 0x202,
            "a call made with the flags AC, NT and ID set works and keeps them");
        ThreadGroup crew = ThreadGroup.Allocate(1);
        crew.AddAndStart(&TrapInCall, 0);
        Report.Check(
            crew.JoinAll() == FaultExitCode.For(1),
            "a call made with the trap flag set ends its thread with a debug trap");
    }

    private static ulong TrapInCall(ulong unused) => Stubs.SystemCallFlags(0x302);
}
