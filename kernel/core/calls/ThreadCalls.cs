using Lachesis.Abi;
using Lachesis.Core.Machine;
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
    public static SystemResult Yield(Cpu* cpu)
    {
        cpu->Counters.Increment(Counter.Yields);
        if (cpu->RunQueue.Count == 0 && !WakeInbox<TMachine>.HasAny(cpu))
        {
            return default;
        }

        cpu->Current->Context.Rax = 0;
        cpu->Current->Context.Rdx = 0;
        Scheduler<TMachine>.RequeueCurrent(cpu);
        return default;
    }

    /// <summary><see cref="SystemCall.ThreadCreate"/>.</summary>
    public static SystemResult Create(Cpu* cpu, ulong processHandle, ulong entry, ulong stack, ulong argument)
    {
        if (entry >= UserLayout.Limit || stack >= UserLayout.Limit)
        {
            return SystemCalls<TMachine>.Failed(Error.BadAddress);
        }

        Process* target = HandleCalls<TMachine>.TakeProcess(cpu, processHandle, out Error error);
        if (target == null)
        {
            return SystemCalls<TMachine>.Failed(error);
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
        return error == Error.None ? GiveHandle(cpu, thread) : SystemCalls<TMachine>.Failed(error);
    }

    /// <summary><see cref="SystemCall.ThreadStart"/>.</summary>
    public static SystemResult Start(Cpu* cpu, ulong handle)
    {
        Thread* thread = HandleCalls<TMachine>.TakeThread(cpu, handle, out Error error);
        if (thread == null)
        {
            return SystemCalls<TMachine>.Failed(error);
        }

        error = ThreadLifecycle<TMachine>.Start(cpu, thread);
        HandleCalls<TMachine>.Drop(cpu, thread);
        return SystemCalls<TMachine>.Failed(error);
    }

    /// <summary><see cref="SystemCall.ThreadJoin"/>.</summary>
    public static SystemResult Join(Cpu* cpu, ulong handle)
    {
        Thread* thread = HandleCalls<TMachine>.TakeThread(cpu, handle, out Error error);
        if (thread == null)
        {
            return SystemCalls<TMachine>.Failed(error);
        }

        if (thread == cpu->Current)
        {
            HandleCalls<TMachine>.Drop(cpu, thread);
            return SystemCalls<TMachine>.Failed(Error.BadState);
        }

        thread->Joiners.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        if (new ThreadState(TMachine.Load(ref thread->StateWord)).Place == Place.Dead)
        {
            ulong code = thread->ExitCode;
            thread->Joiners.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
            HandleCalls<TMachine>.Drop(cpu, thread);
            return SystemCalls<TMachine>.Ok(code);
        }

        cpu->Current->WaitingFor = &thread->Header;
        cpu->Current->WaitingForKind = ObjectKind.Thread;
        Waits<TMachine>.Block(cpu, &thread->Joiners, Instant.Never);
        return SystemCalls<TMachine>.FromContext(cpu);
    }

    /// <summary><see cref="SystemCall.ThreadRuntime"/>. The caller's own is charged up to now first.</summary>
    public static SystemResult Runtime(Cpu* cpu, ulong handle)
    {
        Thread* thread = HandleCalls<TMachine>.TakeThread(cpu, handle, out Error error);
        if (thread == null)
        {
            return SystemCalls<TMachine>.Failed(error);
        }

        if (thread == cpu->Current)
        {
            Accounting.ChargeThread(cpu, thread, TMachine.Now(cpu));
        }

        ulong runtime = (ulong)thread->Ledger.Runtime.Nanoseconds;
        HandleCalls<TMachine>.Drop(cpu, thread);
        return SystemCalls<TMachine>.Ok(runtime);
    }

    /// <summary><see cref="SystemCall.ThreadSetAffinity"/>.</summary>
    public static SystemResult SetAffinity(Cpu* cpu, ulong handle, ulong bits)
    {
        Thread* thread = HandleCalls<TMachine>.TakeThread(cpu, handle, out Error error);
        if (thread == null)
        {
            return SystemCalls<TMachine>.Failed(error);
        }

        CpuMask mask = new CpuMask(bits) & thread->Process->Cpus;
        if (mask.IsEmpty)
        {
            HandleCalls<TMachine>.Drop(cpu, thread);
            return SystemCalls<TMachine>.Failed(Error.BadArgument);
        }

        Affinity<TMachine>.Set(cpu, thread, mask);
        HandleCalls<TMachine>.Drop(cpu, thread);
        cpu->Current->Context.Rax = 0;
        cpu->Current->Context.Rdx = 0;
        Affinity<TMachine>.SettleCurrent(cpu);
        return default;
    }

    // The thread exists either way; without room for a handle nobody could start it, so it is ended again.
    private static SystemResult GiveHandle(Cpu* cpu, Thread* thread)
    {
        Process* caller = cpu->Current->Process;
        caller->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        Error error = caller->Handles.Add<TMachine>(
            cpu->Kernel, cpu, ObjectKind.Thread, thread->Header.Reference, out ulong handle);
        caller->Lock.Release<TMachine>(cpu, LockRank.Process);
        if (error == Error.None)
        {
            return SystemCalls<TMachine>.Ok(handle);
        }

        if (Waits<TMachine>.TryClaim(cpu, thread, new ThreadState(TMachine.Load(ref thread->StateWord))))
        {
            ThreadLifecycle<TMachine>.End(cpu, thread, 0);
        }

        HandleCalls<TMachine>.Drop(cpu, thread);
        return SystemCalls<TMachine>.Failed(error);
    }
}
