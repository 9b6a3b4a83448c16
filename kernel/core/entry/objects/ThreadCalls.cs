using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Entry;

/// <summary>System calls on threads; <see cref="SystemCall"/> says what each does.</summary>
public static unsafe class ThreadCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary><see cref="SystemCall.Yield"/>.</summary>
    public static Error Yield(Cpu* cpu)
    {
        EventCounters.Count(cpu, Counter.Yields);
        Thread* thread = cpu->Current;
        Ledger.CountYield(thread);
        return TMachine.Load(&cpu->RunQueue.Count) == 0 && !WakeInbox<TMachine>.HasAny(cpu)
            ? Error.None
            : Scheduler<TMachine>.Yield(cpu);
    }

    /// <summary><see cref="SystemCall.ThreadCreate"/>.</summary>
    public static Error Create(Cpu* cpu, ulong processHandle, ulong entry, ulong stack, ulong argument)
    {
        if (entry >= UserLayout.Limit || stack >= UserLayout.Limit)
        {
            return Error.BadAddress;
        }

        Process* target = ObjectLookup<TMachine>.TakeProcess(cpu, processHandle, Rights.Control, out Error error);
        if (target == null)
        {
            return error;
        }

        Thread* thread = null;
        target->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        error = target->Phase != ProcessPhase.Alive
            ? Error.BadState
            : ThreadLifecycle<TMachine>.Create(cpu, target, entry, stack, argument, out thread);
        if (error == Error.None)
        {
            References<TMachine>.Take(&thread->Header);
        }

        target->Lock.Release<TMachine>(cpu, LockRank.Process);
        ObjectLookup<TMachine>.Drop(cpu, target);
        return error == Error.None ? InstallNewThread(cpu, thread) : error;
    }

    /// <summary><see cref="SystemCall.ThreadStart"/>.</summary>
    public static Error Start(Cpu* cpu, ulong handle)
    {
        Thread* thread = ObjectLookup<TMachine>.TakeThread(cpu, handle, Rights.Control, out Error error);
        if (thread == null)
        {
            return error;
        }

        error = ThreadLifecycle<TMachine>.Start(cpu, thread);
        ObjectLookup<TMachine>.Drop(cpu, thread);
        return Scheduler<TMachine>.ReturnAfterWakeups(cpu, error);
    }

    /// <summary><see cref="SystemCall.ThreadExit"/>.</summary>
    public static Error Exit(Cpu* cpu, ulong code)
    {
        ThreadLifecycle<TMachine>.ExitCurrent(cpu, code);
        return Error.None;
    }

    /// <summary><see cref="SystemCall.ThreadJoin"/>.</summary>
    public static Error Join(Cpu* cpu, ulong handle)
    {
        Thread* thread = ObjectLookup<TMachine>.TakeThread(cpu, handle, Rights.Read, out Error error);
        if (thread == null)
        {
            return error;
        }

        if (thread == cpu->Current)
        {
            ObjectLookup<TMachine>.Drop(cpu, thread);
            return Error.BadState;
        }

        thread->Joiners.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        bool isOver = new ThreadState(TMachine.Load(&thread->StateWord)).Location == ThreadLocation.Dead;
        return ExitWait<TMachine>.BlockUntilEnd(cpu, ObjectKind.Thread, &thread->Header, &thread->Joiners, isOver, thread->ExitCode);
    }

    /// <summary><see cref="SystemCall.ThreadRuntime"/>. The caller's own is charged up to now first.</summary>
    public static Error Runtime(Cpu* cpu, ulong handle)
    {
        Thread* thread = ObjectLookup<TMachine>.TakeThread(cpu, handle, Rights.Read, out Error error);
        if (thread == null)
        {
            return error;
        }

        if (thread == cpu->Current)
        {
            CpuAccounting.ChargeThread(cpu, thread, TMachine.Now(cpu));
        }
        else
        {
            Wakeups<TMachine>.RequestCharge(cpu, thread);
        }

        ulong runtime = (ulong)thread->Ledger.Runtime.Nanoseconds;
        ObjectLookup<TMachine>.Drop(cpu, thread);
        return Results.Ok(cpu, runtime);
    }

    /// <summary><see cref="SystemCall.ThreadSetAffinity"/>.</summary>
    public static Error SetAffinity(Cpu* cpu, ulong handle, ulong bits)
    {
        Thread* thread = ObjectLookup<TMachine>.TakeThread(cpu, handle, Rights.Control, out Error error);
        if (thread == null)
        {
            return error;
        }

        CpuMask mask = new CpuMask(bits) & thread->Process->Cpus;
        if (mask.IsEmpty)
        {
            ObjectLookup<TMachine>.Drop(cpu, thread);
            return Error.BadArgument;
        }

        Affinity<TMachine>.Set(cpu, thread, mask);
        return ThreadControlCalls<TMachine>.FinishThreadCall(cpu, thread, Error.None);
    }

    // The thread exists either way; without room for a handle nobody could start it, so it is ended again.
    private static Error InstallNewThread(Cpu* cpu, Thread* thread)
    {
        Process* caller = cpu->Current->Process;
        caller->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        Error error = caller->Handles.AddOriginal<TMachine>(
            cpu->Kernel, cpu, ObjectKind.Thread, thread->Header.Reference, out ulong handle);
        caller->Lock.Release<TMachine>(cpu, LockRank.Process);
        if (error == Error.None)
        {
            return Results.Ok(cpu, handle);
        }

        if (Ownership<TMachine>.TryClaim(cpu, thread, new ThreadState(TMachine.Load(&thread->StateWord))))
        {
            ThreadLifecycle<TMachine>.End(cpu, thread, 0);
        }

        ObjectLookup<TMachine>.Drop(cpu, thread);
        return error;
    }
}
