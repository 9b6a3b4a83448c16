using System;
using System.Collections.Generic;
using System.Text;
using Lachesis.Abi;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>Processes and threads for tests, and what lies in their memory.</summary>
public sealed unsafe partial class SimulatedSystem
{
    /// <summary>Writable memory of every program: see <see cref="Images.Data"/>.</summary>
    public const ulong DataAddress = 0x40_3000;

    /// <summary>Entry point of every program.</summary>
    public const ulong Entry = 0x40_1010;

    /// <summary>Everything that a process can be granted.</summary>
    public const Grants AllGrants = Grants.Log | Grants.Report | Grants.Spawn | Grants.Machine | Grants.Policy;

    /// <summary>A system with a process that runs on CPU 0 and may do everything.</summary>
    public static SimulatedSystem Running(SystemShape shape)
    {
        var system = new SimulatedSystem(shape);
        system.InsertRamdisk();
        // A new thread goes to the nearest idle CPU, counted upwards from where it is made.
        system.StartProcess(shape.Cpus - 1);
        system.RunPendingWork();
        return system;
    }

    /// <summary>Makes and starts a process from CPU <paramref name="cpu"/>, which is idle; null if that fails.</summary>
    public Process* StartProcess(uint cpu, Grants grants = AllGrants, ulong cpus = ulong.MaxValue)
    {
        Process* started = null;
        Enter(cpu, self =>
        {
            ProcessPlan plan = default;
            plan.SetProgram(Kernel, 1);
            plan.Grants = grants;
            plan.Cpus = new CpuMask(cpus) & Kernel->Online;
            plan.Parameters = Kernel->DefaultParameters;
            Idle<SimulatedMachine>.ClearIdle((Cpu*)self);
            Error error = ProcessLifecycle<SimulatedMachine>.Create((Cpu*)self, in plan, out Process* process, out Thread* first);
            if (error == Error.None)
            {
                Sessions<SimulatedMachine>.ListProcess((Cpu*)self, process);
                ThreadLifecycle<SimulatedMachine>.Start((Cpu*)self, first);
                started = process;
            }

            Scheduler<SimulatedMachine>.Reschedule((Cpu*)self, ReadClock(cpu));
            Resume(cpu);
        });
        return started;
    }

    /// <summary>Interrupts and due timers are taken and idle work is done, until nothing of that is left.</summary>
    public void RunPendingWork()
    {
        for (int i = 0; i < MostRounds; i++)
        {
            if (!RunPendingWorkOnce())
            {
                return;
            }
        }

        throw new InvariantException("the system does not come to rest");
    }

    /// <summary>Every CPU outside of the kernel takes what waits for it, once. False if there was nothing.</summary>
    public bool RunPendingWorkOnce()
    {
        bool any = false;
        for (uint cpu = 0; cpu < Shape.Cpus; cpu++)
        {
            if (!IsOutside(cpu))
            {
                continue;
            }

            if (HasInterrupt(cpu))
            {
                DeliverIpi(cpu);
                any = true;
            }

            if (IsTimerDue(cpu))
            {
                FireTimer(cpu);
                any = true;
            }

            if (HasIdleWork(cpu))
            {
                RunIdleWork(cpu);
                any = true;
            }
        }

        return any;
    }

    /// <summary>The process that runs on a CPU.</summary>
    /// <exception cref="InvariantException">The CPU is idle.</exception>
    public Process* ProcessOn(uint cpu) => CallerOn(cpu)->Process;

    /// <summary>The CPU that runs a thread which is to call the kernel next, wherever the kernel has put it. If it is not
    /// running, CPUs take what waits for them until it is; no time passes.</summary>
    /// <exception cref="InvariantException">It does not come to run.</exception>
    public uint CpuOf(Thread* thread)
    {
        int rounds = 0;
        do
        {
            for (uint cpu = 0; cpu < Shape.Cpus; cpu++)
            {
                if (Cpu(cpu)->Current == thread)
                {
                    return cpu;
                }
            }
        }
        while (++rounds < MostRounds && RunPendingWorkOnce());
        throw new InvariantException(
            $"thread {thread->Header.Index}, which is to call the kernel, does not come to run: it is {StateOf(thread).Location}");
    }

    /// <summary>The first CPU that runs a thread. If all are idle, time passes until one does.</summary>
    /// <exception cref="InvariantException">None does.</exception>
    public uint BusyCpu()
    {
        int rounds = 0;
        do
        {
            for (uint cpu = 0; cpu < Shape.Cpus; cpu++)
            {
                if (Cpu(cpu)->Current != null)
                {
                    return cpu;
                }
            }
        }
        while (++rounds < MostRounds && (RunPendingWorkOnce() || AdvanceToTimer()));
        throw new InvariantException("no thread comes to run");
    }

    /// <summary>The first thread of a process that has started no other.</summary>
    public Thread* FirstOf(Process* process) => (Thread*)Threads.Find(thread => ((Thread*)thread)->Process == process);

    private Thread* CallerOn(uint cpu)
    {
        Thread* thread = Cpu(cpu)->Current;
        return thread != null
            ? thread
            : throw new InvariantException($"cpu {cpu} is idle: no thread there could call the kernel");
    }

