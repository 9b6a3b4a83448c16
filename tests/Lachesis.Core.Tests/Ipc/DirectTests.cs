using System;
using Lachesis.Abi;
using Lachesis.Core.Objects;
using Lachesis.Core.Sched;
using Lachesis.Core.Tests.Scenarios;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Ipc;

/// <summary>Calls and answers that go directly, by what was remembered; and everything that must keep them from it.</summary>
public sealed unsafe class DirectTests : IDisposable
{
    private IpcSystem _ipc = new();
    private Thread* _server;
    private Thread* _client;
    private ulong _clientHandle;

    private SimulatedSystem System => _ipc.System;

    public void Dispose() => _ipc.Dispose();

    [Fact]
    public void After_one_round_both_sides_go_directly()
    {
        Begin();
        for (ulong round = 0; round < 5; round++)
        {
            AssertDirect(Call(round));
            AssertDirect(Answer(round + 100));
        }
    }

    [Theory]
    [InlineData(5u)]
    [InlineData(IpcBuffer.MaxWords)]
    public void Words_in_buffers_go_directly_too(uint words)
    {
        Begin();
        IpcBuffer* mine = _ipc.SetBuffer(0, _clientHandle);
        IpcBuffer* theirs = _ipc.SetBuffer(1);
        for (uint i = 4; i < words; i++)
        {
            mine->Words[i] = i * 3;
        }

        long switches = Switches(() => _ipc.Block(SystemCall.Call, words, _ipc.Endpoint, 1, 2, 3, 4));
        AssertDirect(switches);
        IpcSystem.Received(_server, words, 0, 1, 2, 3, 4);
        for (uint i = 4; i < words; i++)
        {
            Assert.Equal(i * 3, theirs->Words[i]);
        }

        theirs->Words[4] = 77;
        AssertDirect(Switches(() => _ipc.Block(SystemCall.ReplyReceive, words, _ipc.Both, 5, 6, 7, 8)));
        IpcSystem.Received(_client, words, 0, 5, 6, 7, 8);
        Assert.Equal(77ul, mine->Words[4]);
    }

    [Fact]
    public void A_long_message_to_a_receiver_without_a_buffer_is_truncated()
    {
        Begin();
        _ipc.SetBuffer(0, _clientHandle);
        _ipc.Block(SystemCall.Call, 9, _ipc.Endpoint, 1, 2, 3, 4);
        IpcSystem.Received(_server, 4 | MessageTag.Truncated, 0, 1, 2, 3, 4);
    }

    [Fact]
    public void A_remembered_endpoint_is_not_reached_once_its_capability_is_gone()
    {
        Begin();
        ulong derived = System.Syscall(0, SystemCall.CapabilityMint, _ipc.Endpoint, (ulong)Rights.Same).Value;
        _ipc.Block(SystemCall.Call, 0, derived);
        Answer(0);
        Assert.True(_ipc.Current == _client);
        Assert.Equal(derived, _client->Ipc.Calls.Handle);
        System.Syscall(0, SystemCall.CapabilityRevoke, _ipc.Endpoint);
        Assert.Equal(Error.StaleHandle, _ipc.Pass(SystemCall.Call, 0, derived).Error);
        Assert.Equal(Error.StaleHandle, _ipc.Pass(SystemCall.Call, 0, derived).Error);
    }

    [Fact]
    public void A_slot_that_is_used_again_is_not_what_was_remembered()
    {
        Begin();
        ulong derived = System.Syscall(0, SystemCall.CapabilityMint, _ipc.Endpoint, (ulong)Rights.Same, 5).Value;
        _ipc.Block(SystemCall.Call, 0, derived);
        IpcSystem.Received(_server, 0, 5);
        Answer(0);
        System.Syscall(0, SystemCall.HandleClose, derived);
        ulong other = System.Syscall(0, SystemCall.CapabilityMint, _ipc.Endpoint, (ulong)Rights.Same, 6).Value;
        Assert.Equal(Error.StaleHandle, _ipc.Pass(SystemCall.Call, 0, derived).Error);
        _ipc.Block(SystemCall.Call, 0, other);
        IpcSystem.Received(_server, 0, 6);
    }

