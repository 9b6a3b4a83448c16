using System;
using Lachesis.Abi;
using Lachesis.Core.Tests.Ipc;
using Lachesis.Core.Tests.Machine;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Faults;

/// <summary>Faults that nobody answers: whatever the reason, the thread ends, and nothing is left behind.</summary>
public sealed unsafe class FaultEndTests : IDisposable
{
    private const ulong Endpoint = Races.Handle + 1;

    // Whose number might pass for an answer that lets the thread go on.
    private const uint DivideError = 0;

    private readonly FaultSystem _faults = new(vector: DivideError);
    private ulong _moved;

    /// <summary>What becomes of the capability that a handler was set with.</summary>
    public enum Loss
    {
        /// <summary>It is deleted.</summary>
        Deleted,

        /// <summary>It is revoked.</summary>
        Revoked,

        /// <summary>It has another handle.</summary>
        Moved,
    }

    public static TheoryData<Loss> Losses => [.. Enum.GetValues<Loss>()];

    private SimulatedSystem System => _faults.System;

    private Thread* Faulty => _faults.Faulty;

    public void Dispose() => _faults.Dispose();

    [Theory]
    [MemberData(nameof(Losses))]
    public void Without_its_capability_a_handler_gets_no_faults(Loss loss)
    {
        Lose(loss);
        _faults.Fault();
        Assert.Equal(Error.WouldBlock, _faults.Receive(MessageTag.NoWait));
        System.Syscall(0, SystemCall.CapabilityDelete, _moved);
        _faults.EndsUnhandled();
    }

