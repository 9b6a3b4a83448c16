using System;
using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Core.Threads;
using Lachesis.Core.Wait;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Ipc;

/// <summary>Sending, receiving, calling and answering, one at a time.</summary>
public sealed unsafe class MessageTests : IDisposable
{
    private readonly IpcSystem _ipc = new();

    private SimulatedSystem System => _ipc.System;

    public void Dispose() => _ipc.Dispose();

    [Fact]
    public void A_sender_that_comes_first_waits_and_its_message_arrives_whole()
    {
        Thread* first = _ipc.Current;
        Thread* other = _ipc.Start();
        _ipc.Block(SystemCall.Send, 4, _ipc.Endpoint, 11, 12, 13, 14);
        Assert.True(_ipc.Current == other);
        _ipc.Pass(SystemCall.Receive, 0, _ipc.Endpoint);
        IpcSystem.Received(other, 4, 0, 11, 12, 13, 14);
        _ipc.Run(first);
        Assert.Equal(Error.None, IpcSystem.ResultOf(first));
        _ipc.AssertLevel();
    }

    [Fact]
    public void A_receiver_that_comes_first_waits_and_gets_the_message()
    {
        Thread* receiver = _ipc.Current;
        _ipc.Start();
        _ipc.Block(SystemCall.Receive, 0, _ipc.Endpoint);
        Assert.Equal(
            new SimulatedSystem.CallResult(Error.None, 0, true), _ipc.Pass(SystemCall.Send, 2, _ipc.Endpoint, 5, 6));
        IpcSystem.Received(receiver, 2, 0, 5, 6);
        Assert.Equal(ThreadLocation.Queued, SimulatedSystem.StateOf(receiver).Location);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_call_ends_with_the_answer_whoever_comes_first(bool callerFirst)
    {
        Thread* server = _ipc.Current;
        Thread* client = _ipc.Start();
        if (callerFirst)
        {
            _ipc.Run(client);
            _ipc.Block(SystemCall.Call, 1, _ipc.Endpoint, 7);
            _ipc.Run(server);
            _ipc.Pass(SystemCall.Receive, 0, _ipc.Both);
        }
        else
        {
            _ipc.Block(SystemCall.Receive, 0, _ipc.Both);
            _ipc.Run(client);
            _ipc.Block(SystemCall.Call, 1, _ipc.Endpoint, 7);
            Assert.True(_ipc.Current == server);
        }

        IpcSystem.Received(server, 1, 0, 7);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(client).Location);
        Assert.Equal(Error.None, _ipc.Pass(SystemCall.Reply, 2, _ipc.Reply, 8, 9).Error);
        IpcSystem.Received(client, 2, 0, 8, 9);
        _ipc.AssertLevel();
    }

    [Fact]
    public void Answering_and_receiving_switches_back_and_forth_on_one_cpu()
    {
        Thread* server = _ipc.Current;
        Thread* client = _ipc.Start();
        _ipc.Block(SystemCall.Receive, 0, _ipc.Both);
        Assert.True(_ipc.Current == client);
        for (ulong round = 0; round < 5; round++)
        {
            ulong switches = System.Total(Counter.ContextSwitches);
            _ipc.Block(SystemCall.Call, 1, _ipc.Endpoint, round);
            Assert.True(_ipc.Current == server);
            IpcSystem.Received(server, 1, 0, round);
            _ipc.Block(SystemCall.ReplyReceive, 1, _ipc.Both, round + 100);
            Assert.True(_ipc.Current == client);
            IpcSystem.Received(client, 1, 0, round + 100);
            Assert.Equal(switches + 2, System.Total(Counter.ContextSwitches));
        }
    }

    [Fact]
    public void An_answer_can_be_given_once()
    {
        CallFrom(_ipc.Start());
        Assert.Equal(Error.None, _ipc.Pass(SystemCall.Reply, 0, _ipc.Reply).Error);
        Assert.Equal(Error.BadState, _ipc.Pass(SystemCall.Reply, 0, _ipc.Reply).Error);
    }

