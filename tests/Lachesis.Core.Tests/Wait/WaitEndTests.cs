using System;
using Lachesis.Abi;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Tests.Ipc;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Threads;
using Lachesis.Core.Wait;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Wait;

/// <summary>Waits that no message ends: deadlines, revoked capabilities, destroyed objects, killed threads, ended
/// processes.</summary>
public sealed unsafe class WaitEndTests : IDisposable
{
    private readonly IpcSystem _ipc = new();
    private ulong _handle;

    /// <summary>Ways to wait.</summary>
    public enum Wait
    {
        /// <summary>To send.</summary>
        Send,

        /// <summary>To send a call.</summary>
        Call,

        /// <summary>For an answer.</summary>
        Answer,

        /// <summary>For a message.</summary>
        Receive,

        /// <summary>For a message or bound signals.</summary>
        ReceiveBound,

        /// <summary>For signals.</summary>
        Signals,
    }

    /// <summary>All ways to wait.</summary>
    public static TheoryData<Wait> AllWaits => [.. Enum.GetValues<Wait>()];

    private SimulatedSystem System => _ipc.System;

    public void Dispose() => _ipc.Dispose();

    [Theory]
    [MemberData(nameof(AllWaits))]
    public void Every_wait_ends_at_its_deadline(Wait wait)
    {
        Thread* waiter = Prepare(wait, out ulong deadline);
        _ipc.Advance((long)deadline - System.Clock - 100);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(waiter).Location);
        _ipc.Advance(200);
        Assert.NotEqual(ThreadLocation.Blocked, SimulatedSystem.StateOf(waiter).Location);
        Assert.Equal(Error.TimedOut, IpcSystem.ResultOf(waiter));
        Assert.Equal(Error.WouldBlock, _ipc.Pass(SystemCall.Receive, MessageTag.NoWait, _ipc.Endpoint).Error);
        Assert.Equal(Error.WouldBlock, _ipc.Pass(SystemCall.Send, MessageTag.NoWait, _ipc.Endpoint).Error);
        Assert.Equal(Error.BadState, _ipc.Pass(SystemCall.Reply, 0, _ipc.Reply).Error);
    }

    [Theory]
    [MemberData(nameof(AllWaits))]
    public void A_killed_thread_leaves_whatever_it_waits_in(Wait wait)
    {
        Thread* waiter = Prepare(wait, out _);
        ulong handle = _handle;
        Assert.Equal(Error.None, System.Syscall(0, SystemCall.ThreadKill, handle, 3).Error);
        Assert.Equal(ThreadLocation.Dead, SimulatedSystem.StateOf(waiter).Location);
        Assert.Equal(Error.WouldBlock, _ipc.Pass(SystemCall.Receive, MessageTag.NoWait, _ipc.Endpoint).Error);
        Assert.Equal(Error.WouldBlock, _ipc.Pass(SystemCall.Send, MessageTag.NoWait, _ipc.Endpoint).Error);
        Assert.Equal(Error.BadState, _ipc.Pass(SystemCall.Reply, 0, _ipc.Reply).Error);
        _ipc.AssertLevel();
    }

    [Theory]
    [MemberData(nameof(AllWaits))]
    public void A_suspended_thread_goes_on_waiting_and_stands_still_once_served(Wait wait)
    {
        Thread* waiter = Prepare(wait, out _);
        ulong handle = _handle;
        System.Syscall(0, SystemCall.ThreadSuspend, handle);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(waiter).Location);
        switch (wait)
        {
            case Wait.Send:
                _ipc.Pass(SystemCall.Receive, 0, _ipc.Endpoint);
                break;
            case Wait.Call:
                _ipc.Pass(SystemCall.Receive, 0, _ipc.Both);
                _ipc.Pass(SystemCall.Reply, 0, _ipc.Reply);
                break;
            case Wait.Answer:
                _ipc.Pass(SystemCall.Reply, 0, _ipc.Reply);
                break;
            case Wait.Receive:
                _ipc.Pass(SystemCall.Send, 0, _ipc.Endpoint);
                break;
            default:
                System.Syscall(0, SystemCall.Signal, _ipc.Notification, 1);
                break;
        }

        Assert.Equal(ThreadLocation.Suspended, SimulatedSystem.StateOf(waiter).Location);
        System.Syscall(0, SystemCall.ThreadResume, handle);
        Assert.Equal(ThreadLocation.Queued, SimulatedSystem.StateOf(waiter).Location);
        Assert.Equal(Error.None, IpcSystem.ResultOf(waiter));
    }

    [Theory]
    [InlineData(Wait.Send, false)]
    [InlineData(Wait.Call, false)]
    [InlineData(Wait.Receive, false)]
    [InlineData(Wait.ReceiveBound, false)]
    [InlineData(Wait.Send, true)]
    [InlineData(Wait.Receive, true)]
    public void Whoever_waits_through_a_revoked_capability_is_passed_over_and_learns_it(Wait wait, bool slotIsUsedAgain)
    {
        ulong derived = System.Syscall(0, SystemCall.CapabilityMint, _ipc.Endpoint, (ulong)Rights.Same).Value;
        Thread* waiter = Prepare(wait, out _, derived);
        Assert.Equal(Error.None, System.Syscall(0, SystemCall.CapabilityRevoke, _ipc.Endpoint).Error);
        if (slotIsUsedAgain)
        {
            ulong next = System.Syscall(0, SystemCall.CapabilityMint, _ipc.Endpoint, (ulong)Rights.Same).Value;
            Assert.Equal(derived + Core.Capabilities.CapabilitySpace.MaxHandles, next);
        }

        ulong before = waiter->Context.Rsi;
        Error error = wait is Wait.Send or Wait.Call
            ? _ipc.Pass(SystemCall.Receive, MessageTag.NoWait, _ipc.Both).Error
            : _ipc.Pass(SystemCall.Send, MessageTag.NoWait | 1, _ipc.Endpoint, before + 1).Error;
        Assert.Equal(Error.WouldBlock, error);
        Assert.Equal(Error.StaleHandle, IpcSystem.ResultOf(waiter));
        Assert.Equal(before, waiter->Context.Rsi);
        Assert.Equal(ThreadLocation.Queued, SimulatedSystem.StateOf(waiter).Location);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(100)]
    public void With_an_endpoint_its_waiters_learn_that_it_is_gone_a_batch_at_a_time(int waiters)
    {
        using var ipc = new IpcSystem(threads: 128);
        Thread* first = ipc.Current;
        for (int i = 0; i < waiters; i++)
        {
            ipc.Run(ipc.Start());
            ipc.Block(SystemCall.Send, 0, ipc.Endpoint);
            ipc.Run(first);
        }

        ipc.System.Syscall(0, SystemCall.CapabilityDelete, ipc.Endpoint);
        for (int left = waiters; left > Waits<SimulatedMachine>.WakeBatch; left -= Waits<SimulatedMachine>.WakeBatch)
        {
            Assert.Equal(1u, ipc.System.Kernel->Endpoints.InUse);
            ipc.Advance(Teardown<SimulatedMachine>.StepInterval.Nanoseconds);
        }

        Assert.Equal(0u, ipc.System.Kernel->Endpoints.InUse);
        int gone = 0;
        foreach (nint at in ipc.System.Threads)
        {
            gone += IpcSystem.ResultOf((Thread*)at) == Error.Gone ? 1 : 0;
        }

        Assert.Equal(waiters, gone);
    }

    [Fact]
    public void With_a_notification_its_waiters_learn_that_it_is_gone()
    {
        Thread* waiter = Prepare(Wait.Signals, out _);
        System.Syscall(0, SystemCall.CapabilityDelete, _ipc.Notification);
        Assert.Equal(Error.Gone, IpcSystem.ResultOf(waiter));
        Assert.Equal(0u, System.Kernel->Notifications.InUse);
    }

    [Fact]
    public void When_a_servers_process_ends_its_callers_get_no_reply_and_the_pools_are_level()
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Cpus = 1 });
        ulong endpoint = system.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Endpoint).Value;
        Thread* client = system.Cpu(0)->Current;
        system.PutRequest(0, "child", Grants.None);
        system.PutCapability(0, new SpawnCapability { Handle = endpoint, Rights = Rights.Same, Index = BootHandle.FirstFree });
        ulong child = system.Syscall(0, SystemCall.ProcessSpawn, BootHandle.Spawn, SimulatedSystem.DataAddress).Value;
        system.Syscall(0, SystemCall.Yield);
        Thread* server = system.Cpu(0)->Current;
        Assert.True(server != client);
        ulong reply = system.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Reply).Value;
        system.CallWithMessage(0, SystemCall.Receive, 0, BootHandle.FirstFree | (reply << 32));
        system.CallWithMessage(0, SystemCall.Call, 0, endpoint);
        Assert.True(system.Cpu(0)->Current == server);
        system.Syscall(0, SystemCall.ProcessExit, BootHandle.Process, 1);
        system.RunPendingWork();
        for (int i = 0; i < 20; i++)
        {
            system.Advance(1_000_000);
            system.RunPendingWork();
        }

        Assert.True(system.Cpu(0)->Current == client);
        Assert.Equal(Error.NoReply, IpcSystem.ResultOf(client));
        Assert.Equal((1u, 0u), (system.Kernel->Endpoints.InUse, system.Kernel->Replies.InUse));
        Assert.Equal(Error.None, system.Syscall(0, SystemCall.CapabilityDelete, endpoint).Error);
        Assert.Equal(0u, system.Kernel->Endpoints.InUse);
        Assert.Equal(1ul, system.Syscall(0, SystemCall.ProcessWait, child).Value);
    }

    // One that meets nobody of the other kind: a receiver that timed out and is about to leave lies in the queue, a sender comes to
    // wait behind it, and then another receiver.
    [Fact]
    public void A_waiter_that_is_leaving_keeps_nobody_from_meeting() => Interleaving.AtEachPoint(
        () =>
        {
            SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Cpus = 3 });
            system.NewThread(0);
            system.NewThread(0);
            system.RunPendingWork();
            ulong endpoint = system.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Endpoint).Value;
            Assert.Equal(Races.Handle + 2, endpoint);
            ulong address = SimulatedSystem.DataAddress + 0x1000;
            system.Syscall(0, SystemCall.ThreadSetBuffer, BootHandle.MainThread, address);
            Thread* first = system.Cpu(0)->Current;
            first->Ipc.Buffer->Deadline = (ulong)system.Clock + 1000;
            system.CallWithMessage(0, SystemCall.Receive, MessageTag.HasDeadline, endpoint);
            system.Advance(1100);
            return system;
        },
        system => system.FireTimer(0),
        system =>
        {
            ulong endpoint = Races.Handle + 2;
            system.CallWithMessage(1, SystemCall.Send, 1, endpoint, 5);
            system.CallWithMessage(2, SystemCall.Receive, 0, endpoint);
        },
        system => system.RunPendingWork());

    // Another thread waits, with a deadline, and CPU 0 runs the first one.
    private Thread* Prepare(Wait wait, out ulong deadline, ulong endpoint = 0)
    {
        endpoint = endpoint == 0 ? _ipc.Endpoint : endpoint;
        Thread* first = _ipc.Current;
        Thread* waiter = _ipc.Start(out _handle);
        IpcBuffer* buffer = _ipc.SetBuffer(1, _handle);
        _ipc.Run(waiter);
        deadline = (ulong)System.Clock + 10_000;
        buffer->Deadline = deadline;
        switch (wait)
        {
            case Wait.Send:
                _ipc.Block(SystemCall.Send, MessageTag.HasDeadline, endpoint);
                break;
            case Wait.Call:
            case Wait.Answer:
                _ipc.Block(SystemCall.Call, MessageTag.HasDeadline, endpoint);
                break;
            case Wait.Receive:
                _ipc.Block(SystemCall.Receive, MessageTag.HasDeadline, endpoint);
                break;
            case Wait.ReceiveBound:
                Assert.Equal(Error.None, System.Syscall(0, SystemCall.NotificationBind, _ipc.Notification).Error);
                _ipc.Block(SystemCall.Receive, MessageTag.HasDeadline, endpoint);
                break;
            case Wait.Signals:
                System.Syscall(0, SystemCall.Wait, _ipc.Notification, deadline);
                break;
        }

        _ipc.Run(first);
        if (wait == Wait.Answer)
        {
            _ipc.Pass(SystemCall.Receive, 0, _ipc.Both);
        }

        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(waiter).Location);
        return waiter;
    }
}
