using System;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Ipc;

/// <summary>Long messages, and capabilities in messages and answers.</summary>
public sealed unsafe class CapabilityTransferTests : IDisposable
{
    private const uint Two = 2u << MessageTag.CapabilitiesShift;

    private readonly IpcSystem _ipc = new();
    private readonly Thread* _server;
    private readonly Thread* _client;
    private readonly IpcBuffer* _serverBuffer;
    private readonly IpcBuffer* _clientBuffer;

    public CapabilityTransferTests()
    {
        _server = _ipc.Current;
        _client = _ipc.Start(out ulong handle);
        _serverBuffer = _ipc.SetBuffer(0);
        _clientBuffer = _ipc.SetBuffer(1, handle);
    }

    private SimulatedSystem System => _ipc.System;

    public void Dispose() => _ipc.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Sixty_four_words_arrive_and_not_one_more(bool senderFirst)
    {
        for (uint i = 0; i < IpcBuffer.MaxWords; i++)
        {
            _clientBuffer->Words[i] = 1000 + i;
            _serverBuffer->Words[i] = 5;
        }

        Exchange(senderFirst, 63);
        IpcSystem.Received(_server, 63, 0, 1, 2, 3, 4);
        for (uint i = 0; i < IpcBuffer.MaxWords; i++)
        {
            Assert.Equal(i is >= 4 and < 63 ? 1000 + i : 5, _serverBuffer->Words[i]);
        }
    }

    [Fact]
    public void Without_a_buffer_a_long_message_is_truncated()
    {
        _server->Ipc.Buffer = null;
        Exchange(senderFirst: true, 64);
        IpcSystem.Received(_server, 4 | MessageTag.Truncated, 0, 1, 2, 3, 4);
    }

