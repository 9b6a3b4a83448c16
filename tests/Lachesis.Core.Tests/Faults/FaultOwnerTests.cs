using System;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Processes;
using Lachesis.Core.Tests.Ipc;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Faults;

/// <summary>Handlers that one process sets for threads of another.</summary>
public sealed unsafe class FaultOwnerTests : IDisposable
{
    private const ulong ThreadSlot = BootHandle.FirstFree;
    private const ulong EndpointSlot = BootHandle.FirstFree + 1;

    private readonly FaultSystem _faults = new();

    private SimulatedSystem System => _faults.System;

    private Thread* Faulty => _faults.Faulty;

    public void Dispose() => _faults.Dispose();

    [Fact]
    public void A_handler_of_another_process_gets_the_fault_and_answers()
    {
        ulong process = SpawnChild(out Thread* child);
        ulong handle = System.Syscall(
            0, SystemCall.ThreadCreate, process, SimulatedSystem.Entry, SimulatedSystem.DataAddress).Value;
        Thread* faulty = System.ThreadOf(0, handle);
        _faults.SetHandler(handle, _faults.Badged);
        System.Syscall(0, SystemCall.ThreadStart, handle);
        _faults.Fault(faulty);
        _faults.Receive();
        IpcSystem.Received(_faults.Handler, FaultMessage.Tag, FaultSystem.Badge, _faults.Vector, SimulatedSystem.Entry);
        Assert.Equal(Error.None, _faults.Answer(FaultReplyAction.ResumeAt, 0x6000));
        _faults.Ipc.Run(faulty);
        Assert.Equal(0x6000ul, faulty->Context.Rip);
        _faults.Ipc.Run(_faults.Handler);
        Assert.True(faulty->Process == child->Process);
        _faults.Ipc.EndProcess(process);
        Assert.Equal(ThreadLocation.Dead, SimulatedSystem.StateOf(faulty).Location);
    }

    // Whatever the process does: it waits at the endpoint, or for the answer.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_process_that_ends_while_its_threads_fault_waits_leaves_nothing_behind(bool received)
    {
        ulong process = SpawnChild(out _);
        ulong handle = System.Syscall(
            0, SystemCall.ThreadCreate, process, SimulatedSystem.Entry, SimulatedSystem.DataAddress).Value;
        Thread* faulty = System.ThreadOf(0, handle);
        _faults.SetHandler(handle, _faults.Badged);
        System.Syscall(0, SystemCall.ThreadStart, handle);
        _faults.Fault(faulty);
        if (received)
        {
            _faults.Receive();
        }

        _faults.Ipc.EndProcess(process);
        Assert.Equal(ThreadLocation.Dead, SimulatedSystem.StateOf(faulty).Location);
        Assert.Equal(Error.BadState, _faults.Answer(FaultReplyAction.Resume));
        Assert.Equal(Error.WouldBlock, _faults.Receive(MessageTag.NoWait));
        _faults.SetHandler(_faults.FaultyHandle, 0);
        _faults.AssertLevel();
    }

    [Fact]
    public void A_session_that_ends_takes_threads_along_whose_faults_wait()
    {
        ulong session = System.Syscall(0, SystemCall.SessionCreate, BootHandle.Spawn).Value;
        ulong process = SpawnChild(out Thread* child, session);
        _faults.Ipc.Run(child);
        Assert.Equal(Error.None, System.Syscall(0, SystemCall.ThreadSetFaultHandler, BootHandle.MainThread, EndpointSlot).Error);
        _faults.Fault(child);
        _faults.Receive();
        Assert.Equal(FaultMessage.Tag, _faults.Handler->Context.Rdi);
        System.Syscall(0, SystemCall.SessionEnd, session, 5);
        _faults.Ipc.AwaitEnd(process);
        Assert.Equal(Error.BadState, _faults.Answer(FaultReplyAction.Resume));
        _faults.AssertLevel();
    }

    [Fact]
    public void With_the_process_that_set_it_a_handler_is_gone()
    {
        ulong process = SpawnChild(out Thread* child);
        ChildSetsHandler(child);
        _faults.Fault();
        _faults.Receive();
        IpcSystem.Received(_faults.Handler, FaultMessage.Tag, 0, _faults.Vector);
        Assert.Equal(Error.None, _faults.Answer(FaultReplyAction.Resume));
        _faults.Ipc.EndProcess(process);
        _faults.Fault();
        Assert.Equal(Error.WouldBlock, _faults.Receive(MessageTag.NoWait));
        _faults.EndsUnhandled();
    }

