using System;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Tests.Machines;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Scenarios;

/// <summary>Which right each call needs: without it, and with all others, it is refused and changes nothing.</summary>
public sealed unsafe class RightsTests : IDisposable
{
    private const ulong Data = SimulatedSystem.DataAddress;

    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { Cpus = 2 });

    public void Dispose() => _system.Dispose();

    [Theory]
    [InlineData(SystemCall.ThreadRuntime, BootHandle.MainThread, Rights.Read)]
    [InlineData(SystemCall.ThreadJoin, BootHandle.MainThread, Rights.Read)]
    [InlineData(SystemCall.LedgerRead, BootHandle.MainThread, Rights.Read, (ulong)LedgerScope.Thread, 0ul, Data)]
    [InlineData(SystemCall.ThreadStart, BootHandle.MainThread, Rights.Control)]
    [InlineData(SystemCall.ThreadSetAffinity, BootHandle.MainThread, Rights.Control, 1ul)]
    [InlineData(SystemCall.ProcessWait, BootHandle.Process, Rights.Read)]
    [InlineData(SystemCall.LedgerRead, BootHandle.Process, Rights.Read, (ulong)LedgerScope.Process, 0ul, Data)]
    [InlineData(SystemCall.ThreadCreate, BootHandle.Process, Rights.Control)]
    [InlineData(SystemCall.MemoryMap, BootHandle.Process, Rights.Control, 4096ul)]
    [InlineData(SystemCall.ProcessExit, BootHandle.Process, Rights.Control)]
    [InlineData(SystemCall.LogWrite, BootHandle.Log, Rights.Write, Data, 1ul)]
    [InlineData(SystemCall.ReportWrite, BootHandle.Report, Rights.Write, (ulong)ReportKind.Check, Data, 8ul)]
    [InlineData(SystemCall.ProcessSpawn, BootHandle.Spawn, Rights.Control, Data)]
    [InlineData(SystemCall.CountersRead, BootHandle.Machine, Rights.Read, 0ul, Data, 1ul)]
    [InlineData(SystemCall.PoolLevel, BootHandle.Machine, Rights.Read)]
    [InlineData(SystemCall.LedgerRead, BootHandle.Machine, Rights.Read, (ulong)LedgerScope.Service, 0ul, Data)]
    [InlineData(SystemCall.MachineExit, BootHandle.Machine, Rights.Control)]
    [InlineData(SystemCall.MachineCheck, BootHandle.Machine, Rights.Control)]
    [InlineData(SystemCall.SessionCreate, BootHandle.Spawn, Rights.Control | Rights.Write)]
    [InlineData(SystemCall.MachineFault, BootHandle.Machine, Rights.Control)]
    [InlineData(SystemCall.PolicyGet, BootHandle.Policy, Rights.Read)]
    [InlineData(SystemCall.PolicySet, BootHandle.Policy, Rights.Control, 1ul)]
    [InlineData(SystemCall.FairFeaturesSet, BootHandle.Policy, Rights.Control)]
    [InlineData(SystemCall.ThreadSchedule, BootHandle.Policy, Rights.Control, BootHandle.MainThread, 0ul, 100ul)]
    public void A_call_needs_its_right(
        SystemCall call, ulong handle, Rights needed, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0)
    {
        _system.PutReading(0);
        ulong weak = Mint(handle, Rights.All & ~needed);
        Snapshot.Fails(Error.MissingRight, _system, call, weak, a1, a2, a3);
        ulong enough = Mint(handle, needed);
        if (call is not (SystemCall.ProcessExit or SystemCall.MachineExit or SystemCall.MachineFault))
        {
            Assert.NotEqual(Error.MissingRight, _system.Syscall(0, call, enough, a1, a2, a3).Error);
        }
    }

    [Fact]
    public void Scheduling_a_thread_needs_control_of_it_too() => Snapshot.Fails(
        Error.MissingRight,
        _system,
        SystemCall.ThreadSchedule,
        BootHandle.Policy,
        Mint(BootHandle.MainThread, Rights.All & ~Rights.Control),
        (ulong)SchedulingParameter.Weight,
        100);

    private ulong Mint(ulong handle, Rights mask) => _system.Syscall(0, SystemCall.CapabilityMint, handle, (ulong)mask).Value;
}
