using System;
using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core.Tests.Ipc;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Faults;

/// <summary>Faults as messages: what the handler gets, and what its answer does.</summary>
public sealed unsafe class FaultTests : IDisposable
{
    private readonly FaultSystem _faults = new();

    private SimulatedSystem System => _faults.System;

    private Thread* Faulty => _faults.Faulty;

    public void Dispose() => _faults.Dispose();

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_fault_is_a_call_that_tells_what_happened_whoever_comes_first(bool handlerFirst)
    {
        ulong rip = Faulty->Context.Rip;
        if (handlerFirst)
        {
            _faults.Ipc.Block(SystemCall.Receive, 0, _faults.Ipc.Both);
            Assert.True(_faults.Ipc.Current == Faulty);
            System.Fault(0, _faults.Vector, FaultSystem.ErrorCode, FaultSystem.Address);
            Assert.True(_faults.Ipc.Current == _faults.Handler);
        }
        else
        {
            _faults.Fault();
            _faults.Receive();
        }

        IpcSystem.Received(
            _faults.Handler, FaultMessage.Tag, FaultSystem.Badge, _faults.Vector, rip, FaultSystem.Address, FaultSystem.ErrorCode);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(Faulty).Location);
        Assert.Equal(1ul, System.Total(Counter.UserFaults));
        Assert.Equal(0, _faults.Reported);
    }

    // That all registers come back the simulator checks, whenever a thread goes on after a fault.
    [Fact]
    public void A_thread_goes_on_where_it_faulted()
    {
        ulong rip = Faulty->Context.Rip;
        _faults.FaultAndReceive();
        Assert.Equal(Error.None, _faults.Answer(FaultReplyAction.Resume, 0x5555));
        _faults.Ipc.Run(Faulty);
        Assert.Equal((rip, 1ul), (Faulty->Context.Rip, Faulty->Context.ResumeMode));
        Assert.Equal(0, _faults.Reported);
        Assert.Equal(Error.None, System.Syscall(0, SystemCall.Nop).Error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(SimulatedSystem.Entry + 2)]
    [InlineData(UserLayout.Limit - 1)]
    public void A_thread_goes_on_where_the_answer_says(ulong where)
    {
        _faults.FaultAndReceive();
        Assert.Equal(Error.None, _faults.Answer(FaultReplyAction.ResumeAt, where));
        _faults.Ipc.Run(Faulty);
        Assert.Equal((where, 1ul), (Faulty->Context.Rip, Faulty->Context.ResumeMode));
    }

    [Theory]
    [InlineData(UserLayout.Limit)]
    [InlineData(0x0000_9000_0000_0000)]
    [InlineData(0xFFFF_FFFF_8020_0000)]
    [InlineData(ulong.MaxValue)]
    public void A_thread_ends_rather_than_go_on_where_no_program_can_be(ulong where)
    {
        _faults.FaultAndReceive();
        Assert.Equal(Error.None, _faults.Answer(FaultReplyAction.ResumeAt, where));
        _faults.EndsUnhandled();
    }

    [Theory]
    [InlineData(FaultReplyAction.End)]
    [InlineData((FaultReplyAction)3)]
    [InlineData((FaultReplyAction)ulong.MaxValue)]
    public void Any_other_answer_ends_the_thread(FaultReplyAction answer)
    {
        _faults.FaultAndReceive();
        Assert.Equal(Error.None, _faults.Answer(answer));
        _faults.EndsUnhandled();
    }

    [Fact]
    public void A_fault_that_ends_a_thread_is_reported_as_it_was_raised()
    {
        ulong rip = Faulty->Context.Rip;
        _faults.FaultAndReceive();
        _faults.Answer(FaultReplyAction.End, 0x7777);
        _faults.EndsUnhandled(Faulty, _faults.FaultyHandle);
        FaultReport report = MemoryMarshal.Read<FaultReport>(System.Reports.Records[^1].Payload);
        Assert.Equal(
            (_faults.Vector, FaultSystem.ErrorCode, rip, FaultSystem.Address, Faulty->Header.Index),
            (report.Vector, report.ErrorCode, report.InstructionPointer, report.Address, report.Thread));
        Assert.Contains("fault: process 0 thread 1 vector 14 error 0x6", System.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void A_thread_without_a_handler_ends_at_once()
    {
        Thread* other = _faults.Ipc.Start(out ulong handle);
        _faults.Fault(other);
        Assert.Equal(ThreadLocation.Dead, SimulatedSystem.StateOf(other).Location);
        Assert.Equal(1, _faults.Reported);
        _faults.EndsUnhandled(other, handle);
    }

    [Fact]
    public void A_handler_that_is_cleared_or_replaced_gets_nothing_more()
    {
        ulong second = _faults.Ipc.Create(ObjectKind.Endpoint);
        _faults.SetHandler(_faults.FaultyHandle, second);
        _faults.Fault();
        Assert.Equal(Error.WouldBlock, _faults.Receive(MessageTag.NoWait));
        Assert.Equal(Error.None, _faults.Ipc.Pass(SystemCall.Receive, 0, second | (_faults.Ipc.Reply << 32)).Error);
        _faults.SetHandler(_faults.FaultyHandle, 0);
        Assert.Equal(Error.None, _faults.Answer(FaultReplyAction.Resume));
        _faults.Fault();
        System.Syscall(0, SystemCall.CapabilityDelete, second);
        _faults.EndsUnhandled();
    }

    [Fact]
    public void A_thread_faults_as_often_as_it_is_let_go_on()
    {
        for (ulong i = 0; i < 5; i++)
        {
            _faults.FaultAndReceive();
            Assert.Equal(Error.None, _faults.Answer(FaultReplyAction.ResumeAt, 0x1000 + i));
        }

        _faults.Ipc.Run(Faulty);
        Assert.Equal(0x1004ul, Faulty->Context.Rip);
        Assert.Equal(5ul, System.Total(Counter.UserFaults));
    }

    [Fact]
    public void A_fault_switches_to_its_handler_and_the_answer_back()
    {
        _faults.Ipc.Block(SystemCall.Receive, 0, _faults.Ipc.Both);
        for (ulong i = 0; i < 5; i++)
        {
            Assert.True(_faults.Ipc.Current == Faulty);
            ulong switches = System.Total(Counter.ContextSwitches);
            System.Fault(0, _faults.Vector);
            Assert.True(_faults.Ipc.Current == _faults.Handler);
            _faults.Ipc.Block(SystemCall.ReplyReceive, 2, _faults.Ipc.Both, (ulong)FaultReplyAction.ResumeAt, 0x2000 + i);
            Assert.Equal(switches + 2, System.Total(Counter.ContextSwitches));
            Assert.Equal(0x2000 + i, Faulty->Context.Rip);
        }
    }

    [Fact]
    public void Faults_stand_in_line_with_other_messages_by_priority()
    {
        Thread* sender = _faults.Ipc.Start();
        _faults.Ipc.Run(sender);
        _faults.Ipc.Block(SystemCall.Send, 1, _faults.Ipc.Endpoint, 5);
        _faults.Ipc.Run(_faults.Handler);
        ulong urgent = _faults.FaultyHandle;
        System.Syscall(0, SystemCall.ThreadSetScheduling, BootHandle.Policy, urgent, (ulong)SchedulingParameter.Priority, 200);
        _faults.FaultAndReceive();
        _faults.Answer(FaultReplyAction.Resume);
        _faults.Ipc.Pass(SystemCall.Receive, 0, _faults.Ipc.Endpoint);
        IpcSystem.Received(_faults.Handler, 1, 0, 5);
    }

    [Fact]
    public void A_thread_that_is_suspended_meanwhile_goes_on_once_it_is_resumed()
    {
        _faults.FaultAndReceive();
        System.Syscall(0, SystemCall.ThreadSuspend, _faults.FaultyHandle);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(Faulty).Location);
        Assert.Equal(Error.None, _faults.Answer(FaultReplyAction.ResumeAt, 0x3000));
        Assert.Equal(ThreadLocation.Suspended, SimulatedSystem.StateOf(Faulty).Location);
        System.Syscall(0, SystemCall.ThreadResume, _faults.FaultyHandle);
        _faults.Ipc.Run(Faulty);
        Assert.Equal(0x3000ul, Faulty->Context.Rip);
    }

    // 32 a turn: between the turns the thread lets others run.
    [Fact]
    public void A_fault_finds_its_handler_behind_any_number_of_receivers_whose_capability_is_gone()
    {
        using var faults = new FaultSystem(threads: 128);
        ulong derived = faults.System.Syscall(0, SystemCall.CapabilityMint, faults.Ipc.Endpoint, (ulong)Rights.Read).Value;
        for (int i = 0; i < 70; i++)
        {
            Thread* receiver = faults.Ipc.Start();
            faults.Ipc.Run(receiver);
            faults.Ipc.Block(SystemCall.Receive, 0, derived);
            faults.Ipc.Run(faults.Handler);
        }

        faults.System.Syscall(0, SystemCall.CapabilityDelete, derived);
        faults.Ipc.Run(faults.Faulty);
        faults.System.Fault(0, faults.Vector, FaultSystem.ErrorCode, FaultSystem.Address);
        faults.Ipc.Run(faults.Handler);
        faults.Ipc.Run(faults.Handler);
        for (int i = 0; i < 200; i++)
        {
            faults.System.Syscall(0, SystemCall.Yield);
        }

        faults.Ipc.Run(faults.Handler);
        faults.Receive();
        IpcSystem.Received(faults.Handler, FaultMessage.Tag, FaultSystem.Badge, faults.Vector);
        Assert.Equal(0, faults.Reported);
        Assert.Equal(1ul, faults.System.Total(Counter.UserFaults));
    }
}
