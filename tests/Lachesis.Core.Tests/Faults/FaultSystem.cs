using System;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Tests.Ipc;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Faults;

/// <summary>A system with a thread that handles faults, which is the first and runs on CPU 0, and one that faults.</summary>
internal sealed unsafe class FaultSystem : IDisposable
{
    /// <summary>Its error code.</summary>
    public const uint ErrorCode = 6;

    /// <summary>The address that was touched.</summary>
    public const ulong Address = 0x1234_5678;

    /// <summary>Badge of the capability that the handler is set with.</summary>
    public const ulong Badge = 99;

    public FaultSystem(uint threads = 32, uint vector = 14)
    {
        Vector = vector;
        Ipc = new IpcSystem(threads: threads);
        Handler = Ipc.Current;
        Badged = System.Syscall(0, SystemCall.CapabilityMint, Ipc.Endpoint, (ulong)Rights.Same, Badge).Value;
        Faulty = Ipc.Start(out ulong handle);
        FaultyHandle = handle;
        SetHandler(handle, Badged);
    }

    /// <summary>The exception that is raised.</summary>
    public uint Vector { get; }

    /// <summary>Endpoint, reply object and notification.</summary>
    public IpcSystem Ipc { get; }

    /// <summary>The system.</summary>
    public SimulatedSystem System => Ipc.System;

    /// <summary>Who handles faults.</summary>
    public Thread* Handler { get; }

    /// <summary>Who faults.</summary>
    public Thread* Faulty { get; }

    /// <summary>Its handle.</summary>
    public ulong FaultyHandle { get; }

    /// <summary>The capability that its handler is set with.</summary>
    public ulong Badged { get; }

    /// <summary>How many faults were reported as ends of threads.</summary>
    public int Reported => System.Reports.Records.Count(record => record.Header.Kind == ReportKind.UserFault);

    /// <inheritdoc/>
    public void Dispose() => Ipc.Dispose();

    /// <summary>The current process sets the handler of a thread.</summary>
    public void SetHandler(ulong thread, ulong endpoint) =>
        Assert.Equal(Error.None, System.Syscall(0, SystemCall.ThreadSetFaultHandler, thread, endpoint).Error);

    /// <summary>A thread has its turn and faults; then, if it is not the handler's anyway, the handler has its own.</summary>
    public void Fault(Thread* thread)
    {
        Ipc.Run(thread);
        System.Fault(0, Vector, ErrorCode, Address);
        Ipc.Run(Handler);
    }

    /// <summary>The same of the thread that is there for that.</summary>
    public void Fault() => Fault(Faulty);

    /// <summary>The handler, whose turn it is, receives.</summary>
    public Error Receive(uint tag = 0) => Ipc.Pass(SystemCall.Receive, tag, Ipc.Both).Error;

    /// <summary>The thread has faulted, and the handler has received that.</summary>
    public void FaultAndReceive()
    {
        Fault();
        Receive();
        IpcSystem.Received(Handler, FaultMessage.Tag, Badge, Vector, Faulty->Context.Rip, Address, ErrorCode);
    }

    /// <summary>The handler answers.</summary>
    public Error Answer(FaultReplyAction answer, ulong where = 0) =>
        Ipc.Pass(SystemCall.Reply, 2, Ipc.Reply, (ulong)answer, where).Error;

    /// <summary>Holds a thread to have ended, or to end now, as one does whose fault nobody handles.</summary>
    public void EndsUnhandled(Thread* thread, ulong handle)
    {
        int before = Reported;
        bool ended = SimulatedSystem.StateOf(thread).Location == ThreadLocation.Dead;
        for (int i = 0; i < 40 && SimulatedSystem.StateOf(thread).Location != ThreadLocation.Dead; i++)
        {
            System.Syscall(0, SystemCall.Yield);
        }

        Assert.Equal(ThreadLocation.Dead, SimulatedSystem.StateOf(thread).Location);
        Assert.Equal(ended ? before : before + 1, Reported);
        Ipc.Run(Handler);
        Assert.Equal(FaultExitCode.For(Vector), System.Syscall(0, SystemCall.ThreadJoin, handle).Value);
    }

    /// <summary>The same of the thread that is there for that; and nothing is left behind.</summary>
    public void EndsUnhandled()
    {
        EndsUnhandled(Faulty, FaultyHandle);
        AssertLevel();
    }

    /// <summary>Holds the pools to be empty once all is closed.</summary>
    public void AssertLevel()
    {
        System.Syscall(0, SystemCall.CapabilityDelete, Badged);
        Ipc.AssertLevel();
    }
}
