using System;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Entry;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Entry;

/// <summary>A call decodes before it acts: what it only has to check is not changed, taken or made.</summary>
public sealed unsafe class DecodeTests : IDisposable
{
    private const uint TooManyWords = IpcBuffer.MaxWords + 1;

    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { Cpus = 1 });

    public void Dispose() => _system.Dispose();

    [Theory]
    [InlineData(Rights.Read)]
    [InlineData(Rights.Write)]
    [InlineData(Rights.Read | Rights.Write)]
    [InlineData(Rights.Read | Rights.Control)]
    [InlineData(Rights.None)]
    public void Both_look_ups_need_all_of_the_rights(Rights needed)
    {
        ulong endpoint = Create(ObjectKind.Endpoint);
        for (Rights held = Rights.None; held <= Rights.All; held++)
        {
            ulong handle = _system.Syscall(0, SystemCall.CapabilityMint, endpoint, (ulong)held).Value;
            Error expected = (needed & ~held) == 0 ? Error.None : Error.MissingRight;
            Assert.Equal(expected, CheckedByObjectLookup(handle, needed));
            Assert.Equal(expected == Error.None, IsFoundByCapabilityLookup(handle, needed));
            _system.Syscall(0, SystemCall.CapabilityDelete, handle);
        }
    }

    [Theory]
    [InlineData(SystemCall.Send)]
    [InlineData(SystemCall.Call)]
    public void A_message_with_a_bad_tag_is_not_staged(SystemCall call)
    {
        ulong badged = _system.Syscall(0, SystemCall.CapabilityMint, Create(ObjectKind.Endpoint), (ulong)Rights.Same, 77).Value;
        Thread* sender = _system.Cpu(0)->Current;
        sender->Context.Rdi = 1234;
        Assert.Equal(Error.BadArgument, _system.CallWithMessage(0, call, TooManyWords, badged).Error);
        Assert.Equal((1234ul, 0ul), (sender->Context.Rdi, sender->Ipc.Badge));
    }

    // A reference that is taken and dropped would be the first and the last one here, and end the process.
    [Fact]
    public void Creating_an_object_takes_no_reference_to_the_process_whose_handle_it_checks()
    {
        Process* process = _system.ProcessOn(0);
        ulong references = process->Header.References;
        uint processes = _system.Kernel->Processes.InUse;
        process->Header.References = 0;
        Error error = ObjectCalls<SimulatedMachine>.Create(_system.Cpu(0), BootHandle.Process, (ulong)ObjectKind.Endpoint);
        Assert.Equal((Error.None, processes), (error, _system.Kernel->Processes.InUse));
        process->Header.References = references;
    }

    private ulong Create(ObjectKind kind)
    {
        SimulatedSystem.CallResult created = _system.Syscall(0, SystemCall.ObjectCreate, BootHandle.Process, (ulong)kind);
        Assert.Equal(Error.None, created.Error);
        return created.Value;
    }

    private Error CheckedByObjectLookup(ulong handle, Rights needed) =>
        ObjectLookup<SimulatedMachine>.CheckCapability(_system.Cpu(0), handle, ObjectKind.Endpoint, needed);

    private bool IsFoundByCapabilityLookup(ulong handle, Rights needed)
    {
        Cpu* cpu = _system.Cpu(0);
        Process* process = _system.ProcessOn(0);
        process->Lock.Acquire<SimulatedMachine>(cpu, LockRank.Process);
        bool found = CapabilityLookup<SimulatedMachine>.TryFind(cpu, process, handle, ObjectKind.Endpoint, needed, out _);
        process->Lock.Release<SimulatedMachine>(cpu, LockRank.Process);
        return found;
    }
}