    [Theory]
    [MemberData(nameof(Losses))]
    public void A_fault_that_waits_through_a_lost_capability_is_not_delivered(Loss loss)
    {
        _faults.Fault();
        Lose(loss);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(Faulty).Location);
        Assert.Equal(Error.WouldBlock, _faults.Receive(MessageTag.NoWait));
        System.Syscall(0, SystemCall.CapabilityDelete, _moved);
        _faults.EndsUnhandled();
    }

    [Fact]
    public void A_fault_that_was_received_can_be_answered_without_the_capability()
    {
        _faults.FaultAndReceive();
        Lose(Loss.Revoked);
        Assert.Equal(Error.None, _faults.Answer(FaultReplyAction.ResumeAt, 0x4000));
        _faults.Ipc.Run(Faulty);
        Assert.Equal(0x4000ul, Faulty->Context.Rip);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void With_its_endpoint_a_handler_is_gone_before_a_fault_and_while_one_waits(bool before)
    {
        if (!before)
        {
            _faults.Fault();
        }

        System.Syscall(0, SystemCall.CapabilityDelete, _faults.Badged);
        System.Syscall(0, SystemCall.CapabilityDelete, _faults.Ipc.Endpoint);
        Assert.Equal(0u, System.Kernel->Endpoints.InUse);
        if (before)
        {
            _faults.Fault();
        }

        _faults.EndsUnhandled();
    }

    [Fact]
    public void With_the_last_reply_capability_a_fault_is_unhandled()
    {
        _faults.FaultAndReceive();
        System.Syscall(0, SystemCall.CapabilityDelete, _faults.Ipc.Reply);
        _faults.EndsUnhandled();
    }

    [Fact]
    public void A_reply_object_deleted_while_its_receiver_waits_leaves_a_fault_unhandled()
    {
        ulong reply = _faults.Ipc.Create(ObjectKind.Reply);
        _faults.Ipc.Block(SystemCall.Receive, 0, _faults.Ipc.Endpoint | (reply << 32));
        Assert.True(_faults.Ipc.Current == Faulty);
        System.Syscall(0, SystemCall.CapabilityDelete, reply);
        System.Fault(0, DivideError);
        _faults.Ipc.Run(_faults.Handler);
        Assert.Equal(Error.BadState, IpcSystem.ResultOf(_faults.Handler));
        _faults.EndsUnhandled();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_receives_without_a_reply_object_handles_no_faults(bool handlerFirst)
    {
        if (handlerFirst)
        {
            _faults.Ipc.Block(SystemCall.Receive, 0, _faults.Ipc.Endpoint);
            System.Fault(0, DivideError);
            Assert.Equal(ThreadLocation.Dead, SimulatedSystem.StateOf(Faulty).Location);
            Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(_faults.Handler).Location);
            return;
        }

        _faults.Fault();
        Assert.Equal(Error.WouldBlock, _faults.Ipc.Pass(SystemCall.Receive, MessageTag.NoWait, _faults.Ipc.Endpoint).Error);
        _faults.EndsUnhandled();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_thread_killed_while_its_fault_waits_ends_with_the_code_of_that(bool received)
    {
        _faults.Fault();
        if (received)
        {
            _faults.Receive();
        }

        Assert.Equal(Error.None, System.Syscall(0, SystemCall.ThreadKill, _faults.FaultyHandle, 3).Error);
        Assert.Equal(ThreadLocation.Dead, SimulatedSystem.StateOf(Faulty).Location);
        Assert.Equal(Error.BadState, _faults.Answer(FaultReplyAction.Resume));
        Assert.Equal(Error.WouldBlock, _faults.Receive(MessageTag.NoWait));
        Assert.Equal(3ul, System.Syscall(0, SystemCall.ThreadJoin, _faults.FaultyHandle).Value);
        Assert.Equal(0, _faults.Reported);
        _faults.AssertLevel();
    }

    [Fact]
    public void A_thread_killed_between_the_answer_and_its_turn_does_not_go_on()
    {
        _faults.FaultAndReceive();
        Assert.Equal(Error.None, _faults.Answer(FaultReplyAction.Resume));
        Assert.Equal(ThreadLocation.Queued, SimulatedSystem.StateOf(Faulty).Location);
        System.Syscall(0, SystemCall.ThreadKill, _faults.FaultyHandle, 4);
        Assert.Equal(ThreadLocation.Dead, SimulatedSystem.StateOf(Faulty).Location);
        _faults.AssertLevel();
    }

    [Fact]
    public void A_dead_threads_slot_comes_back_without_its_handler()
    {
        System.Syscall(0, SystemCall.ThreadKill, _faults.FaultyHandle, 0);
        System.Syscall(0, SystemCall.CapabilityDelete, _faults.FaultyHandle);
        Thread* next = _faults.Ipc.Start(out ulong handle);
        Assert.True(next == Faulty);
        _faults.Fault(next);
        Assert.Equal(ThreadLocation.Dead, SimulatedSystem.StateOf(next).Location);
        _faults.EndsUnhandled(next, handle);
    }

    // What the others do at every point of a fault on another CPU.
    [Fact]
    public void An_endpoint_that_goes_while_a_thread_faults_leaves_no_thread_waiting() =>
        WhileItFaults(system => system.Syscall(0, SystemCall.CapabilityDelete, Endpoint), FaultExitCode.For(DivideError));

    [Fact]
    public void A_handler_that_is_cleared_while_a_thread_faults_gets_the_fault_or_the_thread_ends() => WhileItFaults(
        system =>
        {
            system.Syscall(0, SystemCall.ThreadSetFaultHandler, Races.Handle, 0);
            system.RunPendingWork();
            system.Syscall(0, SystemCall.CapabilityDelete, Endpoint);
        },
        FaultExitCode.For(DivideError));

    [Fact]
    public void A_thread_killed_while_it_faults_ends() =>
        WhileItFaults(system => system.Syscall(0, SystemCall.ThreadKill, Races.Handle, 5), 5);

    [Fact]
    public void A_reply_object_that_goes_while_a_thread_faults_leaves_no_thread_waiting() => Races.AtEachPoint(
        system =>
        {
            Prepare(system);
            ulong reply = system.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Reply).Value;
            Assert.Equal(Endpoint + 1, reply);
            system.NewThread(0);
            system.RunPendingWork();
            system.CallWithMessage(2, SystemCall.Receive, 0, Endpoint | (reply << 32));
        },
        system => system.Fault(1, DivideError),
        system => system.Syscall(0, SystemCall.CapabilityDelete, Endpoint + 1),
        system =>
        {
            system.RunPendingWork();
            Assert.Equal(0u, system.Kernel->Replies.InUse);
            Assert.Equal(FaultExitCode.For(DivideError), system.Syscall(0, SystemCall.ThreadJoin, Races.Handle).Value);
        },
        cpus: 3);

    private static void WhileItFaults(Action<SimulatedSystem> inner, ulong code) => Races.AtEachPoint(
        Prepare,
        system => system.Fault(1, DivideError),
        inner,
        system =>
        {
            system.RunPendingWork();
            SimulatedSystem.CallResult joined = system.Syscall(0, SystemCall.ThreadJoin, Races.Handle);
            Assert.True(joined.WentOn, "the thread has not ended");
            Assert.Contains(joined.Value, (ulong[])[code, FaultExitCode.For(DivideError)]);
            system.Syscall(0, SystemCall.CapabilityDelete, Endpoint);
            Assert.Equal(0u, system.Kernel->Endpoints.InUse);
        });

    // Another thread runs on CPU 1, and has an endpoint for its faults.
    private static void Prepare(SimulatedSystem system)
    {
        ulong thread = system.StartThread(0);
        system.RunPendingWork();
        ulong endpoint = system.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)ObjectKind.Endpoint).Value;
        Assert.Equal((Races.Handle, Endpoint), (thread, endpoint));
        Assert.Equal(Error.None, system.Syscall(0, SystemCall.ThreadSetFaultHandler, thread, endpoint).Error);
    }

    private void Lose(Loss loss)
    {
        SystemCall call = loss switch
        {
            Loss.Deleted => SystemCall.CapabilityDelete,
            Loss.Moved => SystemCall.CapabilityMove,
            _ => SystemCall.CapabilityRevoke,
        };
        ulong handle = loss == Loss.Revoked ? _faults.Ipc.Endpoint : _faults.Badged;
        SimulatedSystem.CallResult result = System.Syscall(0, call, handle);
        Assert.Equal(Error.None, result.Error);
        _moved = loss == Loss.Moved ? result.Value : 0;
    }
}
