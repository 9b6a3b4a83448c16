using Lachesis.Abi;
using Lachesis.Core.Threads;
using Xunit;

namespace Lachesis.Core.Tests.Ipc.Fastpath;

/// <summary>Calls and answers that go directly, by what was remembered.</summary>
public sealed unsafe class FastpathTests : FastpathPair
{
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
        IpcBuffer* mine = Ipc.SetBuffer(0, ClientHandle);
        IpcBuffer* theirs = Ipc.SetBuffer(1);
        for (uint i = 4; i < words; i++)
        {
            mine->Words[i] = i * 3;
        }

        long points = Points(() => Ipc.Block(SystemCall.Call, words, Ipc.Endpoint, 1, 2, 3, 4));
        AssertDirect(points);
        IpcSystem.Received(Server, words, 0, 1, 2, 3, 4);
        for (uint i = 4; i < words; i++)
        {
            Assert.Equal(i * 3, theirs->Words[i]);
        }

        theirs->Words[4] = 77;
        AssertDirect(Points(() => Ipc.Block(SystemCall.ReplyReceive, words, Ipc.Both, 5, 6, 7, 8)));
        IpcSystem.Received(Client, words, 0, 5, 6, 7, 8);
        Assert.Equal(77ul, mine->Words[4]);
    }

    [Fact]
    public void A_long_message_to_a_receiver_without_a_buffer_is_truncated()
    {
        Begin();
        Ipc.SetBuffer(0, ClientHandle);
        Ipc.Block(SystemCall.Call, 9, Ipc.Endpoint, 1, 2, 3, 4);
        IpcSystem.Received(Server, 4 | MessageTag.Truncated, 0, 1, 2, 3, 4);
    }

    [Fact]
    public void AServer_that_sends_in_between_goes_directly_again()
    {
        Begin();
        Call(1);
        Thread* third = Ipc.Start();
        Ipc.Block(SystemCall.Send, 1, Ipc.Endpoint, 42);
        Ipc.Run(third);
        Ipc.Pass(SystemCall.Receive, 0, Ipc.Endpoint);
        Ipc.Block(SystemCall.Receive, 0, Ipc.Endpoint);
        Answer(2);
        Assert.Equal(Error.None, IpcSystem.ResultOf(Client));
        Assert.Equal(Ipc.Both, Server->Ipc.ReceiveCache.Handles);
    }

    [Theory]
    [InlineData(100u, 200u)]
    [InlineData(200u, 100u)]
    [InlineData(128u, 128u)]
    public void Wakers_are_told_how_urgent_the_partner_is(uint client, uint server)
    {
        Begin(new IpcSystem(policy: SchedulingPolicy.Priority));
        SetPriority(BootHandle.MainThread, server);
        SetPriority(ClientHandle, client);
        for (int round = 0; round < 3; round++)
        {
            Call(1);
            Assert.Equal(Server->PriorityUrgency, System.Cpu(0)->RunningUrgency);
            Answer(1);
            Assert.Equal(Client->PriorityUrgency, System.Cpu(0)->RunningUrgency);
        }
    }

    [Fact]
    public void Both_sides_pay_for_their_part()
    {
        Begin();
        long server = Server->Ledger.Runtime.Nanoseconds;
        long client = Client->Ledger.Runtime.Nanoseconds;
        System.Advance(70);
        Call(1);
        System.Advance(30);
        Answer(1);
        Assert.Equal((30, 70), (Server->Ledger.Runtime.Nanoseconds - server, Client->Ledger.Runtime.Nanoseconds - client));
    }
}