    // It has the same place in its pool, and the same handle names the same endpoint.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_next_process_in_its_place_does_not_inherit_a_handler(bool handlerFirst)
    {
        ulong first = SpawnChild(out Thread* child);
        Process* place = child->Process;
        ChildSetsHandler(child);
        _faults.Ipc.EndProcess(first);
        SpawnChild(out child);
        Assert.True(child->Process == place);
        Assert.True(place->Handles.Find(EndpointSlot) != null);
        if (handlerFirst)
        {
            _faults.Ipc.Block(SystemCall.Receive, 0, _faults.Ipc.Both);
            _faults.Ipc.Run(Faulty);
            System.Fault(0, _faults.Vector);
            Assert.Equal(ThreadLocation.Dead, SimulatedSystem.StateOf(Faulty).Location);
            Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(_faults.Handler).Location);
            return;
        }

        _faults.Fault();
        Assert.Equal(Error.WouldBlock, _faults.Receive(MessageTag.NoWait));
        _faults.EndsUnhandled(Faulty, _faults.FaultyHandle);
    }

    // Nothing but its lock can be relied on then.
    [Fact]
    public void While_the_next_process_is_put_together_in_its_place_a_handler_is_not_found_there()
    {
        ulong first = SpawnChild(out Thread* child);
        Process* place = child->Process;
        ChildSetsHandler(child);
        _faults.Ipc.EndProcess(first);
        Assert.Equal(0ul, place->Header.References);
        System.Kernel->Processes.Reinitialize(place);
        _faults.Fault();
        Assert.Equal(Error.WouldBlock, _faults.Receive(MessageTag.NoWait));
        _faults.EndsUnhandled();
    }

    // The memory that its capabilities were in is another's by then, and looks like them: a capability with the same handle.
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_fault_that_waits_is_not_delivered_once_the_process_that_set_the_handler_is_gone(bool another)
    {
        ulong process = SpawnChild(out Thread* child);
        ChildSetsHandler(child);
        _faults.Fault();
        Assert.True(Faulty->Ipc.WaitSlot->Owner == child->Process);
        if (another)
        {
            _faults.Ipc.EndProcess(process);
            SpawnChild(out _);
        }
        else
        {
            System.Syscall(0, SystemCall.ProcessExit, process, 0);
            _faults.Ipc.AwaitEnd(process);
            *Faulty->Ipc.WaitSlot = new CapabilitySlot { Handle = Faulty->Ipc.WaitHandle };
        }

        Assert.Equal(Faulty->Ipc.WaitHandle, Faulty->Ipc.WaitSlot->Handle);
        Assert.Equal(ThreadLocation.Blocked, SimulatedSystem.StateOf(Faulty).Location);
        Assert.Equal(Error.WouldBlock, _faults.Receive(MessageTag.NoWait));
        _faults.EndsUnhandled(Faulty, _faults.FaultyHandle);
    }

    // A process that can control the thread and send to the endpoint.
    private ulong SpawnChild(out Thread* child, ulong session = 0)
    {
        System.PutRequest(0, "child", Grants.None);
        Give(_faults.FaultyHandle, (uint)ThreadSlot);
        Give(_faults.Ipc.Endpoint, (uint)EndpointSlot);
        System.PutSession(0, session);
        SimulatedSystem.CallResult made = System.Syscall(0, SystemCall.ProcessSpawn, BootHandle.Spawn, SimulatedSystem.DataAddress);
        Assert.Equal(Error.None, made.Error);
        child = System.ProcessOf(0, made.Value)->FirstThread;
        return made.Value;
    }

    private void Give(ulong handle, uint slot) =>
        System.PutCapability(0, new SpawnCapability { Handle = handle, Rights = Rights.Same, Index = slot });

    private void ChildSetsHandler(Thread* child)
    {
        _faults.Ipc.Run(child);
        _faults.SetHandler(ThreadSlot, EndpointSlot);
        _faults.Ipc.Run(_faults.Handler);
    }
}