    /// <summary>The thread that a handle of the process running on a CPU names.</summary>
    public Thread* ThreadOf(uint cpu, ulong handle) => Kernel->ThreadOf(ProcessOn(cpu)->Handles.Find(handle)->Object);

    /// <summary>The process that a handle of the process running on a CPU names.</summary>
    public Process* ProcessOf(uint cpu, ulong handle) => Kernel->ProcessOf(ProcessOn(cpu)->Handles.Find(handle)->Object);

    /// <summary>The thread running on a CPU makes another of its process; gives the handle.</summary>
    public ulong CreateThread(uint cpu) =>
        Syscall(cpu, SystemCall.ThreadCreate, BootHandle.Process, Entry, DataAddress, 7).Value;

    /// <summary>The same, and starts it; gives the handle.</summary>
    public ulong StartThread(uint cpu)
    {
        ulong handle = CreateThread(cpu);
        Syscall(cpu, SystemCall.ThreadStart, handle);
        return handle;
    }

    /// <summary>The same, and gives the thread.</summary>
    public Thread* NewThread(uint cpu) => ThreadOf(cpu, StartThread(cpu));

    /// <summary>Writes a word of a process's memory, as its threads do.</summary>
    public void WriteUserWord(Process* process, ulong address, uint value) => *(uint*)Users.At(process->PageTableRoot, address) = value;

    /// <summary>Puts a spawn request into the memory of the process running on a CPU, at <see cref="DataAddress"/>: it passes
    /// its own boot handles for <paramref name="grants"/>, with all their rights.</summary>
    public void PutRequest(uint cpu, string program, Grants grants, ulong cpus = ulong.MaxValue, string argument = "")
    {
        Process* process = ProcessOn(cpu);
        SpawnRequest request = default;
        Encoding.UTF8.GetBytes(program, new Span<byte>(request.Program, RamdiskEntry.MaxName));
        request.CpuMask = cpus;
        request.ArgumentLength = (uint)argument.Length;
        request.ArgumentAddress = DataAddress + (ulong)sizeof(SpawnRequest);
        request.CapabilitiesAddress = request.ArgumentAddress + ProgramStart.MaxArgument + 1;
        for (int i = 0; (uint)grants >> i != 0; i++)
        {
            if (((uint)grants >> i & 1) != 0)
            {
                uint index = BootHandle.Log + (uint)i;
                CallWithMessage(process, ref request, new SpawnCapability { Handle = index, Rights = Rights.Same, Index = index });
            }
        }

        *(SpawnRequest*)Users.At(process->PageTableRoot, DataAddress) = request;
        Encoding.UTF8.GetBytes(
            argument, new Span<byte>(Users.At(process->PageTableRoot, request.ArgumentAddress), argument.Length));
    }

    /// <summary>Adds a capability to the spawn request in the memory of the process running on a CPU.</summary>
    public void PutCapability(uint cpu, SpawnCapability capability) =>
        CallWithMessage(ProcessOn(cpu), ref *(SpawnRequest*)Users.At(ProcessOn(cpu)->PageTableRoot, DataAddress), capability);

    /// <summary>The spawn request in the memory of the process running on a CPU names a session.</summary>
    public void PutSession(uint cpu, ulong handle) =>
        ((SpawnRequest*)Users.At(ProcessOn(cpu)->PageTableRoot, DataAddress))->Session = handle;

    private void CallWithMessage(Process* process, ref SpawnRequest request, SpawnCapability capability)
    {
        ulong address = request.CapabilitiesAddress + (request.CapabilityCount * (ulong)sizeof(SpawnCapability));
        *(SpawnCapability*)Users.At(process->PageTableRoot, address) = capability;
        request.CapabilityCount++;
    }

    /// <summary>Puts a reading of ledgers that is to begin into the memory of the process running on a CPU, at <see
    /// cref="DataAddress"/>.</summary>
    public void PutReading(uint cpu) => *(LedgerReading*)Users.At(ProcessOn(cpu)->PageTableRoot, DataAddress) = default;

    /// <summary>The thread running on a CPU spawns a process; gives what the call gave.</summary>
    public CallResult Spawn(uint cpu, string program = "child", Grants grants = Grants.None, ulong cpus = ulong.MaxValue)
    {
        PutRequest(cpu, program, grants, cpus);
        return Syscall(cpu, SystemCall.ProcessSpawn, BootHandle.Spawn, DataAddress);
    }

    /// <summary>Where a thread is.</summary>
    public static ThreadState StateOf(Thread* thread) => new(thread->StateWord);

    /// <summary>The threads in a CPU's run queue, first to run first; one too many if its links go in a circle.</summary>
    public List<nint> QueueOf(uint cpu)
    {
        var queue = new List<nint>();
        Thread* thread = RunQueues.First(Cpu(cpu));
        for (; thread != null && queue.Count <= Shape.Threads; thread = RunQueues.Next(Cpu(cpu), thread))
        {
            queue.Add((nint)thread);
        }

        return queue;
    }
}
