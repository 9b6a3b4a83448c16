using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using System.Text;
using Lachesis.Abi;

namespace Lachesis.Tools.Tests.Reports;

/// <summary>Writes the bytes that a guest would write.</summary>
internal sealed class ReportWriter
{
    private readonly List<byte> _bytes = [];
    private uint _sequence;

    public byte[] Bytes => [.. _bytes];

    /// <summary>A guest that boots and passes: one check, one verified case of two runs, a metric, counters.</summary>
    public static ReportWriter Passing() => new ReportWriter()
        .Boot()
        .Text(ReportKind.Check, 1, "the clock never goes back")
        .Case(0, 1000)
        .Case(1, 1200)
        .Text(ReportKind.Metric, 42, "answer")
        .Count(0, Counter.ContextSwitches, 7)
        .Count(1, Counter.ContextSwitches, 5)
        .Text(ReportKind.Verdict, 0, "all well")
        .Text(ReportKind.End, 33, "");

    public ReportWriter Boot(uint version = BootReport.CurrentVersion) =>
        Struct(ReportKind.Boot, new BootReport { Version = version, Cpus = 2, MemoryBytes = 512 << 20, TscHz = 1_000_000_000 });

    public ReportWriter Case(long run, long workNs) => this
        .Text(ReportKind.CaseBegin, run, "")
        .Text(ReportKind.CaseParameter, 2, "workers")
        .Text(ReportKind.Metric, workNs, "workNs")
        .Text(ReportKind.CaseEnd, 1, "");

    public ReportWriter Count(ushort cpu, Counter counter, ulong value) =>
        Struct(ReportKind.Counter, new CounterReport { Cpu = cpu, Counter = (ushort)counter, Value = value });

    public unsafe ReportWriter Panic(string message)
    {
        PanicReport panic = new() { Cpu = 1, Vector = 256, InstructionPointer = 0x1000, FrameCount = 2 };
        panic.Frames[0] = 0x2000;
        panic.Frames[1] = 0x3000;
        return Struct(ReportKind.Panic, panic, message);
    }

    public ReportWriter Text(ReportKind kind, long value, string text) => Struct(kind, value, text);

    public ReportWriter Struct<T>(ReportKind kind, T payload, string text = "")
        where T : unmanaged =>
        Raw(kind, [.. MemoryMarshal.AsBytes(new ReadOnlySpan<T>(in payload)), .. Encoding.UTF8.GetBytes(text)]);

    public unsafe ReportWriter Raw(ReportKind kind, byte[] payload)
    {
        fixed (byte* data = payload)
        {
            ReportHeader header = new()
            {
                Magic = ReportHeader.ExpectedMagic,
                Kind = kind,
                Length = (ushort)payload.Length,
                Sequence = _sequence++,
                Checksum = ReportHeader.ChecksumOf(data, payload.Length),
            };
            _bytes.AddRange(MemoryMarshal.AsBytes(new ReadOnlySpan<ReportHeader>(in header)));
        }

        _bytes.AddRange(payload);
        return this;
    }

    /// <summary>Leaves out one number, as if a record had been lost.</summary>
    public ReportWriter Lose()
    {
        _sequence++;
        return this;
    }
}