    [Theory]
    [InlineData(8)]
    [InlineData(1 << 20)]
    [InlineData(0x7FFF_FFFF_F000)]
    [InlineData(-1024)]
    public void A_buffer_that_is_unaligned_or_not_there_is_refused(long address)
    {
        Assert.Equal(Error.BadAddress, System.Syscall(0, SystemCall.ThreadSetBuffer, BootHandle.MainThread, (ulong)address).Error);
        Assert.True(_server->Ipc.Buffer == _serverBuffer);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Capabilities_arrive_as_children_of_those_that_were_sent(bool senderFirst)
    {
        ulong badged = System.Syscall(0, SystemCall.CapabilityMint, _ipc.Endpoint, (ulong)Rights.Write, 77).Value;
        _clientBuffer->Capabilities[0] = (uint)badged;
        _clientBuffer->Capabilities[1] = BootHandle.Log;
        _serverBuffer->MaxReceivedCapabilities = 4;
        Exchange(senderFirst, 1 | Two);
        IpcSystem.Received(_server, 1 | Two, 0, 1);
        CapabilitySlot* first = _server->Process->Handles.Find(_serverBuffer->Capabilities[0]);
        Assert.Equal((ObjectKind.Endpoint, Rights.Write, 77ul), (first->Kind, first->Rights, first->Badge));
        Assert.Equal(ObjectKind.Log, _server->Process->Handles.Find(_serverBuffer->Capabilities[1])->Kind);
        System.Syscall(0, SystemCall.CapabilityRevoke, badged);
        Assert.True(_server->Process->Handles.Find(_serverBuffer->Capabilities[0]) == null);
    }

    [Theory]
    [InlineData(true, 1)]
    [InlineData(false, 0)]
    public void Those_beyond_what_the_receiver_takes_are_lost_and_it_is_told(bool senderFirst, int takes)
    {
        _clientBuffer->Capabilities[0] = BootHandle.Log;
        _clientBuffer->Capabilities[1] = BootHandle.Log;
        _serverBuffer->MaxReceivedCapabilities = (uint)takes;
        uint before = References();
        Exchange(senderFirst, Two);
        IpcSystem.Received(_server, ((uint)takes << MessageTag.CapabilitiesShift) | MessageTag.Truncated, 0);
        Assert.Equal(before + (uint)takes, References());
    }

    [Fact]
    public void A_capability_that_is_gone_at_delivery_does_not_arrive()
    {
        ulong derived = System.Syscall(0, SystemCall.CapabilityMint, BootHandle.Log, (ulong)Rights.Same).Value;
        _clientBuffer->Capabilities[0] = (uint)derived;
        _clientBuffer->Capabilities[1] = (uint)_ipc.Reply;
        _serverBuffer->MaxReceivedCapabilities = 4;
        _ipc.Run(_client);
        _ipc.Block(SystemCall.Send, Two, _ipc.Endpoint);
        System.Syscall(0, SystemCall.CapabilityRevoke, BootHandle.Log);
        _ipc.Pass(SystemCall.Receive, 0, _ipc.Endpoint);
        IpcSystem.Received(_server, (1u << MessageTag.CapabilitiesShift) | MessageTag.Truncated, 0);
        Assert.Equal(ObjectKind.Reply, _server->Process->Handles.Find(_serverBuffer->Capabilities[0])->Kind);
    }

    [Theory]
    [InlineData(SystemCall.Reply)]
    [InlineData(SystemCall.ReplyReceive)]
    public void Answers_carry_capabilities_too(SystemCall call)
    {
        _serverBuffer->Capabilities[0] = BootHandle.Log;
        _clientBuffer->MaxReceivedCapabilities = 1;
        _ipc.Block(SystemCall.Receive, 0, _ipc.Both);
        _ipc.Block(SystemCall.Call, 0, _ipc.Endpoint);
        uint tag = 1 | (1u << MessageTag.CapabilitiesShift);
        _ipc.Pass(call, tag, call == SystemCall.Reply ? _ipc.Reply : _ipc.Both, 9);
        IpcSystem.Received(_client, tag, 0, 9);
        Assert.Equal(ObjectKind.Log, _client->Process->Handles.Find(_clientBuffer->Capabilities[0])->Kind);
        ThreadLocation server = SimulatedSystem.StateOf(_server).Location;
        Assert.Equal(call == SystemCall.Reply ? ThreadLocation.Running : ThreadLocation.Blocked, server);
    }

    [Theory]
    [InlineData(SystemCall.Send)]
    [InlineData(SystemCall.Call)]
    [InlineData(SystemCall.Reply)]
    [InlineData(SystemCall.ReplyReceive)]
    public void Without_the_right_to_grant_nothing_is_sent(SystemCall call)
    {
        bool answers = call is SystemCall.Reply or SystemCall.ReplyReceive;
        ulong source = answers ? _ipc.Reply : _ipc.Endpoint;
        ulong weak = System.Syscall(0, SystemCall.CapabilityMint, source, (ulong)(Rights.Read | Rights.Write)).Value;
        _ipc.Run(_client);
        if (answers)
        {
            _ipc.Block(SystemCall.Call, 0, _ipc.Endpoint);
            _ipc.Pass(SystemCall.Receive, 0, _ipc.Both);
            _ipc.SetBuffer(0);
        }

        ulong handles = call == SystemCall.ReplyReceive ? _ipc.Endpoint | (weak << 32) : weak;
        Assert.Equal(Error.MissingRight, _ipc.Pass(call, Two, handles).Error);
        Assert.Equal(answers ? ThreadLocation.Blocked : ThreadLocation.Running, SimulatedSystem.StateOf(_client).Location);
    }

    private uint References()
    {
        uint held = 0;
        for (uint i = 0; i < _server->Process->Handles.HighWaterMark; i++)
        {
            held += _server->Process->Handles.SlotAt(i)->Kind == ObjectKind.Log ? 1u : 0;
        }

        return held;
    }

    // The client sends, the server receives.
    private void Exchange(bool senderFirst, uint tag)
    {
        if (senderFirst)
        {
            _ipc.Run(_client);
            _ipc.Block(SystemCall.Send, tag, _ipc.Endpoint, 1, 2, 3, 4);
            _ipc.Pass(SystemCall.Receive, 0, _ipc.Endpoint);
        }
        else
        {
            _ipc.Block(SystemCall.Receive, 0, _ipc.Endpoint);
            _ipc.Pass(SystemCall.Send, tag, _ipc.Endpoint, 1, 2, 3, 4);
        }
    }
}
