using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Machine;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Entry;

/// <summary>Reading ledgers; <see cref="SystemCall.LedgerRead"/> says how.</summary>
public static unsafe class LedgerCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>How many slots of the pools one call looks at.</summary>
    public const uint StepBudget = 64;

    // The cursor: one more than the index of the next slot, processes' slots first, then threads'.
    private const ulong FirstSlot = 1;

    /// <summary><see cref="SystemCall.LedgerRead"/>.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static Error Read(Cpu* cpu, ulong handle, ulong scope, ulong number, ulong address)
    {
        LedgerReading reading;
        if (!TMachine.CopyFromUser(cpu, &reading, address, (ulong)sizeof(LedgerReading)))
        {
            return Error.BadAddress;
        }

        CpuAccounting.ChargeCurrentToNow<TMachine>(cpu);
        Error error = (LedgerScope)scope switch
        {
            LedgerScope.Thread => ReadThread(cpu, handle, &reading),
            LedgerScope.Process => ReadProcess(cpu, handle, &reading),
            LedgerScope.Service or LedgerScope.Session => ReadGroup(cpu, handle, (LedgerScope)scope, number, &reading),
            _ => Error.BadArgument,
        };
        if (error != Error.None)
        {
            return error;
        }

        return TMachine.CopyToUser(cpu, address, &reading, (ulong)sizeof(LedgerReading)) ? Error.None : Error.BadAddress;
    }

    private static Error ReadThread(Cpu* cpu, ulong handle, LedgerReading* reading)
    {
        Thread* thread = ObjectLookup<TMachine>.TakeThread(cpu, handle, Rights.Read, out Error error);
        if (thread == null)
        {
            return error;
        }

        Wakeups<TMachine>.RequestCharge(cpu, thread);
        Add(&reading->Sum, &thread->Ledger);
        uint last = TMachine.Load(&thread->LastCpu);
        reading->LastCpu = last == Thread.NoCpu ? ulong.MaxValue : last;
        ObjectLookup<TMachine>.Drop(cpu, thread);
        return Error.None;
    }

    private static Error ReadProcess(Cpu* cpu, ulong handle, LedgerReading* reading)
    {
        Process* process = ObjectLookup<TMachine>.TakeProcess(cpu, handle, Rights.Read, out Error error);
        if (process == null)
        {
            return error;
        }

        error = SumStep(cpu, LedgerScope.Process, (ulong)process, reading);
        ObjectLookup<TMachine>.Drop(cpu, process);
        return error;
    }

    private static Error ReadGroup(Cpu* cpu, ulong handle, LedgerScope scope, ulong number, LedgerReading* reading)
    {
        Error error = ObjectLookup<TMachine>.CheckCapability(cpu, handle, ObjectKind.Machine, Rights.Read);
        if (error != Error.None || number >= SchedulingLimits.MaxGroups)
        {
            return error != Error.None ? error : Error.BadArgument;
        }

        if (reading->Cursor == 0)
        {
            AddEndedProcesses(cpu, scope, (uint)number, reading);
        }

        return SumStep(cpu, scope, number, reading);
    }

    private static void AddEndedProcesses(Cpu* cpu, LedgerScope scope, uint number, LedgerReading* reading)
    {
        GroupLedgers* groups = &cpu->Kernel->GroupLedgers;
        groups->Lock.Acquire<TMachine>(cpu, LockRank.GroupLedgers);
        Add(&reading->Sum, scope == LedgerScope.Service ? groups->Service(number) : groups->Session(number));
        groups->Lock.Release<TMachine>(cpu, LockRank.GroupLedgers);
    }

    // Slot by slot: what ended threads of a process left with it, then what lives. If a thread or process has ended since
    // the reading began, something may be missing or be there twice.
    private static Error SumStep(Cpu* cpu, LedgerScope scope, ulong scopeKey, LedgerReading* reading)
    {
        Kernel* kernel = cpu->Kernel;
        ulong version = TMachine.Load(&kernel->ThreadsEnded);
        if (reading->Cursor == 0)
        {
            reading->Version = version;
            reading->Cursor = FirstSlot;
        }
        else if (reading->Version != version)
        {
            return Error.BadState;
        }

        ulong processes = kernel->Processes.LoadHighWaterMark<TMachine>();
        ulong end = processes + kernel->Threads.LoadHighWaterMark<TMachine>();
        ulong at = reading->Cursor - FirstSlot;
        for (uint i = 0; i < StepBudget && at < end; i++, at++)
        {
            if (at < processes)
            {
                AddEndedThreads((Process*)kernel->Processes.At((uint)at), scope, scopeKey, reading);
            }
            else
            {
                AddThread((Thread*)kernel->Threads.At((uint)(at - processes)), scope, scopeKey, reading);
            }
        }

        reading->Cursor = at < end ? at + FirstSlot : 0;
        return TMachine.Load(&kernel->ThreadsEnded) == version ? Error.None : Error.BadState;
    }

    // A dead process that somebody still holds stands in the groups' sums already.
    private static void AddEndedThreads(Process* process, LedgerScope scope, ulong scopeKey, LedgerReading* reading)
    {
        bool lives = TMachine.Load(&process->Header.References) != 0
            && (ProcessPhase)TMachine.Load((uint*)&process->Phase) != ProcessPhase.Dead;
        if (scope == LedgerScope.Process ? (ulong)process == scopeKey : lives && IsInScope(process, scope, scopeKey))
        {
            Add(&reading->Sum, &process->EndedThreadsLedger);
        }
    }

    private static void AddThread(Thread* thread, LedgerScope scope, ulong scopeKey, LedgerReading* reading)
    {
        // Nobody keeps it: meanwhile it may end, and the next thread be made in its place, which has no process at first. Then the
        // sum does not count, but the pointer must not be followed.
        Process* process = (Process*)TMachine.Load((ulong*)&thread->Process);
        ThreadState state = new(TMachine.Load(&thread->StateWord));
        if (process != null && state.Location is not (ThreadLocation.Free or ThreadLocation.Dead) && IsInScope(process, scope, scopeKey))
        {
            Add(&reading->Sum, &thread->Ledger);
        }
    }

    private static bool IsInScope(Process* process, LedgerScope scope, ulong scopeKey) => scope switch
    {
        LedgerScope.Process => (ulong)process == scopeKey,
        LedgerScope.Service => process->Service == scopeKey,
        _ => process->Session == scopeKey,
    };

    // The thread's CPU may be writing to it.
    private static void Add(LedgerSum* sum, Ledger* ledger)
    {
        sum->RuntimeNs += TMachine.Load((ulong*)&ledger->Runtime);
        sum->VirtualRuntimeNs += TMachine.Load((ulong*)&ledger->VirtualRuntime);
        sum->WaitNs += TMachine.Load((ulong*)&ledger->RunDelay);
        sum->Switches += TMachine.Load(&ledger->Switches);
        sum->Preemptions += TMachine.Load(&ledger->Preemptions);
        sum->VoluntaryBlocks += TMachine.Load(&ledger->VoluntaryBlocks);
        sum->Yields += TMachine.Load(&ledger->Yields);
        sum->Migrations += TMachine.Load(&ledger->Migrations);
    }
}
