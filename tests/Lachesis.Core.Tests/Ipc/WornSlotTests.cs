using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Tests.Ipc.Fastpath;
using Lachesis.Core.Threads;
using Lachesis.Core.Wait;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Ipc;

/// <summary>A handle that was used, and whose slot has had all its lives since, is as dead as on the first day: to what remembers
/// it, and to those who wait through it.</summary>
public sealed unsafe class WornSlotTests : FastpathPair
{
    private const ulong Badge = 5;

    [Fact]
    public void A_remembered_endpoint_is_not_called_again()
    {
        Begin();
        ulong badged = MintFresh(Badge);
        Ipc.Block(SystemCall.Call, 0, badged);
        Answer(0);
        System.Syscall(0, SystemCall.CapabilityDelete, badged);
        WearOut(badged);
        Assert.Equal(badged, Client->Ipc.CallCache.Handle);
        Assert.Equal(Error.StaleHandle, Ipc.Pass(SystemCall.Call, 0, badged).Error);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(Server).Location);
    }

    [Fact]
    public void Nor_another_endpoint_in_the_place_of_the_first()
    {
        Begin();
        ulong own = Ipc.Create(ObjectKind.Endpoint);
        ulong badged = System.Syscall(0, SystemCall.CapabilityMint, own, (ulong)Rights.Same, Badge).Value;
        Assert.Equal(Error.WouldBlock, Ipc.Pass(SystemCall.Call, MessageTag.NoWait, badged).Error);
        WaitableObject* place = Client->Ipc.CallCache.Endpoint;
        System.Syscall(0, SystemCall.CapabilityDelete, own);
        System.Syscall(0, SystemCall.CapabilityDelete, badged);
        WearOut(badged);
        ulong victim = Ipc.Create(ObjectKind.Endpoint);
        Thread* third = Ipc.Start();
        Ipc.Run(third);
        Ipc.Block(SystemCall.Receive, 0, victim | (Ipc.Create(ObjectKind.Reply) << 32));
        Assert.True(place->Queue.First == third);
        Ipc.Run(Client);
        Assert.Equal(Error.StaleHandle, Ipc.Pass(SystemCall.Call, 0, badged).Error);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(third).Location);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void AServer_does_not_answer_and_receive_again(bool endpoint)
    {
        Begin();
        ulong own = MintFresh(0);
        ulong reply = System.Syscall(0, SystemCall.CapabilityMint, Ipc.Reply, (ulong)Rights.Same).Value;
        ulong both = own | (reply << 32);
        Call(1);
        Ipc.Block(SystemCall.ReplyReceive, 0, both);
        Call(2);
        ulong lost = endpoint ? own : reply;
        System.Syscall(0, SystemCall.CapabilityDelete, lost);
        WearOut(lost);
        Assert.Equal(both, Server->Ipc.ReceiveCache.Handles);
        Assert.Equal(Error.StaleHandle, Ipc.Pass(SystemCall.ReplyReceive, 0, both).Error);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(Client).Location);
    }

    [Theory]
    [InlineData(SystemCall.Send, SystemCall.Receive)]
    [InlineData(SystemCall.Receive, SystemCall.Send)]
    public void Who_waited_through_it_is_not_met(SystemCall wait, SystemCall meet)
    {
        Begin();
        ulong lonely = Ipc.Create(ObjectKind.Endpoint);
        ulong derived = System.Syscall(0, SystemCall.CapabilityMint, lonely, (ulong)Rights.Same).Value;
        Thread* waiter = Ipc.Start();
        Ipc.Run(waiter);
        Ipc.Block(wait, 0, derived);
        System.Syscall(0, SystemCall.CapabilityRevoke, lonely);
        WearOut(derived);
        Assert.Equal(Error.WouldBlock, Ipc.Pass(meet, MessageTag.NoWait, lonely).Error);
        Assert.Equal(Error.StaleHandle, IpcSystem.ResultOf(waiter));
    }

    // In a slot that has had no life yet: no other's handle could come back when it has had all.
    private ulong MintFresh(ulong badge)
    {
        ulong made = System.Syscall(0, SystemCall.CapabilityMint, Ipc.Endpoint, (ulong)Rights.Same, badge).Value;
        Assert.Equal(CapabilitySpace.IndexOf((uint)made), made);
        return made;
    }

    // The free slot of a handle has all its lives, of which the middle ones pass unseen.
    private void WearOut(ulong handle)
    {
        CapabilitySlot* slot = System.ProcessOn(0)->Handles.SlotOfHandle(handle);
        Assert.True(System.ProcessOn(0)->Handles.FirstFree == slot);
        slot->Handle = CapabilitySpace.IndexOf((uint)handle) + CapabilitySpace.FirstRetiredHandle - (2 * CapabilitySpace.MaxHandles);
        ulong copy;
        do
        {
            copy = System.Syscall(0, SystemCall.CapabilityMint, BootHandle.Process, (ulong)Rights.Same).Value;
            System.Syscall(0, SystemCall.CapabilityDelete, copy);
        }
        while (System.ProcessOn(0)->Handles.SlotOfHandle(copy) == slot);
        Assert.False(slot->IsNamedBy(handle));
    }
}
