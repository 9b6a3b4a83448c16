using Lachesis.Abi;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Ipc.Fastpath;

/// <summary>What a thread remembers of its last call is worth no more than the capabilities that it came from.</summary>
public sealed unsafe class LookupCacheTests : FastpathPair
{
    [Fact]
    public void A_remembered_endpoint_is_not_reached_once_its_capability_is_gone()
    {
        Begin();
        ulong derived = System.Syscall(0, SystemCall.CapabilityMint, Ipc.Endpoint, (ulong)Rights.Same).Value;
        Ipc.Block(SystemCall.Call, 0, derived);
        Answer(0);
        Assert.True(Ipc.Current == Client);
        Assert.Equal(derived, Client->Ipc.CallCache.Handle);
        System.Syscall(0, SystemCall.CapabilityRevoke, Ipc.Endpoint);
        Assert.Equal(Error.StaleHandle, Ipc.Pass(SystemCall.Call, 0, derived).Error);
        Assert.Equal(Error.StaleHandle, Ipc.Pass(SystemCall.Call, 0, derived).Error);
    }

    [Fact]
    public void A_slot_that_is_used_again_is_not_what_was_remembered()
    {
        Begin();
        ulong derived = System.Syscall(0, SystemCall.CapabilityMint, Ipc.Endpoint, (ulong)Rights.Same, 5).Value;
        Ipc.Block(SystemCall.Call, 0, derived);
        IpcSystem.Received(Server, 0, 5);
        Answer(0);
        System.Syscall(0, SystemCall.CapabilityDelete, derived);
        ulong other = System.Syscall(0, SystemCall.CapabilityMint, Ipc.Endpoint, (ulong)Rights.Same, 6).Value;
        Assert.Equal(Error.StaleHandle, Ipc.Pass(SystemCall.Call, 0, derived).Error);
        Ipc.Block(SystemCall.Call, 0, other);
        IpcSystem.Received(Server, 0, 6);
    }

    [Fact]
    public void The_badge_is_the_one_that_was_remembered_as_the_slot_may_be_emptied_meanwhile()
    {
        Begin();
        ulong badged = System.Syscall(0, SystemCall.CapabilityMint, Ipc.Endpoint, (ulong)Rights.Same, 5).Value;
        Ipc.Block(SystemCall.Call, 0, badged);
        Answer(0);
        Client->Ipc.CallCache.Slot->Badge = 6;
        AssertDirect(Points(() => Ipc.Block(SystemCall.Call, 0, badged)));
        IpcSystem.Received(Server, 0, 5);
    }

    [Fact]
    public void A_capability_that_was_moved_is_remembered_no_more()
    {
        Begin();
        Call(1);
        Answer(1);
        ulong moved = System.Syscall(0, SystemCall.CapabilityMove, Ipc.Endpoint).Value;
        Assert.Equal(Error.StaleHandle, Ipc.Pass(SystemCall.Call, 0, Ipc.Endpoint).Error);

        // The server waits through the capability that is gone: it learns that instead.
        Assert.False(Ipc.Pass(SystemCall.Call, 0, moved).WentOn);
        Assert.Equal(Error.StaleHandle, IpcSystem.ResultOf(Server));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AServer_cannot_answer_and_receive_with_what_was_remembered_once_it_is_gone(bool endpoint)
    {
        Begin();
        ulong own = System.Syscall(0, SystemCall.CapabilityMint, Ipc.Endpoint, (ulong)Rights.Same).Value;
        ulong reply = System.Syscall(0, SystemCall.CapabilityMint, Ipc.Reply, (ulong)Rights.Same).Value;
        ulong both = own | (reply << 32);
        Call(1);
        Ipc.Block(SystemCall.ReplyReceive, 0, both);
        Call(2);
        Assert.Equal(both, Server->Ipc.ReceiveCache.Handles);
        System.Syscall(0, SystemCall.CapabilityDelete, endpoint ? own : reply);
        Assert.Equal(Error.StaleHandle, Ipc.Pass(SystemCall.ReplyReceive, 0, both).Error);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(Client).Location);
        Assert.Equal(Error.None, Ipc.Pass(SystemCall.Reply, 1, Ipc.Reply, 9).Error);
        IpcSystem.Received(Client, 1, 0, 9);
    }

    [Fact]
    public void A_handle_that_names_nothing_is_refused_every_time()
    {
        Begin();
        foreach (ulong handle in (ulong[])[0, ulong.MaxValue, Ipc.Endpoint | 1ul << 40, Ipc.Notification])
        {
            Error first = Ipc.Pass(SystemCall.Call, 0, handle).Error;
            Assert.NotEqual(Error.None, first);
            Assert.Equal(first, Ipc.Pass(SystemCall.Call, 0, handle).Error);
            first = Ipc.Pass(SystemCall.ReplyReceive, 0, handle).Error;
            Assert.NotEqual(Error.None, first);
            Assert.Equal(first, Ipc.Pass(SystemCall.ReplyReceive, 0, handle).Error);
        }
    }

    [Fact]
    public void A_sender_that_waits_is_not_taken_for_the_receiver_that_it_was()
    {
        Begin();
        Call(1);
        Thread* third = Ipc.Start();
        Ipc.Block(SystemCall.Send, 1, Ipc.Endpoint, 42);
        Assert.True(Ipc.Current == third);
        Ipc.Block(SystemCall.Call, 1, Ipc.Endpoint, 43);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(Server).Location);
        Assert.True(Server->QueueNext == third);
    }

    [Fact]
    public void AServer_that_waited_to_send_in_between_does_not_go_by_what_it_remembered_before()
    {
        Begin();
        Call(1);
        Thread* third = Ipc.Start();
        ulong other = Ipc.Create(ObjectKind.Endpoint);
        Ipc.Block(SystemCall.Send, 1, other, 42);
        Assert.True(Ipc.Current == third);
        Assert.Equal(Error.None, Ipc.Pass(SystemCall.Receive, 0, other).Error);
        Ipc.Run(Server);
        Answer(2);
        IpcSystem.Received(Client, 1, 0, 2);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(Server).Location);
        Assert.True(Server->Ipc.Reply != null);
    }
}
