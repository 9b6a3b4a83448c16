using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Measure;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Calls;

/// <summary>System calls on threads; <see cref="SystemCall"/> says what each does.</summary>
public static unsafe class ThreadCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary><see cref="SystemCall.Yield"/>.</summary>
    public static Error Yield(Cpu* cpu)
    {
        Events.Count(cpu, Counter.Yields);
        Thread* thread = cpu->Current;
        thread->Ledger.Yields = thread->Ledger.Yields + 1;
        return cpu->RunQueue.Count == 0 && !WakeInbox<TMachine>.HasAny(cpu)
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

        Process* target = HandleCalls<TMachine>.TakeProcess(cpu, processHandle, Rights.Control, out Error error);
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
        HandleCalls<TMachine>.Drop(cpu, target);
        return error == Error.None ? GiveHandle(cpu, thread) : error;
    }

    /// <summary><see cref="SystemCall.ThreadStart"/>.</summary>
    public static Error Start(Cpu* cpu, ulong handle)
    {
        Thread* thread = HandleCalls<TMachine>.TakeThread(cpu, handle, Rights.Control, out Error error);
        if (thread == null)
        {
            return error;
        }

        error = ThreadLifecycle<TMachine>.Start(cpu, thread);
        HandleCalls<TMachine>.Drop(cpu, thread);
        return Scheduler<TMachine>.AfterWakes(cpu, error);
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
        Thread* thread = HandleCalls<TMachine>.TakeThread(cpu, handle, Rights.Read, out Error error);
        if (thread == null)
        {
            return error;
        }

        if (thread == cpu->Current)
        {
            HandleCalls<TMachine>.Drop(cpu, thread);
            return Error.BadState;
        }

        thread->Joiners.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        bool isOver = new ThreadState(TMachine.Load(&thread->StateWord)).Place == Place.Dead;
        return EndWaits<TMachine>.Begin(cpu, ObjectKind.Thread, &thread->Header, &thread->Joiners, isOver, thread->ExitCode);
    }

    /// <summary><see cref="SystemCall.ThreadRuntime"/>. The caller's own is charged up to now first.</summary>
    public static Error Runtime(Cpu* cpu, ulong handle)
    {
        Thread* thread = HandleCalls<TMachine>.TakeThread(cpu, handle, Rights.Read, out Error error);
        if (thread == null)
        {
            return error;
        }

        if (thread == cpu->Current)
        {
            Accounting.ChargeThread(cpu, thread, TMachine.Now(cpu));
        }
        else
        {
            Wakes<TMachine>.AskToCharge(cpu, thread);
        }

        ulong runtime = (ulong)thread->Ledger.Runtime.Nanoseconds;
        HandleCalls<TMachine>.Drop(cpu, thread);
        return Results.Ok(cpu, runtime);
    }

    /// <summary><see cref="SystemCall.ThreadSetAffinity"/>.</summary>
    public static Error SetAffinity(Cpu* cpu, ulong handle, ulong bits)
    {
        Thread* thread = HandleCalls<TMachine>.TakeThread(cpu, handle, Rights.Control, out Error error);
        if (thread == null)
        {
            return error;
        }

        CpuMask mask = new CpuMask(bits) & thread->Process->Cpus;
        if (mask.IsEmpty)
        {
            HandleCalls<TMachine>.Drop(cpu, thread);
            return Error.BadArgument;
        }

        Affinity<TMachine>.Set(cpu, thread, mask);
        return FateCalls<TMachine>.Settle(cpu, thread, Error.None);
    }

    // The thread exists either way; without room for a handle nobody could start it, so it is ended again.
    private static Error GiveHandle(Cpu* cpu, Thread* thread)
    {
        Process* caller = cpu->Current->Process;
        caller->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        Error error = caller->Handles.Add<TMachine>(
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

        HandleCalls<TMachine>.Drop(cpu, thread);
        return error;
    }
}
