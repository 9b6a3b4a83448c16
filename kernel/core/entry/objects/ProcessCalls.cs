using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Machine;
using Lachesis.Core.Memory;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Entry;

/// <summary>System calls on processes and their memory; <see cref="SystemCall"/> says what each does.</summary>
public static unsafe class ProcessCalls<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary><see cref="SystemCall.MemoryMap"/>.</summary>
    public static Error MapMemory(Cpu* cpu, ulong handle, ulong bytes)
    {
        if (bytes == 0 || bytes > CallLimits.MaxMapBytes)
        {
            return Error.BadArgument;
        }

        Process* process = ObjectLookup<TMachine>.TakeProcess(cpu, handle, Rights.Control, out Error error);
        if (process == null)
        {
            return error;
        }

        // An unmapped page follows each mapping, so that running off its end (or down a stack into it) faults.
        ulong rounded = (bytes + UserLayout.PageSize - 1) & ~(UserLayout.PageSize - 1);
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        ulong address = process->NextMapping;
        if (process->Phase != ProcessPhase.Alive)
        {
            error = Error.BadState;
        }
        else if (UserLayout.HeapLimit - address < rounded + UserLayout.PageSize)
        {
            error = Error.OutOfMemory;
        }
        else
        {
            process->NextMapping += rounded + UserLayout.PageSize;
            error = AddressSpaces<TMachine>.MapZeroed(cpu->Kernel, cpu, process, address, rounded);
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        ObjectLookup<TMachine>.Drop(cpu, process);
        return error == Error.None ? Results.Ok(cpu, address) : error;
    }

    /// <summary><see cref="SystemCall.ProcessSpawn"/>.</summary>
    public static Error Spawn(Cpu* cpu, ulong handle, ulong requestAddress)
    {
        Error error = ObjectLookup<TMachine>.CheckCapability(cpu, handle, ObjectKind.Programs, Rights.Control);
        if (error != Error.None)
        {
            return error;
        }

        SpawnRequest request;
        if (!TMachine.CopyFromUser(cpu, &request, requestAddress, (ulong)sizeof(SpawnRequest)))
        {
            return Error.BadAddress;
        }

        error = Decode(cpu, in request, out ProcessPlan plan);
        if (error != Error.None)
        {
            return error;
        }

        ArgumentBuffer argument;
        SpawnCapabilityList capabilities;
        plan.Argument = argument.Bytes;
        error = TMachine.CopyFromUser(cpu, argument.Bytes, request.ArgumentAddress, request.ArgumentLength)
            ? SpawnCapabilityTransfer<TMachine>.CopyIn(cpu, &capabilities, request.CapabilitiesAddress, request.CapabilityCount)
            : Error.BadAddress;
        return error != Error.None ? error
            : request.Session == 0 ? Start(cpu, in plan, &capabilities)
            : StartInSession(cpu, ref plan, &capabilities, request.Session);
    }

    /// <summary><see cref="SystemCall.ProcessWait"/>.</summary>
    public static Error Wait(Cpu* cpu, ulong handle)
    {
        Process* process = ObjectLookup<TMachine>.TakeProcess(cpu, handle, Rights.Read, out Error error);
        if (process == null)
        {
            return error;
        }

        if (process == cpu->Current->Process)
        {
            ObjectLookup<TMachine>.Drop(cpu, process);
            return Error.BadState;
        }

        process->Waiters.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        bool isOver = process->Phase == ProcessPhase.Dead;
        return ExitWait<TMachine>.BlockUntilEnd(
            cpu, ObjectKind.Process, &process->Header, &process->Waiters, isOver, process->ExitCode);
    }

    /// <summary><see cref="SystemCall.ProcessExit"/>.</summary>
    public static Error Exit(Cpu* cpu, ulong handle, ulong code)
    {
        Process* process = ObjectLookup<TMachine>.TakeProcess(cpu, handle, Rights.Control, out Error error);
        if (process == null)
        {
            return error;
        }

        bool own = process == cpu->Current->Process;
        ProcessLifecycle<TMachine>.BeginExit(cpu, process, code);
        ObjectLookup<TMachine>.Drop(cpu, process);
        if (own)
        {
            ThreadLifecycle<TMachine>.ExitCurrent(cpu, code);
        }

        return Error.None;
    }

    // Nobody may pass on more than it has.
    private static Error Decode(Cpu* cpu, in SpawnRequest request, out ProcessPlan plan)
    {
        plan = default;
        Kernel* kernel = cpu->Kernel;
        Process* caller = cpu->Current->Process;
        CpuMask mask = new CpuMask(request.CpuMask) & kernel->Online;
        if (request.ArgumentLength > ProgramStart.MaxArgument || mask.IsEmpty)
        {
            return Error.BadArgument;
        }

        if ((mask.Bits & ~caller->Cpus.Bits) != 0)
        {
            return Error.NotPermitted;
        }

        plan.Cpus = mask;
        plan.ArgumentBytes = request.ArgumentLength;
        plan.Parameters = caller->Parameters;
        plan.Service = caller->Service;
        plan.Session = caller->Session;
        fixed (byte* name = request.Program)
        {
            Error error = kernel->Ramdisk.Find(name, out uint index);
            if (error == Error.None)
            {
                plan.SetProgram(kernel, index);
            }

            return error;
        }
    }

    private static Error StartInSession(Cpu* cpu, ref ProcessPlan plan, SpawnCapabilityList* capabilities, ulong handle)
    {
        ObjectHeader* session = ObjectLookup<TMachine>.TakeObject(
            cpu, handle, ObjectKind.Session, Rights.Control, out _, out Error error);
        if (session == null)
        {
            return error;
        }

        plan.Session = session->Index;
        error = Start(cpu, in plan, capabilities);
        References<TMachine>.Drop(cpu, ObjectKind.Session, session->Reference);
        return error;
    }

    private static Error Start(Cpu* cpu, in ProcessPlan plan, SpawnCapabilityList* capabilities)
    {
        Error error = ProcessLifecycle<TMachine>.Create(cpu, in plan, out Process* process, out Thread* first);
        if (error != Error.None)
        {
            // It may have been the last that kept its session from being empty, for which others wait.
            return Scheduler<TMachine>.ReturnAfterWakeups(cpu, error);
        }

        // As soon as the handle is there, other threads of the caller can end the process: it and its first thread are held
        // meanwhile.
        Process* caller = cpu->Current->Process;
        References<TMachine>.Take(&first->Header);
        References<TMachine>.Take(&process->Header);
        ulong handle = 0;
        error = SpawnCapabilityTransfer<TMachine>.DeriveAll(cpu, capabilities, process);
        if (error == Error.None)
        {
            error = Capabilities<TMachine>.AddForCreator(cpu, caller, process, out handle);
        }

        if (error == Error.None)
        {
            Sessions<TMachine>.ListProcess(cpu, process);
            ThreadLifecycle<TMachine>.Start(cpu, first);
            cpu->Current->Context.Rdx = handle;
        }
        else
        {
            ProcessLifecycle<TMachine>.BeginExit(cpu, process, 0);
        }

        ObjectLookup<TMachine>.Drop(cpu, first);
        ObjectLookup<TMachine>.Drop(cpu, process);
        return Scheduler<TMachine>.ReturnAfterWakeups(cpu, error);
    }

    private struct ArgumentBuffer
    {
        public fixed byte Bytes[ProgramStart.MaxArgument];
    }
}
