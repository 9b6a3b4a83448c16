using System;
using Lachesis.Abi;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Ipc.Fastpath;

/// <summary>A client and a server on one CPU that have come to go directly.</summary>
public abstract unsafe class FastpathPair : IDisposable
{
    private protected IpcSystem Ipc { get; private set; } = null!;

    private protected Thread* Server { get; private set; }

    private protected Thread* Client { get; private set; }

    private protected ulong ClientHandle { get; private set; }

    private protected SimulatedSystem System => Ipc.System;

    public void Dispose()
    {
        Ipc.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected void Begin() => Begin(new IpcSystem());

    // Two rounds were made: all that can be remembered is.
    private protected void Begin(IpcSystem ipc, ulong cpus = ulong.MaxValue)
    {
        Ipc = ipc;
        Server = Ipc.Current;
        if (cpus != ulong.MaxValue)
        {
            System.Syscall(0, SystemCall.ThreadSetAffinity, BootHandle.MainThread, cpus);
        }

        ClientHandle = System.CreateThread(0);
        if (cpus != ulong.MaxValue)
        {
            System.Syscall(0, SystemCall.ThreadSetAffinity, ClientHandle, cpus);
        }

        System.Syscall(0, SystemCall.ThreadStart, ClientHandle);
        Client = System.ThreadOf(0, ClientHandle);
        Ipc.Block(SystemCall.Receive, 0, Ipc.Both);
        for (int round = 0; round < 2; round++)
        {
            Call(0);
            Answer(0);
        }
    }

    private protected long Call(ulong word)
    {
        Assert.True(Ipc.Current == Client);
        return Points(() => Ipc.Block(SystemCall.Call, 1, Ipc.Endpoint, word));
    }

    private protected long Answer(ulong word)
    {
        Assert.True(Ipc.Current == Server);
        return Points(() => Ipc.Block(SystemCall.ReplyReceive, 1, Ipc.Both, word));
    }

    // Choice points that an action takes: how long its way through the kernel was.
    private protected long Points(Action action)
    {
        long points = System.Points;
        action();
        return System.Points - points;
    }

    // Two locks taken and given back, two handles compared, a claim, the epoch, the inbox, two places noted; the general way has over
    // twice as many.
    private protected static void AssertDirect(long points) => Assert.InRange(points, 10, 13);

    private protected void SetPriority(ulong handle, uint priority) => System.Syscall(
        0, SystemCall.ThreadSetScheduling, BootHandle.Policy, handle, (ulong)SchedulingParameter.Priority, priority);
}
