using System;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Ipc.Fastpath;

/// <summary>Which CPU a call and its answer go through, whom its time is charged to, and when the policy has it otherwise.</summary>
public sealed unsafe class CallPathTests
{
    private const ulong Cpu0 = 1;
    private const ulong Cpu1 = 2;

    [Theory]
    [InlineData(SchedulingPolicy.RoundRobin)]
    [InlineData(SchedulingPolicy.Priority)]
    [InlineData(SchedulingPolicy.Fair)]
    public void Every_nanosecond_of_a_chain_of_calls_is_charged_to_who_ran_then(SchedulingPolicy policy)
    {
        using var ipc = new IpcSystem(policy: policy);
        Thread* client = ipc.Current;
        ulong inner = ipc.Create(ObjectKind.Endpoint);
        ulong innerReply = ipc.Create(ObjectKind.Reply) << 32;
        Thread* bottom = Server(ipc, inner | innerReply, client);
        Thread* middle = Server(ipc, ipc.Both, client);
        Charge(ipc, client);
        long start = ipc.System.Clock;
        Thread*[] threads = [client, middle, bottom];
        long[] before = Runtimes(threads);
        ulong idle = ipc.System.Total(Counter.IdleNs);

        Step(ipc, 100, SystemCall.Call, ipc.Endpoint, middle);
        Step(ipc, 20, SystemCall.Call, inner, bottom);
        Step(ipc, 3, SystemCall.ReplyReceive, inner | innerReply, middle);
        Step(ipc, 4000, SystemCall.ReplyReceive, ipc.Both, client);
        Step(ipc, 500, SystemCall.Call, ipc.Endpoint, middle);

        long[] used = Runtimes(threads).Zip(before, static (after, then) => after - then).ToArray();
        Assert.Equal([600, 4020, 3], used);
        Assert.Equal(ipc.System.Clock - start, used.Sum());
        Assert.Equal(idle, ipc.System.Total(Counter.IdleNs));
    }

    [Theory]
    [InlineData(SchedulingPolicy.RoundRobin)]
    [InlineData(SchedulingPolicy.Priority)]
    [InlineData(SchedulingPolicy.Fair)]
    public void A_server_that_may_not_run_here_is_called_on_its_own_cpu_and_answers_from_there(SchedulingPolicy policy)
    {
        using var ipc = new IpcSystem(cpus: 2, policy: policy);
        SimulatedSystem system = ipc.System;
        Thread* client = ipc.Current;
        Thread* server = ipc.Start(out ulong handle);
        Confine(ipc, BootHandle.MainThread, Cpu0);
        Confine(ipc, handle, Cpu1);
        Assert.True(system.Cpu(1)->Current == server);
        Assert.False(system.CallWithMessage(1, SystemCall.Receive, 0, ipc.Both).WentOn);
        ulong sent = system.Total(Counter.ReschedulesSent);

        Assert.False(ipc.Pass(SystemCall.Call, 2, ipc.Endpoint, 7, 8).WentOn);
        Assert.True(system.Cpu(0)->Current == null);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(client).Location);
        system.RunPendingWork();
        Assert.True(system.Cpu(1)->Current == server);
        IpcSystem.Received(server, 2, 0, 7, 8);

        system.Advance(1000);
        Assert.False(system.CallWithMessage(1, SystemCall.ReplyReceive, 1, ipc.Both, 9).WentOn);
        system.RunPendingWork();
        Assert.True(system.Cpu(0)->Current == client);
        Assert.True(system.Cpu(1)->Current == null);
        IpcSystem.Received(client, 1, 0, 9);
        Assert.Equal(sent + 2, system.Total(Counter.ReschedulesSent));
        Assert.Equal((0ul, 0ul), (server->Ledger.Migrations, client->Ledger.Migrations));
    }

    [Fact]
    public void A_call_to_a_server_of_lower_priority_goes_to_whoever_stands_between()
    {
        using var ipc = new IpcSystem(policy: SchedulingPolicy.Priority);
        Thread* client = ipc.Current;
        Thread* server = Server(ipc, ipc.Both, client);
        Thread* other = ipc.Start(out ulong handle);
        SetPriority(ipc, handle, SchedulingLimits.DefaultPriority + 5);
        Assert.True(ipc.Current == other);
        SetPriority(ipc, BootHandle.MainThread, SchedulingLimits.DefaultPriority + 10);
        Assert.True(ipc.Current == client);

        ipc.Block(SystemCall.Call, 0, ipc.Endpoint);
        Assert.True(ipc.Current == other);
        Assert.Equal(ThreadLocation.Queued, SimulatedSystem.StateOf(server).Location);

        Assert.False(ipc.System.Syscall(0, SystemCall.SleepUntil, (ulong)ipc.System.Clock + 1000).WentOn);
        Assert.True(ipc.Current == server);
    }

    [Fact]
    public void An_answer_to_a_client_that_may_not_run_here_goes_to_its_cpu()
    {
        using var ipc = new IpcSystem(cpus: 2);
        SimulatedSystem system = ipc.System;
        Thread* server = ipc.Current;
        Thread* client = ipc.Start(out ulong handle);
        Confine(ipc, BootHandle.MainThread, Cpu0);
        Confine(ipc, handle, Cpu1);
        Assert.False(system.CallWithMessage(1, SystemCall.Call, 0, ipc.Endpoint).WentOn);
        Assert.True(ipc.Pass(SystemCall.Receive, 0, ipc.Both) is { WentOn: false } or { Error: Error.None });

        ipc.Block(SystemCall.ReplyReceive, 0, ipc.Both);
        Assert.True(ipc.Current == null);
        system.RunPendingWork();
        Assert.True(system.Cpu(1)->Current == client);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(server).Location);
    }

    // A thread that waits to be called.
    private static Thread* Server(IpcSystem ipc, ulong handles, Thread* next)
    {
        Thread* server = ipc.Start();
        ipc.Run(server);
        ipc.Block(SystemCall.Receive, 0, handles);
        ipc.Run(next);
        return server;
    }

    // Who runs does so for a while, and then passes a message with which another one runs.
    private static void Step(IpcSystem ipc, long nanoseconds, SystemCall call, ulong handles, Thread* next)
    {
        ipc.System.Advance(nanoseconds);
        ipc.Block(call, 0, handles);
        Assert.True(ipc.Current == next);
    }

    // Time that was not put to its account yet is.
    private static void Charge(IpcSystem ipc, Thread* running)
    {
        ipc.System.Syscall(0, SystemCall.Yield);
        Assert.True(ipc.Current == running);
    }

    private static long[] Runtimes(Thread*[] threads)
    {
        long[] runtimes = new long[threads.Length];
        for (int i = 0; i < threads.Length; i++)
        {
            runtimes[i] = threads[i]->Ledger.Runtime.Nanoseconds;
        }

        return runtimes;
    }

    private static void Confine(IpcSystem ipc, ulong handle, ulong cpus)
    {
        Assert.Equal(Error.None, ipc.System.Syscall(0, SystemCall.ThreadSetAffinity, handle, cpus).Error);
        ipc.System.RunPendingWork();
    }

    private static void SetPriority(IpcSystem ipc, ulong handle, ulong priority)
    {
        ipc.System.Syscall(0, SystemCall.ThreadSetScheduling, BootHandle.Policy, handle, (ulong)SchedulingParameter.Priority, priority);
        ipc.System.RunPendingWork();
    }
}
