using System;
using System.Runtime.InteropServices;
using System.Text;
using Lachesis.Abi;

namespace Lachesis.Tools.Reports;

/// <summary>One record of the report channel whose header, checksum and payload size have been found good.</summary>
public sealed class ReportRecord
{
    private readonly byte[] _payload;

    /// <summary>Takes a payload that is already known to be long enough for its kind.</summary>
    internal ReportRecord(uint sequence, ReportKind kind, byte[] payload)
    {
        Sequence = sequence;
        Kind = kind;
        _payload = payload;
    }

    /// <summary>Its number, from 0.</summary>
    public uint Sequence { get; }

    /// <summary>What it says.</summary>
    public ReportKind Kind { get; }

    /// <summary>The value of a value-and-text record.</summary>
    public long Value => MemoryMarshal.Read<long>(_payload);

    /// <summary>The text after the fixed part, on one line; empty for kinds that have none.</summary>
    public string Text => OneLine(_payload.AsSpan(FixedBytes(Kind)));

    /// <summary>The bytes after the value of a <see cref="ReportKind.Stream"/> record.</summary>
    public ReadOnlySpan<byte> Bytes => _payload.AsSpan(sizeof(long));

    /// <summary>The payload as the structure that its kind names.</summary>
    public T As<T>()
        where T : unmanaged => MemoryMarshal.Read<T>(_payload);

    /// <summary>The return addresses of a panic, innermost first.</summary>
    public unsafe ulong[] PanicFrames()
    {
        PanicReport panic = As<PanicReport>();
        ulong[] frames = new ulong[Math.Min(panic.FrameCount, PanicReport.MaxFrames)];
        for (int i = 0; i < frames.Length; i++)
        {
            frames[i] = panic.Frames[i];
        }

        return frames;
    }

    /// <summary>Bytes before the text, and so the least that a payload of this kind has; -1 for an unknown kind.</summary>
    internal static unsafe int FixedBytes(ReportKind kind) => kind switch
    {
        ReportKind.Boot => sizeof(BootReport),
        ReportKind.Counter => sizeof(CounterReport),
        ReportKind.UserFault => sizeof(FaultReport),
        ReportKind.Panic => sizeof(PanicReport),
        >= ReportKind.Check and <= ReportKind.CaseEnd or ReportKind.Verdict or ReportKind.End or ReportKind.Stream => sizeof(long),
        _ => -1,
    };

    /// <summary>Whether text may follow the fixed part.</summary>
    internal static bool MayHaveText(ReportKind kind) =>
        kind is not (ReportKind.Boot or ReportKind.Counter or ReportKind.UserFault);

    /// <summary>The record in one line, for people.</summary>
    public override string ToString() => $"{Sequence} {Kind}: {Describe()}";

    /// <summary>What it says, in one line, without its number and kind.</summary>
    public string Describe()
    {
        switch (Kind)
        {
            case ReportKind.Boot:
                BootReport boot = As<BootReport>();
                return $"version {boot.Version}, {boot.Cpus} CPUs, {boot.MemoryBytes >> 20} MiB, TSC {boot.TscHz} Hz, "
                    + $"{(boot.Measured != 0 ? "measured, " : "")}{boot.ThreadBytes} bytes a thread";
            case ReportKind.Check:
                return $"{(Value == 1 ? "held" : "FAILED")}: {Text}";
            case ReportKind.CaseParameter or ReportKind.Metric:
                return $"{Text} = {Value}";
            case ReportKind.Stream:
                return $"{Bytes.Length} bytes of stream {Value}";
            case ReportKind.Counter:
                CounterReport counter = As<CounterReport>();
                return $"CPU {counter.Cpu} {CounterNames.Of(counter.Counter)} = {counter.Value}";
            case ReportKind.UserFault:
                FaultReport fault = As<FaultReport>();
                return $"process {fault.Process} thread {fault.Thread} vector {fault.Vector} error 0x{fault.ErrorCode:x} "
                    + $"at 0x{fault.InstructionPointer:x} address 0x{fault.Address:x}";
            case ReportKind.Panic:
                PanicReport panic = As<PanicReport>();
                return $"CPU {panic.Cpu} vector {panic.Vector} error 0x{panic.ErrorCode:x} "
                    + $"at 0x{panic.InstructionPointer:x} address 0x{panic.Address:x}: {Text}";
            default:
                return Text.Length == 0 ? $"{Value}" : $"{Value} {Text}";
        }
    }

    // What a guest sends reaches terminals and one-line reasons: no control characters.
    private static string OneLine(ReadOnlySpan<byte> utf8)
    {
        char[] text = Encoding.UTF8.GetString(utf8).ToCharArray();
        for (int i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]))
            {
                text[i] = ' ';
            }
        }

        return new string(text).Trim();
    }
}
