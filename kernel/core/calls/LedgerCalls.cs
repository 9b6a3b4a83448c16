using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Calls;

/// <summary>Reading ledgers; <see cref="SystemCall.LedgerRead"/> says how.</summary>
public static unsafe class LedgerCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>How many thread slots one call looks at.</summary>
    public const uint StepBudget = 64;

    // The pool's slots are looked at from the second step on: the cursor is one more than the next slot's index.
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

        Accounting.Present<TMachine>(cpu);
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
        Thread* thread = HandleCalls<TMachine>.TakeThread(cpu, handle, out Error error);
        if (thread == null)
        {
            return error;
        }

        Wakes<TMachine>.AskToCharge(cpu, thread);
        Add(&reading->Sum, &thread->Ledger);
        reading->LastCpu = thread->LastCpu == Thread.NoCpu ? ulong.MaxValue : thread->LastCpu;
        HandleCalls<TMachine>.Drop(cpu, thread);
        return Error.None;
    }

    private static Error ReadProcess(Cpu* cpu, ulong handle, LedgerReading* reading)
    {
        Process* process = HandleCalls<TMachine>.TakeProcess(cpu, handle, out Error error);
        if (process == null)
        {
            return error;
        }

        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        Ledger ended = process->Ended;
        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        error = Step(cpu, LedgerScope.Process, (ulong)process, &ended, reading);
        HandleCalls<TMachine>.Drop(cpu, process);
        return error;
    }

    private static Error ReadGroup(Cpu* cpu, ulong handle, LedgerScope scope, ulong number, LedgerReading* reading)
    {
        Error error = HandleCalls<TMachine>.Check(cpu, handle, ObjectKind.Machine);
        if (error != Error.None || number >= SchedulingLimits.Groups)
        {
            return error != Error.None ? error : Error.BadArgument;
        }

        GroupLedgers* groups = &cpu->Kernel->Groups;
        groups->Lock.Acquire<TMachine>(cpu, LockRank.Groups);
        Ledger ended = scope == LedgerScope.Service ? *groups->Service((uint)number) : *groups->Session((uint)number);
        groups->Lock.Release<TMachine>(cpu, LockRank.Groups);
        return Step(cpu, scope, number, &ended, reading);
    }

    // First what has ended, then slot by slot what lives. If a thread has ended since, it may be missing or be there twice.
    private static Error Step(Cpu* cpu, LedgerScope scope, ulong key, Ledger* ended, LedgerReading* reading)
    {
        Kernel* kernel = cpu->Kernel;
        ulong version = TMachine.Load(ref kernel->ThreadsEnded);
        if (reading->Cursor == 0)
        {
            reading->Version = version;
            reading->Cursor = FirstSlot;
            Add(&reading->Sum, ended);
        }
        else if (reading->Version != version)
        {
            return Error.BadState;
        }

        ulong used = kernel->Threads.Used;
        ulong at = reading->Cursor - FirstSlot;
        for (uint i = 0; i < StepBudget && at < used; i++, at++)
        {
            Thread* thread = (Thread*)kernel->Threads.At((uint)at);
            ThreadState state = new(TMachine.Load(ref thread->StateWord));
            if (state.Place is not (Place.Free or Place.Dead) && Belongs(thread, scope, key))
            {
                Add(&reading->Sum, &thread->Ledger);
            }
        }

        reading->Cursor = at < used ? at + FirstSlot : 0;
        return TMachine.Load(ref kernel->ThreadsEnded) == version ? Error.None : Error.BadState;
    }

    private static bool Belongs(Thread* thread, LedgerScope scope, ulong key) => scope switch
    {
        LedgerScope.Process => (ulong)thread->Process == key,
        LedgerScope.Service => thread->Process->Service == key,
        _ => thread->Process->Session == key,
    };

    private static void Add(LedgerSum* sum, Ledger* ledger)
    {
        sum->RuntimeNs += (ulong)ledger->Runtime.Nanoseconds;
        sum->VirtualRuntimeNs += (ulong)ledger->VirtualRuntime;
        sum->WaitNs += (ulong)ledger->Wait.Nanoseconds;
        sum->Switches += ledger->Switches;
        sum->Preemptions += ledger->Preemptions;
        sum->VoluntaryBlocks += ledger->VoluntaryBlocks;
        sum->Yields += ledger->Yields;
        sum->Migrations += ledger->Migrations;
    }
}