    [Fact]
    public void A_capability_that_was_moved_is_remembered_no_more()
    {
        Begin();
        Call(1);
        Answer(1);
        ulong moved = System.Syscall(0, SystemCall.CapabilityMove, _ipc.Endpoint).Value;
        Assert.Equal(Error.StaleHandle, _ipc.Pass(SystemCall.Call, 0, _ipc.Endpoint).Error);

        // The server waits through the capability that is gone: it learns that instead.
        Assert.False(_ipc.Pass(SystemCall.Call, 0, moved).WentOn);
        Assert.Equal(Error.StaleHandle, IpcSystem.ResultOf(_server));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_server_cannot_answer_and_receive_with_what_was_remembered_once_it_is_gone(bool endpoint)
    {
        Begin();
        ulong own = System.Syscall(0, SystemCall.CapabilityMint, _ipc.Endpoint, (ulong)Rights.Same).Value;
        ulong reply = System.Syscall(0, SystemCall.CapabilityMint, _ipc.Reply, (ulong)Rights.Same).Value;
        ulong both = own | (reply << 32);
        Call(1);
        _ipc.Block(SystemCall.ReplyReceive, 0, both);
        Call(2);
        Assert.Equal(both, _server->Ipc.Receives.Handles);
        System.Syscall(0, SystemCall.HandleClose, endpoint ? own : reply);
        Assert.Equal(Error.StaleHandle, _ipc.Pass(SystemCall.ReplyReceive, 0, both).Error);
        Assert.Equal(Place.Blocked, SimulatedSystem.StateOf(_client).Place);
        Assert.Equal(Error.None, _ipc.Pass(SystemCall.Reply, 1, _ipc.Reply, 9).Error);
        IpcSystem.Received(_client, 1, 0, 9);
    }

    [Fact]
    public void A_handle_that_names_nothing_is_refused_every_time()
    {
        Begin();
        foreach (ulong handle in (ulong[])[0, ulong.MaxValue, _ipc.Endpoint | 1ul << 40, _ipc.Notification])
        {
            Error first = _ipc.Pass(SystemCall.Call, 0, handle).Error;
            Assert.NotEqual(Error.None, first);
            Assert.Equal(first, _ipc.Pass(SystemCall.Call, 0, handle).Error);
            first = _ipc.Pass(SystemCall.ReplyReceive, 0, handle).Error;
            Assert.NotEqual(Error.None, first);
            Assert.Equal(first, _ipc.Pass(SystemCall.ReplyReceive, 0, handle).Error);
        }
    }

    [Fact]
    public void A_suspended_client_is_answered_and_does_not_run()
    {
        Begin();
        Call(1);
        System.Syscall(0, SystemCall.ThreadSuspend, _clientHandle);
        Assert.False(_ipc.Pass(SystemCall.ReplyReceive, 1, _ipc.Both, 5).WentOn);
        Assert.Equal(Place.Suspended, SimulatedSystem.StateOf(_client).Place);
        IpcSystem.Received(_client, 1, 0, 5);
    }

    [Fact]
    public void A_client_that_may_only_run_elsewhere_is_answered_and_goes_there()
    {
        _ipc.Dispose();
        _ipc = new IpcSystem(cpus: 2);
        Begin(cpus: 1);
        Call(1);
        System.Syscall(0, SystemCall.ThreadSetAffinity, _clientHandle, 2);
        Assert.False(_ipc.Pass(SystemCall.ReplyReceive, 1, _ipc.Both, 5).WentOn);
        System.Settle();
        Assert.True(System.Cpu(1)->Current == _client);
        IpcSystem.Received(_client, 1, 0, 5);
    }

    [Fact]
    public void Whoever_ran_elsewhere_in_between_is_looked_at_anew()
    {
        _ipc.Dispose();
        _ipc = new IpcSystem(cpus: 2);
        Begin(cpus: 1);
        System.Syscall(0, SystemCall.ThreadSetAffinity, _clientHandle, 3);
        Call(1);
        Answer(1);
        Assert.NotEqual(0ul, _client->Ipc.FitAt);
        ulong third = System.CreateThread(0);
        System.Syscall(0, SystemCall.ThreadSetAffinity, third, 1);
        System.Syscall(0, SystemCall.ThreadStart, third);

        // CPU 1, which idles, takes what is queued here.
        System.Syscall(0, SystemCall.Yield);
        System.Settle();
        Assert.True(System.Cpu(1)->Current == _client);
        Assert.Equal(0ul, _client->Ipc.FitAt);
    }

    [Fact]
    public void Parameters_that_were_set_while_it_waited_are_in_force_when_it_runs()
    {
        Begin();
        Call(1);
        System.Syscall(
            0, SystemCall.ThreadSchedule, BootHandle.Policy, _clientHandle, (ulong)SchedulingParameter.Priority, 200);
        Answer(2);
        Assert.Equal(200u, _client->Priority);
    }

    [Fact]
    public void After_a_change_to_the_fair_policy_who_runs_is_noted()
    {
        Begin();
        Call(1);
        System.Syscall(0, SystemCall.PolicySet, BootHandle.Policy, 1, (ulong)SchedulingPolicy.Fair);
        Answer(1);
        Assert.Equal(SchedulingPolicy.Fair, _client->QueuedUnder);
        Assert.True(System.Cpu(0)->RunQueue.Fair.Running == _client);
    }

    [Fact]
    public void A_deadline_is_cancelled_with_the_wait_that_it_limits()
    {
        Begin();
        IpcBuffer* buffer = _ipc.SetBuffer(0, _clientHandle);
        buffer->Deadline = (ulong)System.Clock + 1000;
        _ipc.Block(SystemCall.Call, MessageTag.HasDeadline | 1, _ipc.Endpoint, 3);
        Answer(4);
        Assert.True(_ipc.Current == _client);
        Assert.Equal(Core.Time.Instant.Never.Nanoseconds, _client->Timer.Deadline.Nanoseconds);
        Call(5);
        _ipc.Advance(5000);
        Assert.Equal(Place.Blocked, SimulatedSystem.StateOf(_client).Place);
    }

    [Fact]
    public void A_sender_that_waits_is_not_taken_for_the_receiver_that_it_was()
    {
        Begin();
        Call(1);
        Thread* third = _ipc.Start();
        _ipc.Block(SystemCall.Send, 1, _ipc.Endpoint, 42);
        Assert.True(_ipc.Current == third);
        _ipc.Block(SystemCall.Call, 1, _ipc.Endpoint, 43);
        Assert.Equal(Place.Blocked, SimulatedSystem.StateOf(_server).Place);
        Assert.True(_server->QueueNext == third);
    }

    [Fact]
    public void A_server_that_waited_to_send_in_between_does_not_go_by_what_it_remembered_before()
    {
        Begin();
        Call(1);
        Thread* third = _ipc.Start();
        ulong other = _ipc.Create(ObjectKind.Endpoint);
        _ipc.Block(SystemCall.Send, 1, other, 42);
        Assert.True(_ipc.Current == third);
        Assert.Equal(Error.None, _ipc.Pass(SystemCall.Receive, 0, other).Error);
        _ipc.Run(_server);
        Answer(2);
        IpcSystem.Received(_client, 1, 0, 2);
        Assert.Equal(Place.Blocked, SimulatedSystem.StateOf(_server).Place);
        Assert.True(_server->Ipc.Reply != null);
    }

    [Fact]
    public void Whoever_has_no_buffer_cannot_pass_long_messages()
    {
        Begin();
        Assert.Equal(Error.BadState, _ipc.Pass(SystemCall.Call, 9, _ipc.Endpoint).Error);
        Call(1);
        Assert.Equal(Error.BadState, _ipc.Pass(SystemCall.ReplyReceive, 9, _ipc.Both).Error);
    }

    [Fact]
    public void Signals_that_are_there_are_received_with_the_answer_given()
    {
        Begin();
        Call(1);
        Assert.Equal(Error.None, System.Syscall(0, SystemCall.NotificationBind, _ipc.Notification).Error);
        System.Syscall(0, SystemCall.Signal, _ipc.Notification, 4);
        _ipc.Pass(SystemCall.ReplyReceive, 1, _ipc.Both, 9);
        Assert.True(_ipc.Current == _server);
        Assert.Equal((ulong)MessageTag.Signals, _server->Context.Rdi);
        Assert.Equal(4ul, _server->Context.Rdx);
        IpcSystem.Received(_client, 1, 0, 9);
    }

    [Fact]
    public void A_reply_object_that_another_receiver_has_bound_takes_no_second_caller()
    {
        Begin();
        Thread* other = _ipc.Start();
        Thread* third = _ipc.Start();
        ulong elsewhere = _ipc.Create(ObjectKind.Endpoint);
        _ipc.Run(other);
        _ipc.Block(SystemCall.Receive, 0, elsewhere | (_ipc.Reply << 32));
        _ipc.Run(third);
        _ipc.Block(SystemCall.Call, 0, elsewhere);
        _ipc.Run(_client);
        Assert.False(_ipc.Pass(SystemCall.Call, 0, _ipc.Endpoint).WentOn);
        Assert.Equal((Error.NoReply, Error.BadState), (IpcSystem.ResultOf(_client), IpcSystem.ResultOf(_server)));
        Assert.Equal(Place.Blocked, SimulatedSystem.StateOf(third).Place);
        _ipc.Run(other);
        Assert.Equal(Error.None, _ipc.Pass(SystemCall.Reply, 1, _ipc.Reply, 5).Error);
        IpcSystem.Received(third, 1, 0, 5);
    }

    [Fact]
    public void Who_was_woken_for_this_cpu_by_another_comes_into_its_queue_first()
    {
        const ulong Word = SimulatedSystem.DataAddress;
        _ipc.Dispose();
        _ipc = new IpcSystem(cpus: 2);
        Begin(cpus: 1);
        ulong sleeper = System.CreateThread(0);
        System.Syscall(0, SystemCall.ThreadSetAffinity, sleeper, 1);
        System.Syscall(0, SystemCall.ThreadStart, sleeper);
        Thread* woken = System.ThreadOf(0, sleeper);
        _ipc.Run(woken);
        System.Syscall(0, SystemCall.Park, Word);
        Assert.True(_ipc.Current == _client);
        ulong waker = System.CreateThread(0);
        System.Syscall(0, SystemCall.ThreadSetAffinity, waker, 2);
        System.Syscall(0, SystemCall.ThreadStart, waker);
        System.Settle();
        for (int round = 0; round < 2; round++)
        {
            Call(0);
            Answer(0);
        }

        Assert.Equal(System.Cpu(0)->Epoch, _server->Ipc.FitAt);
        System.Syscall(1, SystemCall.Unpark, Word, 1);
        Assert.Equal(Place.Inbox, SimulatedSystem.StateOf(woken).Place);
        Call(1);
        Assert.NotEqual(Place.Inbox, SimulatedSystem.StateOf(woken).Place);
    }

    [Fact]
    public void A_server_that_sends_in_between_goes_directly_again()
    {
        Begin();
        Call(1);
        Thread* third = _ipc.Start();
        _ipc.Block(SystemCall.Send, 1, _ipc.Endpoint, 42);
        _ipc.Run(third);
        _ipc.Pass(SystemCall.Receive, 0, _ipc.Endpoint);
        _ipc.Block(SystemCall.Receive, 0, _ipc.Endpoint);
        Answer(2);
        Assert.Equal(Error.None, IpcSystem.ResultOf(_client));
        Assert.Equal(_ipc.Both, _server->Ipc.Receives.Handles);
    }

    [Fact]
    public void Where_another_thread_waits_for_the_cpu_the_policy_decides()
    {
        Begin();
        Thread* third = _ipc.Start();
        Assert.Equal(Place.Queued, SimulatedSystem.StateOf(third).Place);
        ulong handovers = System.Total(Counter.WakesLocal);
        Call(1);
        Assert.Equal(handovers + 1, System.Total(Counter.WakesLocal));
    }

    [Theory]
    [InlineData(100u, 200u)]
    [InlineData(200u, 100u)]
    [InlineData(128u, 128u)]
    public void Wakers_are_told_how_urgent_the_partner_is(uint client, uint server)
    {
        _ipc.Dispose();
        _ipc = new IpcSystem(policy: SchedulingPolicy.Priority);
        Begin();
        SetPriority(BootHandle.MainThread, server);
        SetPriority(_clientHandle, client);
        for (int round = 0; round < 3; round++)
        {
            Call(1);
            Assert.Equal(_server->PriorityUrgency, System.Cpu(0)->RunningUrgency);
            Answer(1);
            Assert.Equal(_client->PriorityUrgency, System.Cpu(0)->RunningUrgency);
        }
    }

    [Fact]
    public void Both_sides_pay_for_their_part()
    {
        Begin();
        long server = _server->Ledger.Runtime.Nanoseconds;
        long client = _client->Ledger.Runtime.Nanoseconds;
        System.Advance(70);
        Call(1);
        System.Advance(30);
        Answer(1);
        Assert.Equal((30, 70), (_server->Ledger.Runtime.Nanoseconds - server, _client->Ledger.Runtime.Nanoseconds - client));
    }

    [Theory]
    [InlineData(SystemCall.HandleClose)]
    [InlineData(SystemCall.ThreadSuspend)]
    [InlineData(SystemCall.ThreadKill)]
    [InlineData(SystemCall.ThreadSetAffinity)]
    public void A_direct_call_may_meet_anything_wherever_it_holds_no_lock(SystemCall other)
    {
        ulong target = 0;
        int met = 0;
        void Act(SimulatedSystem system)
        {
            if (LocksAreFree(system))
            {
                met++;
                system.Syscall(1, other, target, 2);
            }
        }

        Races.AtEachPoint(
            system => target = PrepareRace(system, other),
            system => system.Pass(0, SystemCall.Call, 1, Races.Handle, 7),
            Act,
            Drain);
        Assert.True(met >= 3, $"met only {met} times");
    }

    // A nested CPU cannot wait for one.
    private static bool LocksAreFree(SimulatedSystem system)
    {
        ulong held = *(ulong*)&system.ProcessOn(1)->Lock;
        for (uint i = 0; i < 4; i++)
        {
            held |= *(ulong*)&((Core.Ipc.MeetingPoint*)system.Kernel->Endpoints.At(i))->Queue.Lock;
            held |= *(ulong*)&((Core.Ipc.Reply*)system.Kernel->Replies.At(i))->Lock;
        }

        return held == 0;
    }

    // A client and a server of CPU 0 have come to go directly, and the client is next; a third thread runs on CPU 1. Gives the
    // handle that this one acts on: the endpoint's or the server's.
    private static ulong PrepareRace(SimulatedSystem system, SystemCall other)
    {
        const ulong Endpoint = Races.Handle;
        const ulong Both = Endpoint | (Endpoint + 1) << 32;
        system.Syscall(0, SystemCall.PolicySet, BootHandle.Policy, 3, (ulong)SchedulingPolicy.RoundRobin);
        system.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Endpoint);
        system.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Reply);
        Races.Started(system);
        system.Syscall(0, SystemCall.ThreadSetAffinity, BootHandle.MainThread, 1);
        ulong client = system.CreateThread(0);
        system.Syscall(0, SystemCall.ThreadSetAffinity, client, 1);
        system.Syscall(0, SystemCall.ThreadStart, client);
        system.Pass(0, SystemCall.Receive, 0, Both);
        for (int round = 0; round < 2; round++)
        {
            system.Pass(0, SystemCall.Call, 0, Endpoint);
            system.Pass(0, SystemCall.ReplyReceive, 0, Both);
        }

