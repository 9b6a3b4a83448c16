using System;
using Lachesis.Abi;
using Lachesis.Core.Tests.Machine;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Entry;

/// <summary>Every error of every call, and that an error changes nothing.</summary>
public sealed unsafe class SystemCallErrorTests : IDisposable
{
    private const ulong Stale = 77;
    private const ulong Unmapped = 0x7000_0000;
    private const ulong Word = SimulatedSystem.DataAddress;

    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { Cpus = 2 });

    public void Dispose() => _system.Dispose();

    [Theory]
    [InlineData(Error.UnknownSystemCall, (ulong)SystemCall.Count)]
    [InlineData(Error.UnknownSystemCall, 0x1_0000ul)]
    [InlineData(Error.BadAddress, (ulong)SystemCall.Park, Word + 1)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.Park, Word, 0x1_0000_0000ul)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.Park, Word, 0ul, 0x8000_0000_0000_0000ul)]
    [InlineData(Error.BadAddress, (ulong)SystemCall.Park, Unmapped)]
    [InlineData(Error.BadAddress, (ulong)SystemCall.Park, 0ul)]
    [InlineData(Error.BadAddress, (ulong)SystemCall.Park, 0xFFFF_FFFF_8000_0000ul)]
    [InlineData(Error.ValueChanged, (ulong)SystemCall.Park, Word, 1ul)]
    [InlineData(Error.BadAddress, (ulong)SystemCall.Unpark, Word + 2)]
    [InlineData(Error.BadAddress, (ulong)SystemCall.Unpark, UserLayout.Limit)]
    [InlineData(Error.BadAddress, (ulong)SystemCall.UnparkSwitch, Word + 2)]
    [InlineData(Error.BadAddress, (ulong)SystemCall.UnparkSwitch, UserLayout.Limit)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.SleepUntil, (ulong)long.MaxValue)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.SleepUntil, ulong.MaxValue)]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.ThreadCreate, Stale)]
    [InlineData(Error.WrongKind, (ulong)SystemCall.ThreadCreate, BootHandle.MainThread)]
    [InlineData(Error.BadAddress, (ulong)SystemCall.ThreadCreate, 0ul, UserLayout.Limit)]
    [InlineData(Error.BadAddress, (ulong)SystemCall.ThreadCreate, 0ul, 0ul, UserLayout.Limit)]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.ThreadStart, Stale)]
    [InlineData(Error.WrongKind, (ulong)SystemCall.ThreadStart, BootHandle.Process)]
    [InlineData(Error.BadState, (ulong)SystemCall.ThreadStart, BootHandle.MainThread)]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.ThreadJoin, Stale)]
    [InlineData(Error.WrongKind, (ulong)SystemCall.ThreadJoin, BootHandle.Log)]
    [InlineData(Error.BadState, (ulong)SystemCall.ThreadJoin, BootHandle.MainThread)]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.ThreadRuntime, Stale)]
    [InlineData(Error.WrongKind, (ulong)SystemCall.ThreadRuntime, BootHandle.Process)]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.ThreadSetAffinity, Stale, 1ul)]
    [InlineData(Error.WrongKind, (ulong)SystemCall.ThreadSetAffinity, BootHandle.Process, 1ul)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.ThreadSetAffinity, BootHandle.MainThread, 0ul)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.ThreadSetAffinity, BootHandle.MainThread, 4ul)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.MemoryMap, BootHandle.Process, 0ul)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.MemoryMap, BootHandle.Process, CallLimits.MaxMapBytes + 1)]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.MemoryMap, Stale, 1ul)]
    [InlineData(Error.WrongKind, (ulong)SystemCall.MemoryMap, BootHandle.MainThread, 1ul)]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.ProcessSpawn, Stale, Word)]
    [InlineData(Error.WrongKind, (ulong)SystemCall.ProcessSpawn, BootHandle.Log, Word)]
    [InlineData(Error.BadAddress, (ulong)SystemCall.ProcessSpawn, BootHandle.Spawn, Unmapped)]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.ProcessWait, Stale)]
    [InlineData(Error.WrongKind, (ulong)SystemCall.ProcessWait, BootHandle.MainThread)]
    [InlineData(Error.BadState, (ulong)SystemCall.ProcessWait, BootHandle.Process)]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.ProcessExit, Stale)]
    [InlineData(Error.WrongKind, (ulong)SystemCall.ProcessExit, BootHandle.Machine)]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.CapabilityDelete, Stale)]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.CapabilityDelete, ulong.MaxValue)]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.LogWrite, Stale, Word, 1ul)]
    [InlineData(Error.WrongKind, (ulong)SystemCall.LogWrite, BootHandle.Report, Word, 1ul)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.LogWrite, BootHandle.Log, Word, CallLimits.MaxLogBytes + 1)]
    [InlineData(Error.BadAddress, (ulong)SystemCall.LogWrite, BootHandle.Log, Unmapped, 1ul)]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.ReportWrite, Stale, (ulong)ReportKind.Check, Word, 8ul)]
    [InlineData(Error.WrongKind, (ulong)SystemCall.ReportWrite, BootHandle.Log, (ulong)ReportKind.Check, Word, 8ul)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.Panic, Word, 8ul)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.End, Word, 8ul)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.ReportWrite, BootHandle.Report, 0x1_0002ul, Word, 8ul)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.Check, Word, 7ul)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.Check, Word, 513ul)]
    [InlineData(Error.BadAddress, (ulong)SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.Check, Unmapped, 8ul)]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.CountersRead, Stale, 0ul, Word, 1ul)]
    [InlineData(Error.WrongKind, (ulong)SystemCall.CountersRead, BootHandle.Log, 0ul, Word, 1ul)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.CountersRead, BootHandle.Machine, 2ul, Word, 1ul)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.CountersRead, BootHandle.Machine, 0ul, Word, (ulong)Counter.Count + 1)]
    [InlineData(Error.BadAddress, (ulong)SystemCall.CountersRead, BootHandle.Machine, 0ul, Unmapped, 1ul)]
    [InlineData(Error.BadAddress, (ulong)SystemCall.CountersRead, BootHandle.Machine, 0ul, UserLayout.StartPage, 1ul)]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.PoolLevel, Stale)]
    [InlineData(Error.WrongKind, (ulong)SystemCall.PoolLevel, BootHandle.Log)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.PoolLevel, BootHandle.Machine, (ulong)PoolKind.Count)]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.MachineExit, Stale)]
    [InlineData(Error.WrongKind, (ulong)SystemCall.MachineExit, BootHandle.Log)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.MachineExit, BootHandle.Machine, 127ul)]
    [InlineData(Error.StaleHandle, (ulong)SystemCall.MachineInjectFault, Stale)]
    [InlineData(Error.WrongKind, (ulong)SystemCall.MachineInjectFault, BootHandle.Log)]
    [InlineData(Error.BadArgument, (ulong)SystemCall.MachineInjectFault, BootHandle.Machine, (ulong)KernelFault.Count)]
    public void An_error_changes_nothing(
        Error expected, ulong number, ulong a0 = 0, ulong a1 = 0, ulong a2 = 0, ulong a3 = 0) =>
        Snapshot.Fails(expected, _system, (SystemCall)number, a0, a1, a2, a3);

    [Theory]
    [InlineData(Error.NotFound, "nobody", Grants.None, 1ul)]
    [InlineData(Error.NotFound, "manifest", Grants.None, 1ul)]
    [InlineData(Error.BadArgument, "child", Grants.None, 0ul)]
    [InlineData(Error.BadArgument, "child", Grants.None, 4ul)]
    [InlineData(Error.StaleHandle, "child", (Grants)32, 1ul)]
    public void A_bad_spawn_request_changes_nothing(Error expected, string program, Grants grants, ulong cpus)
    {
        _system.PutRequest(0, program, grants, cpus);
        Snapshot.Fails(expected, _system, SystemCall.ProcessSpawn, BootHandle.Spawn, Word);
    }

    [Fact]
    public void A_spawn_request_with_an_argument_too_long_changes_nothing()
    {
        _system.PutRequest(0, "child", Grants.None, 1, new string('x', ProgramStart.MaxArgument + 1));
        Snapshot.Fails(Error.BadArgument, _system, SystemCall.ProcessSpawn, BootHandle.Spawn, Word);
    }

    [Fact]
    public void A_spawn_request_whose_argument_cannot_be_read_changes_nothing()
    {
        _system.PutRequest(0, "child", Grants.None);
        ((SpawnRequest*)_system.Users.At(_system.ProcessOn(0)->PageTableRoot, Word))->ArgumentLength = 1;
        ((SpawnRequest*)_system.Users.At(_system.ProcessOn(0)->PageTableRoot, Word))->ArgumentAddress = Unmapped;
        Snapshot.Fails(Error.BadAddress, _system, SystemCall.ProcessSpawn, BootHandle.Spawn, Word);
    }
}
