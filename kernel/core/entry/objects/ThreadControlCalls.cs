using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Entry;

/// <summary>System calls that decide whether a thread runs at all; <see cref="SystemCall"/> says what each does.</summary>
public static unsafe class ThreadControlCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary><see cref="SystemCall.ThreadSuspend"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Suspend(Cpu* cpu, ulong handle)
    {
        Thread* thread = ObjectLookup<TMachine>.TakeThread(cpu, handle, Rights.Control, out Error error);
        return thread == null ? error : FinishThreadCall(cpu, thread, ThreadControl<TMachine>.Suspend(cpu, thread));
    }

    /// <summary><see cref="SystemCall.ThreadResume"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Resume(Cpu* cpu, ulong handle)
    {
        Thread* thread = ObjectLookup<TMachine>.TakeThread(cpu, handle, Rights.Control, out Error error);
        return thread == null ? error : FinishThreadCall(cpu, thread, ThreadControl<TMachine>.Resume(cpu, thread));
    }

    /// <summary><see cref="SystemCall.ThreadKill"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Kill(Cpu* cpu, ulong handle, ulong code)
    {
        Thread* thread = ObjectLookup<TMachine>.TakeThread(cpu, handle, Rights.Control, out Error error);
        return thread == null ? error : FinishThreadCall(cpu, thread, ThreadControl<TMachine>.Kill(cpu, thread, code));
    }

    /// <summary>The end of a call that may have taken the CPU from its caller; drops the reference to <paramref
    /// name="thread"/>.</summary>
    internal static Error FinishThreadCall(Cpu* cpu, Thread* thread, Error error)
    {
        ObjectLookup<TMachine>.Drop(cpu, thread);
        Affinity<TMachine>.EnforceOnCurrent(cpu);
        return cpu->ReturnsToContext == 0 ? Scheduler<TMachine>.ReturnAfterWakeups(cpu, error) : error;
    }
}
