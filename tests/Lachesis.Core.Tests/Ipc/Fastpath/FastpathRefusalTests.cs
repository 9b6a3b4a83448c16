using Lachesis.Abi;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Ipc.Fastpath;

/// <summary>Everything that must keep calls and answers from going directly.</summary>
public sealed unsafe class FastpathRefusalTests : FastpathPair
{
    [Fact]
    public void A_suspendedClient_is_answered_and_does_not_run()
    {
        Begin();
        Call(1);
        System.Syscall(0, SystemCall.ThreadSuspend, ClientHandle);
        Assert.False(Ipc.Pass(SystemCall.ReplyReceive, 1, Ipc.Both, 5).WentOn);
        Assert.Equal(ThreadLocation.Suspended, SimulatedSystem.StateOf(Client).Location);
        IpcSystem.Received(Client, 1, 0, 5);
    }

    [Fact]
    public void AClient_that_may_only_run_elsewhere_is_answered_and_goes_there()
    {
        Begin(new IpcSystem(cpus: 2), cpus: 1);
        Call(1);
        System.Syscall(0, SystemCall.ThreadSetAffinity, ClientHandle, 2);
        Assert.False(Ipc.Pass(SystemCall.ReplyReceive, 1, Ipc.Both, 5).WentOn);
        System.RunPendingWork();
        Assert.True(System.Cpu(1)->Current == Client);
        IpcSystem.Received(Client, 1, 0, 5);
    }

    [Fact]
    public void Whoever_ran_elsewhere_in_between_is_looked_at_anew()
    {
        Begin(new IpcSystem(cpus: 2), cpus: 1);
        System.Syscall(0, SystemCall.ThreadSetAffinity, ClientHandle, 3);
        Call(1);
        Answer(1);
        Assert.NotEqual(0ul, Client->Ipc.DirectHandoffGeneration);
        ulong third = System.CreateThread(0);
        System.Syscall(0, SystemCall.ThreadSetAffinity, third, 1);
        System.Syscall(0, SystemCall.ThreadStart, third);

        // CPU 1, which idles, takes what is queued here.
        System.Syscall(0, SystemCall.Yield);
        System.RunPendingWork();
        Assert.True(System.Cpu(1)->Current == Client);
        Assert.Equal(0ul, Client->Ipc.DirectHandoffGeneration);
    }

    [Fact]
    public void Parameters_that_were_set_while_it_waited_are_in_force_when_it_runs()
    {
        Begin();
        Call(1);
        System.Syscall(
            0, SystemCall.ThreadSetScheduling, BootHandle.Policy, ClientHandle, (ulong)SchedulingParameter.Priority, 200);
        Answer(2);
        Assert.Equal(200u, Client->Priority);
    }

    [Fact]
    public void After_a_change_to_the_fair_policy_who_runs_is_noted()
    {
        Begin();
        Call(1);
        System.Syscall(0, SystemCall.PolicySet, BootHandle.Policy, 1, (ulong)SchedulingPolicy.Fair);
        Answer(1);
        Assert.Equal(SchedulingPolicy.Fair, Client->QueuedPolicy);
        Assert.True(System.Cpu(0)->RunQueue.Fair.Running == Client);
    }

