using System;
using Lachesis.Abi;
using Lachesis.Core.Objects;
using Lachesis.Core.Tests.Ipc;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Notifications;

/// <summary>Signals: kept, waited for, and bound to a thread that receives.</summary>
public sealed unsafe class NotificationTests : IDisposable
{
    private readonly IpcSystem _ipc = new();

    private SimulatedSystem System => _ipc.System;

    public void Dispose() => _ipc.Dispose();

    [Fact]
    public void Signals_that_come_first_are_kept_added_up_and_taken_once()
    {
        Signal(5);
        Signal(2);
        Assert.Equal(new SimulatedSystem.CallResult(Error.None, 7, true), System.Syscall(0, SystemCall.Wait, _ipc.Notification));
        Assert.Equal(Error.WouldBlock, System.Syscall(0, SystemCall.Poll, _ipc.Notification).Error);
        Signal(8);
        Assert.Equal(8ul, System.Syscall(0, SystemCall.Poll, _ipc.Notification).Value);
        _ipc.AssertLevel();
    }

    // Another CPU has deleted the last capability after this one found the notification, and waits for its lock to free it.
    [Fact]
    public void A_notification_whose_last_reference_has_just_gone_is_not_bound()
    {
        var header = (ObjectHeader*)System.Kernel->Notifications.At(System.ProcessOn(0)->Handles.Find(_ipc.Notification)->Object.Index);
        System.Checking = false;
        header->References--;
        Assert.Equal(Error.StaleHandle, System.Syscall(0, SystemCall.NotificationBind, _ipc.Notification).Error);
        Assert.Equal(0ul, header->References);
        Assert.True(_ipc.Current->Ipc.BoundNotification == null);
        header->References++;
        System.Checking = true;
        _ipc.AssertLevel();
    }

    [Fact]
    public void One_waiter_gets_all_bits_and_the_next_one_those_that_come_later()
    {
        Thread* first = _ipc.Current;
        Thread* second = _ipc.Start();
        _ipc.Start();
        System.Syscall(0, SystemCall.Wait, _ipc.Notification);
        _ipc.Run(second);
        System.Syscall(0, SystemCall.Wait, _ipc.Notification);
        Signal(3);
        Assert.Equal((ThreadLocation.Queued, ThreadLocation.Blocked), (SimulatedSystem.StateOf(first).Location, SimulatedSystem.StateOf(second).Location));
        Assert.Equal(3ul, first->Context.Rdx);
        Signal(4);
        Assert.Equal(4ul, second->Context.Rdx);
    }

    [Fact]
    public void No_bits_wake_nobody()
    {
        Thread* first = _ipc.Current;
        _ipc.Start();
        System.Syscall(0, SystemCall.Wait, _ipc.Notification);
        Signal(0);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(first).Location);
    }

    [Fact]
    public void A_badged_capability_signals_its_badge()
    {
        ulong badged = System.Syscall(0, SystemCall.CapabilityMint, _ipc.Notification, (ulong)Rights.Same, 64).Value;
        System.Syscall(0, SystemCall.Signal, badged, 1);
        Assert.Equal(64ul, System.Syscall(0, SystemCall.Poll, _ipc.Notification).Value);
    }

    [Fact]
    public void A_bound_signal_ends_receiving_and_its_thread_can_receive_again()
    {
        Thread* first = _ipc.Current;
        Thread* other = _ipc.Start();
        Bind();
        _ipc.Block(SystemCall.Receive, 0, _ipc.Both);
        Signal(6);
        IpcSystem.Received(first, MessageTag.Signals, 6);
        _ipc.Run(first);
        _ipc.Block(SystemCall.Receive, 0, _ipc.Both);
        Assert.True(_ipc.Current == other);
        Assert.Equal(Error.None, _ipc.Pass(SystemCall.Send, 1, _ipc.Endpoint, 1).Error);
        IpcSystem.Received(first, 1, 0, 1);
        Signal(9);
        _ipc.Run(first);
        Assert.Equal(9ul, System.Syscall(0, SystemCall.Poll, _ipc.Notification).Value);
    }

    [Fact]
    public void Signals_that_came_before_are_received_at_once()
    {
        Bind();
        Signal(6);
        Assert.False(_ipc.Pass(SystemCall.Receive, 0, _ipc.Both).WentOn);
        IpcSystem.Received(_ipc.Current, MessageTag.Signals, 6);
    }

    [Fact]
    public void Who_waits_at_the_notification_comes_before_who_has_it_bound()
    {
        Thread* first = _ipc.Current;
        Thread* second = _ipc.Start();
        _ipc.Start();
        Bind();
        _ipc.Block(SystemCall.Receive, 0, _ipc.Both);
        _ipc.Run(second);
        System.Syscall(0, SystemCall.Wait, _ipc.Notification);
        Signal(1);
        Assert.Equal(1ul, second->Context.Rdx);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(first).Location);
    }

    [Fact]
    public void A_notification_is_bound_to_one_thread_and_a_thread_has_one()
    {
        Thread* other = _ipc.Start();
        Bind();
        Assert.Equal(Error.BadState, System.Syscall(0, SystemCall.NotificationBind, _ipc.Notification).Error);
        Assert.Equal(Error.BadState, System.Syscall(0, SystemCall.NotificationBind, _ipc.Create(ObjectKind.Notification)).Error);
        _ipc.Run(other);
        Assert.Equal(Error.BadState, System.Syscall(0, SystemCall.NotificationBind, _ipc.Notification).Error);
        Assert.Equal(Error.BadState, System.Syscall(0, SystemCall.NotificationUnbind).Error);
    }

    [Fact]
    public void After_unbinding_signals_stay()
    {
        Thread* first = _ipc.Current;
        _ipc.Start();
        Bind();
        Assert.Equal(Error.None, System.Syscall(0, SystemCall.NotificationUnbind).Error);
        _ipc.Block(SystemCall.Receive, 0, _ipc.Both);
        Signal(6);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(first).Location);
        _ipc.AssertLevel();
    }

    [Fact]
    public void A_binding_keeps_its_notification_until_the_thread_ends()
    {
        Thread* other = _ipc.Start();
        _ipc.Run(other);
        Bind();
        System.Syscall(0, SystemCall.CapabilityDelete, _ipc.Notification);
        Assert.Equal(1u, System.Kernel->Notifications.InUse);
        System.Syscall(0, SystemCall.ThreadExit, 0);
        Assert.Equal(0u, System.Kernel->Notifications.InUse);
    }

    [Theory]
    [InlineData(SystemCall.Signal, Rights.Read)]
    [InlineData(SystemCall.Wait, Rights.Write)]
    [InlineData(SystemCall.Poll, Rights.Write)]
    [InlineData(SystemCall.NotificationBind, Rights.Write)]
    public void Notifications_ask_for_their_rights_and_know_what_they_are(SystemCall call, Rights wrong)
    {
        ulong weak = System.Syscall(0, SystemCall.CapabilityMint, _ipc.Notification, (ulong)wrong).Value;
        Assert.Equal(Error.MissingRight, System.Syscall(0, call, weak).Error);
        Assert.Equal(Error.WrongKind, System.Syscall(0, call, _ipc.Endpoint).Error);
        Assert.Equal(Error.StaleHandle, System.Syscall(0, call, 77).Error);
    }

    private void Signal(ulong bits) =>
        Assert.Equal(Error.None, System.Syscall(0, SystemCall.Signal, _ipc.Notification, bits).Error);

    private void Bind() =>
        Assert.Equal(Error.None, System.Syscall(0, SystemCall.NotificationBind, _ipc.Notification).Error);
}