        Assert.Equal(Endpoint, system.Cpu(0)->Current->Ipc.Calls.Handle);
        Assert.NotEqual(0ul, system.Cpu(0)->Current->Ipc.FitAt);
        return other == SystemCall.HandleClose ? Endpoint : BootHandle.MainThread;
    }

    // Whatever became of them: nothing is left undone, and time passes on both CPUs.
    private static void Drain(SimulatedSystem system)
    {
        for (int i = 0; i < 20; i++)
        {
            system.Advance(1_000_000);
            system.Settle();
        }
    }

    // Two rounds were made: all that can be remembered is.
    private void Begin(ulong cpus = ulong.MaxValue)
    {
        _server = _ipc.Current;
        if (cpus != ulong.MaxValue)
        {
            System.Syscall(0, SystemCall.ThreadSetAffinity, BootHandle.MainThread, cpus);
        }

        _clientHandle = System.CreateThread(0);
        if (cpus != ulong.MaxValue)
        {
            System.Syscall(0, SystemCall.ThreadSetAffinity, _clientHandle, cpus);
        }

        System.Syscall(0, SystemCall.ThreadStart, _clientHandle);
        _client = System.ThreadOf(0, _clientHandle);
        _ipc.Block(SystemCall.Receive, 0, _ipc.Both);
        for (int round = 0; round < 2; round++)
        {
            Call(0);
            Answer(0);
        }
    }

    private long Call(ulong word)
    {
        Assert.True(_ipc.Current == _client);
        return Switches(() => _ipc.Block(SystemCall.Call, 1, _ipc.Endpoint, word));
    }

    private long Answer(ulong word)
    {
        Assert.True(_ipc.Current == _server);
        return Switches(() => _ipc.Block(SystemCall.ReplyReceive, 1, _ipc.Both, word));
    }

    // Choice points that an action takes: how long its way through the kernel was.
    private long Switches(Action action)
    {
        long points = System.Points;
        action();
        return System.Points - points;
    }

    // Two locks taken and given back, a claim, the epoch, the inbox, two places noted; the general way has over twice as many.
    private static void AssertDirect(long points) => Assert.InRange(points, 8, 11);

    private void SetPriority(ulong handle, uint priority) => System.Syscall(
        0, SystemCall.ThreadSchedule, BootHandle.Policy, handle, (ulong)SchedulingParameter.Priority, priority);
}
