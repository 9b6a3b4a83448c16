using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched;

namespace Lachesis.Core.Output;

/// <summary>The two ways out: lines for people, and records for the host (<see cref="ReportKind"/>). Never mixed.</summary>
public static unsafe class Output<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>Writes bytes to the log, unbroken by other CPUs' lines.</summary>
    public static void Log(Cpu* cpu, byte* text, ulong bytes)
    {
        cpu->Kernel->OutputLock.Acquire<TMachine>(cpu, LockRank.Output);
        TMachine.WriteLog(text, bytes);
        cpu->Kernel->OutputLock.Release<TMachine>(cpu, LockRank.Output);
        EventCounters.CountIfMeasured(cpu, Counter.SerialBytes, (long)bytes);
    }

    /// <summary>Writes one record; its payload has at most <see cref="ReportHeader.MaxPayload"/> bytes.</summary>
    public static void Report(Cpu* cpu, ReportKind kind, void* payload, ulong bytes)
    {
        Kernel* kernel = cpu->Kernel;
        kernel->OutputLock.Acquire<TMachine>(cpu, LockRank.Output);
        WriteRecord(kernel, kind, payload, bytes);
        kernel->OutputLock.Release<TMachine>(cpu, LockRank.Output);
        EventCounters.CountIfMeasured(cpu, Counter.SerialBytes, sizeof(ReportHeader) + (long)bytes);
    }

    /// <summary>The same without the lock: for a panic, when its holder may be the one that failed.</summary>
    public static void WriteRecord(Kernel* kernel, ReportKind kind, void* payload, ulong bytes)
    {
        ReportHeader header = default;
        header.Magic = ReportHeader.ExpectedMagic;
        header.Kind = kind;
        header.Length = (ushort)bytes;
        header.Sequence = kernel->ReportSequence++;
        header.Checksum = ReportHeader.ChecksumOf((byte*)payload, (int)bytes);
        TMachine.WriteReport((byte*)&header, (ulong)sizeof(ReportHeader));
        TMachine.WriteReport((byte*)payload, bytes);
    }

    /// <summary>Reports all counters of all CPUs, then the end, and ends the machine with that value; never
    /// returns.</summary>
    public static void End(Cpu* cpu, uint exitValue)
    {
        for (uint id = 0; id < cpu->Kernel->CpuCount; id++)
        {
            Cpu* other = cpu->Kernel->CpuAt(id);
            for (uint counter = 0; counter < (uint)Counter.Count; counter++)
            {
                CounterReport report = default;
                report.Cpu = (ushort)id;
                report.Counter = (ushort)counter;
                report.Value = other->Counters[(Counter)counter];
                Report(cpu, ReportKind.Counter, &report, (ulong)sizeof(CounterReport));
            }
        }

        long value = exitValue;
        Report(cpu, ReportKind.End, &value, sizeof(long));
        TMachine.Exit(exitValue);
    }

    /// <summary>Every program has ended and none gave a verdict or ended the machine: that is a failure.</summary>
    public static void EndWithoutVerdict(Cpu* cpu) => End(cpu, Platform.ExitFail);
}