    [Fact]
    public void Copies_of_a_reply_capability_answer_one_caller_between_them()
    {
        ulong copy = System.Syscall(0, SystemCall.CapabilityMint, _ipc.Reply, (ulong)Rights.Same).Value;
        CallFrom(_ipc.Start());
        Assert.Equal(Error.None, _ipc.Pass(SystemCall.Reply, 0, copy).Error);
        Assert.Equal(Error.BadState, _ipc.Pass(SystemCall.Reply, 0, _ipc.Reply).Error);
    }

    [Fact]
    public void With_the_last_reply_capability_the_caller_gets_no_reply()
    {
        Thread* client = _ipc.Start();
        CallFrom(client);
        ulong copy = System.Syscall(0, SystemCall.CapabilityMint, _ipc.Reply, (ulong)Rights.Same).Value;
        System.Syscall(0, SystemCall.CapabilityDelete, _ipc.Reply);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(client).Location);
        System.Syscall(0, SystemCall.CapabilityDelete, copy);
        Assert.Equal(ThreadLocation.Queued, SimulatedSystem.StateOf(client).Location);
        Assert.Equal(Error.NoReply, IpcSystem.ResultOf(client));
    }

    [Fact]
    public void A_reply_object_that_has_a_caller_takes_no_second_one()
    {
        CallFrom(_ipc.Start());
        Assert.Equal(Error.BadState, _ipc.Pass(SystemCall.Receive, 0, _ipc.Both).Error);
    }

    [Fact]
    public void A_call_to_a_receiver_without_a_reply_object_fails_and_the_receiver_goes_on_waiting()
    {
        Thread* receiver = _ipc.Current;
        _ipc.Start();
        _ipc.Block(SystemCall.Receive, 0, _ipc.Endpoint);
        Assert.Equal(Error.NoReply, _ipc.Pass(SystemCall.Call, 0, _ipc.Endpoint).Error);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(receiver).Location);
        Assert.Equal(Error.None, _ipc.Pass(SystemCall.Send, 1, _ipc.Endpoint, 3).Error);
        IpcSystem.Received(receiver, 1, 0, 3);
    }

    [Fact]
    public void A_receiver_without_a_reply_object_refuses_callers_and_takes_the_next_message()
    {
        Thread* server = _ipc.Current;
        Thread* client = _ipc.Start();
        Thread* sender = _ipc.Start();
        _ipc.Run(client);
        _ipc.Block(SystemCall.Call, 1, _ipc.Endpoint, 1);
        _ipc.Run(sender);
        _ipc.Block(SystemCall.Send, 1, _ipc.Endpoint, 2);
        _ipc.Run(server);
        _ipc.Pass(SystemCall.Receive, 0, _ipc.Endpoint);
        IpcSystem.Received(server, 1, 0, 2);
        Assert.Equal(Error.NoReply, IpcSystem.ResultOf(client));
    }

    [Fact]
    public void A_reply_object_deleted_while_its_receiver_waits_ends_both_sides()
    {
        Thread* server = _ipc.Current;
        Thread* client = _ipc.Start();
        _ipc.Block(SystemCall.Receive, 0, _ipc.Both);
        System.Syscall(0, SystemCall.CapabilityDelete, _ipc.Reply);
        Assert.True(_ipc.Current == client);
        _ipc.Pass(SystemCall.Call, 0, _ipc.Endpoint);
        Assert.Equal(Error.BadState, IpcSystem.ResultOf(server));
        Assert.Equal(Error.NoReply, IpcSystem.ResultOf(client));
    }

    [Theory]
    [InlineData(SystemCall.Send)]
    [InlineData(SystemCall.Call)]
    [InlineData(SystemCall.Receive)]
    public void Who_is_not_to_wait_gets_would_block(SystemCall call) =>
        Assert.Equal(Error.WouldBlock, _ipc.Pass(call, MessageTag.NoWait, _ipc.Endpoint).Error);

    [Theory]
    [InlineData(SystemCall.Send)]
    [InlineData(SystemCall.Call)]
    [InlineData(SystemCall.Receive)]
    [InlineData(SystemCall.ReplyReceive)]
    [InlineData(SystemCall.Reply)]
    public void Tags_that_say_too_much_are_refused(SystemCall call)
    {
        ulong handles = call == SystemCall.Reply ? _ipc.Reply : _ipc.Both;
        handles = call is SystemCall.Send or SystemCall.Call ? _ipc.Endpoint : handles;
        Assert.Equal(Error.BadState, _ipc.Pass(call, 5, handles).Error);
        Assert.Equal(Error.BadState, _ipc.Pass(call, 1 << MessageTag.CapabilitiesShift, handles).Error);
        Assert.Equal(Error.BadState, _ipc.Pass(call, MessageTag.HasDeadline, handles).Error);
        _ipc.SetBuffer(0)->Deadline = ulong.MaxValue;
        Assert.Equal(Error.BadArgument, _ipc.Pass(call, IpcBuffer.MaxWords + 1, handles).Error);
        Assert.Equal(Error.BadArgument, _ipc.Pass(call, 5 << MessageTag.CapabilitiesShift, handles).Error);
        Assert.Equal(Error.BadArgument, _ipc.Pass(call, MessageTag.Fault, handles).Error);
        Assert.Equal(Error.BadArgument, _ipc.Pass(call, MessageTag.HasDeadline, handles).Error);
        _ipc.AssertLevel();
    }

    [Theory]
    [InlineData(SystemCall.Send, Rights.Read)]
    [InlineData(SystemCall.Call, Rights.Read)]
    [InlineData(SystemCall.Receive, Rights.Write)]
    [InlineData(SystemCall.ReplyReceive, Rights.Write)]
    public void Endpoints_ask_for_their_rights_and_know_what_they_are(SystemCall call, Rights wrong)
    {
        ulong reply = call == SystemCall.ReplyReceive ? _ipc.Reply << 32 : 0;
        ulong weak = System.Syscall(0, SystemCall.CapabilityMint, _ipc.Endpoint, (ulong)(wrong | Rights.Grant | Rights.Control)).Value;
        Assert.Equal(Error.MissingRight, _ipc.Pass(call, 0, weak | reply).Error);
        Assert.Equal(Error.WrongKind, _ipc.Pass(call, 0, _ipc.Notification | reply).Error);
        Assert.Equal(Error.StaleHandle, _ipc.Pass(call, 0, 77 | reply).Error);
    }

    [Theory]
    [InlineData(SystemCall.Receive)]
    [InlineData(SystemCall.ReplyReceive)]
    [InlineData(SystemCall.Reply)]
    public void Reply_objects_ask_for_their_right_and_know_what_they_are(SystemCall call)
    {
        bool alone = call == SystemCall.Reply;
        ulong weak = System.Syscall(0, SystemCall.CapabilityMint, _ipc.Reply, (ulong)(Rights.All & ~Rights.Write)).Value;
        Assert.Equal(Error.MissingRight, _ipc.Pass(call, 0, alone ? weak : _ipc.Endpoint | (weak << 32)).Error);
        Assert.Equal(Error.WrongKind, _ipc.Pass(call, 0, alone ? _ipc.Endpoint : _ipc.Endpoint | (_ipc.Endpoint << 32)).Error);
        Assert.Equal(Error.StaleHandle, _ipc.Pass(call, 0, alone ? 77 : _ipc.Endpoint | (77ul << 32)).Error);
    }

    [Fact]
    public void The_badge_is_that_of_the_capability_sent_with()
    {
        Thread* server = _ipc.Current;
        ulong badged = System.Syscall(0, SystemCall.CapabilityMint, _ipc.Endpoint, (ulong)Rights.Same, 99).Value;
        _ipc.Start();
        _ipc.Block(SystemCall.Receive, 0, _ipc.Both);
        _ipc.Block(SystemCall.Call, 1, badged, 1);
        IpcSystem.Received(server, 1, 99, 1);
    }

    [Fact]
    public void Equals_are_served_in_the_order_in_which_they_came()
    {
        Thread* server = _ipc.Current;
        for (ulong i = 0; i < 6; i++)
        {
            Thread* sender = _ipc.Start();
            _ipc.Run(sender);
            _ipc.Block(SystemCall.Send, 1, _ipc.Endpoint, i);
            _ipc.Run(server);
        }

        for (ulong i = 0; i < 6; i++)
        {
            _ipc.Pass(SystemCall.Receive, 0, _ipc.Endpoint);
            IpcSystem.Received(server, 1, 0, i);
        }
    }

    [Fact]
    public void Higher_priorities_are_served_first_and_equals_in_order()
    {
        Thread* server = _ipc.Current;
        uint[] priorities = [5, 9, 5, 7, 9, 1, 7, 5];
        for (int i = 0; i < priorities.Length; i++)
        {
            Thread* sender = _ipc.Start(out ulong handle);
            Assert.Equal(Error.None, System.Syscall(
                0, SystemCall.ThreadSetScheduling, BootHandle.Policy, handle, (ulong)SchedulingParameter.Priority, priorities[i]).Error);
            _ipc.Run(sender);
            _ipc.Block(SystemCall.Send, 1, _ipc.Endpoint, (ulong)i);
            _ipc.Run(server);
        }

        List<ulong> order = [];
        for (int i = 0; i < priorities.Length; i++)
        {
            _ipc.Pass(SystemCall.Receive, 0, _ipc.Endpoint);
            order.Add(server->Context.Rsi);
        }

        Assert.Equal([1ul, 4, 3, 6, 0, 2, 7, 5], order);
    }

    [Fact]
    public void Of_one_priority_earlier_deadlines_are_served_first_and_none_counts_as_one_a_while_away()
    {
        Thread* server = _ipc.Current;
        long patience = WaitQueue.DeadlineAgeCap.Nanoseconds;
        long[] deadlines = [0, patience * 2, patience / 2, patience / 4, 0, patience / 4, patience + 5, patience * 3 / 4];
        for (int i = 0; i < deadlines.Length; i++)
        {
            Thread* sender = _ipc.Start(out ulong handle);
            _ipc.Run(sender);
            _ipc.SetBuffer(i, handle)->Deadline = (ulong)(System.ReadClock(0).Nanoseconds + deadlines[i]);
            _ipc.Block(i % 2 == 0 ? SystemCall.Send : SystemCall.Call, deadlines[i] == 0 ? 1 : 1 | MessageTag.HasDeadline, _ipc.Endpoint, (ulong)i);
            _ipc.Run(server);
        }

        List<ulong> order = [];
        foreach (long _ in deadlines)
        {
            ulong reply = _ipc.Create(ObjectKind.Reply);
            _ipc.Pass(SystemCall.Receive, 0, _ipc.Endpoint | (reply << 32));
            order.Add(server->Context.Rsi);
        }

        Assert.Equal([3ul, 5, 2, 7, 0, 1, 4, 6], order);
    }

    // The thread calls, and the current one receives the call.
    private void CallFrom(Thread* client)
    {
        Thread* server = _ipc.Current;
        _ipc.Run(client);
        _ipc.Block(SystemCall.Call, 0, _ipc.Endpoint);
        _ipc.Run(server);
        _ipc.Pass(SystemCall.Receive, 0, _ipc.Both);
        Assert.Equal(Error.None, IpcSystem.ResultOf(server));
    }
}
