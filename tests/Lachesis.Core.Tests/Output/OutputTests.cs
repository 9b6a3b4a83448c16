using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Lachesis.Abi;
using Lachesis.Simulator;
using Xunit;

namespace Lachesis.Core.Tests.Output;

/// <summary>The log, the report channel, counters, levels and the end of the machine.</summary>
public sealed unsafe class OutputTests : IDisposable
{
    private const ulong Buffer = SimulatedSystem.DataAddress;

    private readonly SimulatedSystem _system = SimulatedSystem.Running(new SystemShape { Cpus = 2 });

    public void Dispose() => _system.Dispose();

    [Fact]
    public void Text_reaches_the_log()
    {
        Put("hello\n"u8);
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.LogWrite, BootHandle.Log, Buffer, 6).Error);
        Assert.Equal("hello\n", _system.Log.Text);
    }

    [Theory]
    [InlineData(ReportKind.Check)]
    [InlineData(ReportKind.Metric)]
    [InlineData(ReportKind.Stream)]
    [InlineData(ReportKind.Verdict)]
    public void Programs_write_records_of_these_kinds(ReportKind kind)
    {
        Put("\x07\0\0\0\0\0\0\0\x01\x02"u8);
        Assert.Equal(Error.None, _system.Syscall(0, SystemCall.ReportWrite, BootHandle.Report, (ulong)kind, Buffer, 10).Error);
        CapturedBytes.Record record = Assert.Single(_system.Reports.Records);
        Assert.Equal((kind, 7L, 10), (record.Header.Kind, record.Value, record.Payload.Length));
    }

    [Fact]
    public void Records_are_numbered_and_carry_a_checksum()
    {
        Put("\x07\0\0\0\0\0\0\0because"u8);
        _system.Syscall(0, SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.Check, Buffer, 15);
        _system.Syscall(0, SystemCall.ReportWrite, BootHandle.Report, (ulong)ReportKind.Verdict, Buffer, 8);
        Assert.Equal([0u, 1u], _system.Reports.Records.Select(record => record.Header.Sequence));
        Assert.Equal([ReportKind.Check, ReportKind.Verdict], _system.Reports.Records.Select(record => record.Header.Kind));
        CapturedBytes.Record check = _system.Reports.Records[0];
        Assert.Equal((ReportHeader.ExpectedMagic, 7L), (check.Header.Magic, check.Value));
        Assert.Equal("because", Encoding.UTF8.GetString(check.Payload.AsSpan(8)));
        fixed (byte* payload = check.Payload)
        {
            Assert.Equal(ReportHeader.ChecksumOf(payload, 15), check.Header.Checksum);
        }
    }

    [Fact]
    public void Counters_are_copied_charged_up_to_now()
    {
        _system.Advance(500);
        ulong runtime = _system.Cpu(0)->Counters[Counter.RuntimeNs];
        Assert.Equal(
            Error.None,
            _system.Syscall(0, SystemCall.CountersRead, BootHandle.Machine, 0, Buffer, (ulong)Counter.Count).Error);
        ulong* counters = (ulong*)_system.Users.At(_system.ProcessOn(0)->PageTableRoot, Buffer);
        Assert.Equal(runtime + 500, counters[(int)Counter.RuntimeNs]);
        Assert.Equal(_system.Cpu(0)->Counters[Counter.SystemCalls], counters[(int)Counter.SystemCalls]);
    }

    [Fact]
    public void Levels_are_those_of_the_pools()
    {
        Assert.Equal(1ul, Level(PoolKind.Threads));
        _system.CreateThread(0);
        Assert.Equal((2ul, 1ul), (Level(PoolKind.Threads), Level(PoolKind.Processes)));
        Assert.Equal(_system.Kernel->Pages.FreePages, Level(PoolKind.FreePages));
    }

    [Theory]
    [InlineData(0, Platform.ExitPass)]
    [InlineData(1, Platform.ExitFail)]
    [InlineData(126, Platform.ExitFail)]
    public void The_machine_ends_with_all_counters_and_the_status_as_last_record(ulong code, uint status)
    {
        MachineExitException exit = Assert.Throws<MachineExitException>(
            () => _system.Syscall(0, SystemCall.MachineExit, BootHandle.Machine, code));
        Assert.Equal(status, exit.Value);
        IReadOnlyList<CapturedBytes.Record> records = _system.Reports.Records;
        Assert.Equal(2 * (int)Counter.Count, records.Count(record => record.Header.Kind == ReportKind.Counter));
        Assert.Equal((ReportKind.End, (long)status), (records[^1].Header.Kind, records[^1].Value));
    }

    [Fact]
    public void The_end_of_the_last_process_without_a_verdict_is_a_failure()
    {
        _system.Syscall(0, SystemCall.ProcessExit, BootHandle.Process, 0);
        MachineExitException exit = Assert.Throws<MachineExitException>(_system.RunPendingWork);
        Assert.Equal(Platform.ExitFail, exit.Value);
        Assert.Equal((0u, 0u), (_system.Kernel->Threads.InUse, _system.Kernel->Processes.InUse));
    }

    [Fact]
    public void A_failure_on_purpose_is_passed_to_the_machine()
    {
        _system.Syscall(0, SystemCall.MachineInjectFault, BootHandle.Machine, (ulong)KernelFault.Hang);
        Assert.Equal(KernelFault.Hang, _system.FailureAskedFor);
    }

    private ulong Level(PoolKind kind) => _system.Syscall(0, SystemCall.PoolLevel, BootHandle.Machine, (ulong)kind).Value;

    private void Put(ReadOnlySpan<byte> bytes) =>
        bytes.CopyTo(new Span<byte>(_system.Users.At(_system.ProcessOn(0)->PageTableRoot, Buffer), bytes.Length));
}
