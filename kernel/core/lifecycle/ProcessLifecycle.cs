using Lachesis.Abi;
using Lachesis.Core.Boot;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Lifecycle;

/// <summary>Making processes and beginning their end; <see cref="Teardown{TMachine}"/> finishes it.</summary>
public static unsafe class ProcessLifecycle<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Makes a process with its first thread, not yet started. It has one reference, its life's, and has entered its session,
    /// but is not listed there. On an error nothing is left. <see cref="Error.BadState"/> if the session ends.
    /// </summary>
    public static Error Create(Cpu* cpu, in ProcessPlan plan, out Process* process, out Thread* first)
    {
        Kernel* kernel = cpu->Kernel;
        first = null;
        process = null;
        Error error = ElfProgram.Validate(plan.Image, plan.ImageBytes, out ElfProgram program);
        if (error != Error.None)
        {
            return error;
        }

        Session* session = (Session*)kernel->Sessions.At(plan.Session);
        if (!Sessions<TMachine>.TryAddMember(cpu, session))
        {
            return Error.BadState;
        }

        process = (Process*)kernel->Processes.Allocate<TMachine>(cpu);
        if (process == null)
        {
            Sessions<TMachine>.RemoveMember(cpu, session);
            return Error.PoolFull;
        }

        process->Cpus = plan.Cpus;
        process->Parameters = plan.Parameters;
        process->Service = plan.Service;
        process->Session = plan.Session;
        process->NextMapping = UserLayout.HeapBase;
        error = TMachine.CreateAddressSpace(kernel, cpu, out process->PageTableRoot);
        if (error == Error.None)
        {
            error = Populate(kernel, cpu, process, in plan, in program, out first);
        }

        if (error != Error.None)
        {
            AbortCreate(cpu, process);
            process = null;
            return error;
        }

        TMachine.FetchAdd(&kernel->LiveProcesses, 1);
        return Error.None;
    }

    /// <summary>
    /// Begins to end a process: its threads die where they are next met, and this CPU takes it apart in steps. Only the
    /// first call counts. The caller must not go on in a thread of it (<see cref="Scheduler{TMachine}.MayRunHere"/> is
    /// false from here).
    /// </summary>
    public static void BeginExit(Cpu* cpu, Process* process, ulong code)
    {
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        bool first = process->Phase == ProcessPhase.Alive;
        if (first)
        {
            process->Phase = ProcessPhase.EndingThreads;
            process->ExitCode = code;
            TMachine.Exchange(&process->ExitPending, 1);
            DirectHandoffGenerations<TMachine>.AdvanceAll(cpu->Kernel);
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        if (first)
        {
            Teardown<TMachine>.Enqueue(cpu, process);
        }
    }

    private static Error Populate(
        Kernel* kernel, Cpu* cpu, Process* process, in ProcessPlan plan, in ElfProgram program, out Thread* first)
    {
        first = null;
        Error error = ProgramLoader<TMachine>.Load(kernel, cpu, process, in plan, in program);
        if (error != Error.None)
        {
            return error;
        }

        // A CPU may be looking for the place's last process, by its handle of an endpoint (FaultState.HandlerProcess).
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        error = process->Handles.Initialize<TMachine>(kernel, cpu, process);
        if (error == Error.None)
        {
            ulong stackTop = UserLayout.MainStackBase + UserLayout.MainStackSize;
            error = ThreadLifecycle<TMachine>.Create(cpu, process, program.Entry, stackTop, UserLayout.StartPage, out first);
        }

        if (error == Error.None)
        {
            SetBootHandles(process, first, plan.Grants);
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return error;
    }

    /// <summary>A process has no capabilities any more, and gives back the memory that they were in. Another CPU may be looking for one
    /// there: through which it has ended a session, or a thread has its faults handled.</summary>
    public static void FreeCapabilitySpace(Cpu* cpu, Process* process)
    {
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        process->Handles.FreePages<TMachine>(cpu->Kernel, cpu);
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
    }

    private static void SetBootHandles(Process* process, Thread* first, Grants grants)
    {
        References<TMachine>.Take(&process->Header);
        References<TMachine>.Take(&first->Header);
        process->Handles.SetBootHandle(BootHandle.Process, ObjectKind.Process, process->Header.Reference);
        process->Handles.SetBootHandle(BootHandle.MainThread, ObjectKind.Thread, first->Header.Reference);
        SetBootHandleIf(process, (grants & Grants.Log) != 0, BootHandle.Log, ObjectKind.Log);
        SetBootHandleIf(process, (grants & Grants.Report) != 0, BootHandle.Report, ObjectKind.Report);
        SetBootHandleIf(process, (grants & Grants.Spawn) != 0, BootHandle.Spawn, ObjectKind.Programs);
        SetBootHandleIf(process, (grants & Grants.Machine) != 0, BootHandle.Machine, ObjectKind.Machine);
        SetBootHandleIf(process, (grants & Grants.Policy) != 0, BootHandle.Policy, ObjectKind.Policy);
    }

    private static void SetBootHandleIf(Process* process, bool granted, uint index, ObjectKind kind)
    {
        if (granted)
        {
            process->Handles.SetBootHandle(index, kind, default);
        }
    }

    // Nobody has seen the process yet: everything goes back at once. Bounded by the program's size.
    private static void AbortCreate(Cpu* cpu, Process* process)
    {
        Kernel* kernel = cpu->Kernel;
        FreeCapabilitySpace(cpu, process);
        ulong cursor = 0;
        while (process->PageTableRoot != 0 && !TMachine.FreeAddressSpaceStep(kernel, cpu, process->PageTableRoot, ref cursor, int.MaxValue))
        {
        }

        Sessions<TMachine>.RemoveMember(cpu, process);
        kernel->Processes.Free<TMachine>(cpu, process);
    }
}
