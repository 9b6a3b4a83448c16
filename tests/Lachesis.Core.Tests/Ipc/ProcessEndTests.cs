using System;
using Lachesis.Abi;
using Lachesis.Core.Tests.Wait;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Ipc;

/// <summary>A process is ended while its only thread waits, in every way that there is: whoever is at the other end goes on, and
/// nothing is left behind.</summary>
public sealed unsafe class ProcessEndTests : IDisposable
{
    private const ulong Endpoint = BootHandle.FirstFree;
    private const ulong Notification = BootHandle.FirstFree + 1;

    private readonly IpcSystem _ipc = new();
    private readonly Thread* _parent;
    private readonly ulong _child;
    private readonly Thread* _waiter;

    public ProcessEndTests()
    {
        _parent = _ipc.Current;
        System.PutRequest(0, "child", Grants.None);
        System.PutCapability(0, new SpawnCapability { Handle = _ipc.Endpoint, Rights = Rights.Same, Index = (uint)Endpoint });
        System.PutCapability(0, new SpawnCapability { Handle = _ipc.Notification, Rights = Rights.Same, Index = (uint)Notification });
        _child = System.Syscall(0, SystemCall.ProcessSpawn, BootHandle.Spawn, SimulatedSystem.DataAddress).Value;
        System.Syscall(0, SystemCall.Yield);
        _waiter = _ipc.Current;
        Assert.True(_waiter != _parent);
    }

    /// <summary>Ways to wait, besides those for messages and signals, which <see cref="WaitEndTests.Wait"/> has.</summary>
    public enum Elsewhere
    {
        /// <summary>For an instant.</summary>
        Sleep,

        /// <summary>At an address.</summary>
        Park,

        /// <summary>For the signal of a timer.</summary>
        Timer,

        /// <summary>For a message, in the middle of a ring.</summary>
        Ring,
    }

    /// <summary>All ways to wait for messages and signals.</summary>
    public static TheoryData<WaitEndTests.Wait> AllWaits => WaitEndTests.AllWaits;

    private SimulatedSystem System => _ipc.System;

    public void Dispose() => _ipc.Dispose();

    [Theory]
    [MemberData(nameof(AllWaits))]
    public void A_process_that_ends_while_it_waits_at_an_object_leaves_nothing_behind(WaitEndTests.Wait wait)
    {
        ulong reply = System.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Reply).Value;
        switch (wait)
        {
            case WaitEndTests.Wait.Send:
                _ipc.Block(SystemCall.Send, 0, Endpoint);
                break;
            case WaitEndTests.Wait.Call:
            case WaitEndTests.Wait.Answer:
                _ipc.Block(SystemCall.Call, 0, Endpoint);
                break;
            case WaitEndTests.Wait.Receive:
                _ipc.Block(SystemCall.Receive, 0, Endpoint | (reply << 32));
                break;
            case WaitEndTests.Wait.ReceiveBound:
                Assert.Equal(Error.None, System.Syscall(0, SystemCall.NotificationBind, Notification).Error);
                _ipc.Block(SystemCall.Receive, 0, Endpoint | (reply << 32));
                break;
            case WaitEndTests.Wait.Signals:
                System.Syscall(0, SystemCall.Wait, Notification);
                break;
        }

        Assert.True(_ipc.Current == _parent);
        if (wait == WaitEndTests.Wait.Answer)
        {
            _ipc.Pass(SystemCall.Receive, 0, _ipc.Both);
        }

        End();
        Assert.Equal(Error.BadState, _ipc.Pass(SystemCall.Reply, 0, _ipc.Reply).Error);
        Assert.Equal(Error.WouldBlock, _ipc.Pass(SystemCall.Receive, MessageTag.NoWait, _ipc.Endpoint).Error);
        Assert.Equal(Error.WouldBlock, _ipc.Pass(SystemCall.Send, MessageTag.NoWait, _ipc.Endpoint).Error);
        Assert.Equal(Error.None, System.Syscall(0, SystemCall.Signal, _ipc.Notification, 1).Error);
        Assert.Equal(1ul, System.Syscall(0, SystemCall.Poll, _ipc.Notification).Value);
        _ipc.AssertLevel();
    }

    [Theory]
    [InlineData(Elsewhere.Sleep)]
    [InlineData(Elsewhere.Park)]
    [InlineData(Elsewhere.Timer)]
    [InlineData(Elsewhere.Ring)]
    public void A_process_that_ends_while_it_waits_elsewhere_leaves_nothing_behind(Elsewhere wait)
    {
        ulong later = (ulong)System.Clock + 1_000_000_000;
        switch (wait)
        {
            case Elsewhere.Sleep:
                System.Syscall(0, SystemCall.SleepUntil, later);
                break;
            case Elsewhere.Park:
                System.Syscall(0, SystemCall.Park, SimulatedSystem.DataAddress, *(uint*)System.Users.At(_waiter->Process->PageTableRoot, SimulatedSystem.DataAddress));
                break;
            case Elsewhere.Timer:
                ulong timer = System.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Timer).Value;
                Assert.Equal(Error.None, System.Syscall(0, SystemCall.TimerBind, timer, Notification, 1).Error);
                Assert.Equal(Error.None, System.Syscall(0, SystemCall.TimerSet, timer, later).Error);
                System.Syscall(0, SystemCall.Wait, Notification);
                break;
            case Elsewhere.Ring:
                WaitInRing();
                break;
        }

        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(_waiter).Location);
        End();
        Assert.Equal((0u, 0u, 0u), (System.Kernel->Timers.InUse, System.Kernel->Rings.InUse, System.Cpu(0)->Timers.Count));
        _ipc.AssertLevel();
    }

    private void WaitInRing()
    {
        ulong memory = System.Syscall(0, SystemCall.MemoryMap, BootHandle.Process, RingLayout.Bytes).Value;
        ulong ring = System.Syscall(0, SystemCall.RingCreate, BootHandle.Process, memory, 1, 1).Value;
        RingSubmission* submission = (RingSubmission*)System.Users.At(_waiter->Process->PageTableRoot, memory + RingLayout.PartBytes);
        submission->Request = RingSubmission.EncodeRequest(SystemCall.Receive);
        submission->A0 = Endpoint;
        ((RingHeader*)System.Users.At(_waiter->Process->PageTableRoot, memory))->SubmissionTail = 1;
        System.Syscall(0, SystemCall.RingEnter, ring, 1);
    }

    private void End()
    {
        Assert.Equal(Error.None, System.Syscall(0, SystemCall.ProcessExit, _child, 4).Error);
        for (int i = 0; i < 20; i++)
        {
            _ipc.Advance(1_000_000);
        }

        Assert.Equal(4ul, System.Syscall(0, SystemCall.ProcessWait, _child).Value);
        Assert.Equal(Error.None, System.Syscall(0, SystemCall.CapabilityDelete, _child).Error);
        Assert.Equal((1u, 1u), (System.Kernel->Processes.InUse, System.Kernel->Threads.InUse));
    }
}
