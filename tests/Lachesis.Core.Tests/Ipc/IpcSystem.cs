using System;
using Lachesis.Abi;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Ipc;

/// <summary>A system in which threads of one process pass messages; what each receives is read from its context.</summary>
internal sealed unsafe class IpcSystem : IDisposable
{
    private const ulong Buffers = SimulatedSystem.DataAddress + 0x1000;

    /// <summary>A system with an endpoint, a reply object and a notification, and a thread that runs on CPU 0.</summary>
    public IpcSystem(uint cpus = 1, SchedulingPolicy policy = SchedulingPolicy.RoundRobin, uint threads = 32)
    {
        System = SimulatedSystem.Running(new SystemShape { Cpus = cpus, Policy = policy, Threads = threads });
        Endpoint = Create(ObjectKind.Endpoint);
        Reply = Create(ObjectKind.Reply);
        Notification = Create(ObjectKind.Notification);
    }

    /// <summary>The system.</summary>
    public SimulatedSystem System { get; }

    /// <summary>Handle of the endpoint.</summary>
    public ulong Endpoint { get; }

    /// <summary>Handle of the reply object.</summary>
    public ulong Reply { get; }

    /// <summary>Handle of the notification.</summary>
    public ulong Notification { get; }

    /// <summary>The endpoint and the reply object, as a receiver names them.</summary>
    public ulong Both => Endpoint | (Reply << 32);

    /// <summary>Who runs on CPU 0.</summary>
    public Thread* Current => System.Cpu(0)->Current;

    /// <inheritdoc/>
    public void Dispose() => System.Dispose();

    /// <summary>A new object of a kind: its handle.</summary>
    public ulong Create(ObjectKind kind, uint cpu = 0)
    {
        SimulatedSystem.CallResult made = System.Syscall(cpu, SystemCall.ObjectCreate, BootHandle.Process, (ulong)kind);
        Assert.Equal(Error.None, made.Error);
        return made.Value;
    }

    /// <summary>Another thread, which waits for CPU 0 or runs on one of its own: with its handle.</summary>
    public Thread* Start(out ulong handle)
    {
        handle = System.StartThread(0);
        Thread* thread = System.ThreadOf(0, handle);
        System.RunPendingWork();
        return thread;
    }

    /// <summary>The same.</summary>
    public Thread* Start() => Start(out _);

    /// <summary>CPU 0 runs this thread next: the others let it.</summary>
    public void Run(Thread* thread)
    {
        for (int i = 0; i < 40 && Current != thread; i++)
        {
            System.Syscall(0, SystemCall.Yield);
        }

        Assert.True(Current == thread);
    }

    /// <summary>A call of the thread that runs on CPU 0.</summary>
    public SimulatedSystem.CallResult Pass(SystemCall call, uint tag, ulong handles, ulong w0 = 0, ulong w1 = 0, ulong w2 = 0, ulong w3 = 0) =>
        System.CallWithMessage(0, call, tag, handles, w0, w1, w2, w3);

    /// <summary>The thread that runs on CPU 0 sends, calls or receives, and blocks.</summary>
    public void Block(SystemCall call, uint tag, ulong handles, ulong w0 = 0, ulong w1 = 0, ulong w2 = 0, ulong w3 = 0)
    {
        Thread* thread = Current;
        Assert.False(Pass(call, tag, handles, w0, w1, w2, w3).WentOn);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(thread).Location);
    }

    /// <summary>Gives the thread that runs on CPU 0 a buffer, of which the first is number 0.</summary>
    public IpcBuffer* SetBuffer(int number, ulong handle = BootHandle.MainThread)
    {
        ulong address = Buffers + ((ulong)number * IpcBuffer.Bytes);
        Assert.Equal(Error.None, System.Syscall(0, SystemCall.ThreadSetBuffer, handle, address).Error);
        return (IpcBuffer*)System.Users.At(System.ProcessOn(0)->PageTableRoot, address);
    }

    /// <summary>What the call of a thread gave that was blocked.</summary>
    public static Error ResultOf(Thread* thread) => (Error)thread->Context.Rax;

    /// <summary>Holds a thread to having received a message of so many words, with these in registers.</summary>
    public static void Received(Thread* thread, uint tag, ulong badge, params ulong[] words)
    {
        Assert.Equal(Error.None, ResultOf(thread));
        Assert.Equal(tag, thread->Context.Rdi);
        Assert.Equal(badge, thread->Context.Rdx);
        ulong[] registers = [thread->Context.Rsi, thread->Context.R8, thread->Context.R9, thread->Context.R10];
        Assert.Equal(words, registers[..words.Length]);
    }

    /// <summary>Time passes, and whatever comes of it happens.</summary>
    public void Advance(long nanoseconds)
    {
        System.Advance(nanoseconds);
        System.RunPendingWork();
    }

    /// <summary>Time passes until a process that has begun to end is dead.</summary>
    public void AwaitEnd(ulong process)
    {
        Process* ending = System.ProcessOf(0, process);
        for (int i = 0; i < 100 && ending->Phase != ProcessPhase.Dead; i++)
        {
            Advance(Teardown<SimulatedMachine>.StepInterval.Nanoseconds);
        }

        Assert.Equal(ProcessPhase.Dead, ending->Phase);
    }

    /// <summary>Ends a process, and lets go of it.</summary>
    public void EndProcess(ulong process)
    {
        System.Syscall(0, SystemCall.ProcessExit, process, 0);
        AwaitEnd(process);
        System.Syscall(0, SystemCall.CapabilityDelete, process);
    }

    /// <summary>Closes what the constructor made, and holds the pools to be empty.</summary>
    public void AssertLevel()
    {
        foreach (ulong handle in (ulong[])[Endpoint, Reply, Notification])
        {
            System.Syscall(0, SystemCall.CapabilityDelete, handle);
        }

        System.RunPendingWork();
        Kernel* kernel = System.Kernel;
        Assert.Equal((0u, 0u, 0u), (kernel->Endpoints.InUse, kernel->Notifications.InUse, kernel->Replies.InUse));
    }
}