    [Fact]
    public void A_deadline_is_cancelled_with_the_wait_that_it_limits()
    {
        Begin();
        IpcBuffer* buffer = Ipc.SetBuffer(0, ClientHandle);
        buffer->Deadline = (ulong)System.Clock + 1000;
        Ipc.Block(SystemCall.Call, MessageTag.HasDeadline | 1, Ipc.Endpoint, 3);
        Answer(4);
        Assert.True(Ipc.Current == Client);
        Assert.Equal(Core.Time.Instant.Never.Nanoseconds, Client->Timer.Deadline.Nanoseconds);
        Call(5);
        Ipc.Advance(5000);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(Client).Location);
    }

    [Fact]
    public void Whoever_has_no_buffer_cannot_pass_long_messages()
    {
        Begin();
        Assert.Equal(Error.BadState, Ipc.Pass(SystemCall.Call, 9, Ipc.Endpoint).Error);
        Call(1);
        Assert.Equal(Error.BadState, Ipc.Pass(SystemCall.ReplyReceive, 9, Ipc.Both).Error);
    }

    [Fact]
    public void Signals_that_are_there_are_received_with_the_answer_given()
    {
        Begin();
        Call(1);
        Assert.Equal(Error.None, System.Syscall(0, SystemCall.NotificationBind, Ipc.Notification).Error);
        System.Syscall(0, SystemCall.Signal, Ipc.Notification, 4);
        Ipc.Pass(SystemCall.ReplyReceive, 1, Ipc.Both, 9);
        Assert.True(Ipc.Current == Server);
        Assert.Equal((ulong)MessageTag.Signals, Server->Context.Rdi);
        Assert.Equal(4ul, Server->Context.Rdx);
        IpcSystem.Received(Client, 1, 0, 9);
    }

    [Fact]
    public void A_reply_object_that_another_receiver_has_bound_takes_no_second_caller()
    {
        Begin();
        Thread* other = Ipc.Start();
        Thread* third = Ipc.Start();
        ulong elsewhere = Ipc.Create(ObjectKind.Endpoint);
        Ipc.Run(other);
        Ipc.Block(SystemCall.Receive, 0, elsewhere | (Ipc.Reply << 32));
        Ipc.Run(third);
        Ipc.Block(SystemCall.Call, 0, elsewhere);
        Ipc.Run(Client);
        Assert.False(Ipc.Pass(SystemCall.Call, 0, Ipc.Endpoint).WentOn);
        Assert.Equal((Error.NoReply, Error.BadState), (IpcSystem.ResultOf(Client), IpcSystem.ResultOf(Server)));
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(third).Location);
        Ipc.Run(other);
        Assert.Equal(Error.None, Ipc.Pass(SystemCall.Reply, 1, Ipc.Reply, 5).Error);
        IpcSystem.Received(third, 1, 0, 5);
    }

    [Fact]
    public void Who_was_woken_for_this_cpu_by_another_comes_into_its_queue_first()
    {
        const ulong word = SimulatedSystem.DataAddress;
        Begin(new IpcSystem(cpus: 2), cpus: 1);
        ulong sleeper = System.CreateThread(0);
        System.Syscall(0, SystemCall.ThreadSetAffinity, sleeper, 1);
        System.Syscall(0, SystemCall.ThreadStart, sleeper);
        Thread* woken = System.ThreadOf(0, sleeper);
        Ipc.Run(woken);
        System.Syscall(0, SystemCall.Park, word);
        Assert.True(Ipc.Current == Client);
        ulong waker = System.CreateThread(0);
        System.Syscall(0, SystemCall.ThreadSetAffinity, waker, 2);
        System.Syscall(0, SystemCall.ThreadStart, waker);
        System.RunPendingWork();
        for (int round = 0; round < 2; round++)
        {
            Call(0);
            Answer(0);
        }

        Assert.Equal(System.Cpu(0)->DirectHandoffGeneration, Server->Ipc.DirectHandoffGeneration);
        System.Syscall(1, SystemCall.Unpark, word, 1);
        Assert.Equal(ThreadLocation.Inbox, SimulatedSystem.StateOf(woken).Location);
        Call(1);
        Assert.NotEqual(ThreadLocation.Inbox, SimulatedSystem.StateOf(woken).Location);
    }

    [Fact]
    public void Where_another_thread_waits_for_the_cpu_the_policy_decides()
    {
        Begin();
        Thread* third = Ipc.Start();
        Assert.Equal(ThreadLocation.Queued, SimulatedSystem.StateOf(third).Location);
        ulong handovers = System.Total(Counter.WakesLocal);
        Call(1);
        Assert.Equal(handovers + 1, System.Total(Counter.WakesLocal));
    }
}
