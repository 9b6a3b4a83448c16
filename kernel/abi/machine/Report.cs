using System.Runtime.InteropServices;

namespace Lachesis.Abi;

/// <summary>
/// The kinds of record on the report channel: what the guest tells the host, apart from the log that people read.
/// Every run of the guest ends with <see cref="Verdict"/> (from a program) or <see cref="Panic"/>, then <see cref="End"/>.
/// </summary>
public enum ReportKind : ushort
{
    /// <summary>The kernel is up. Payload: <see cref="BootReport"/>.</summary>
    Boot = 1,

    /// <summary>A check that a smoke made. Value: 1 held, 0 did not. Text: what was checked.</summary>
    Check = 2,

    /// <summary>A measured case begins. Value: the number of the run, from 0.</summary>
    CaseBegin = 3,

    /// <summary>A parameter of the open case. Value and text: its value and name.</summary>
    CaseParameter = 4,

    /// <summary>A figure: of the open case, or of the whole run when none is open. Value and text: figure and
    /// name.</summary>
    Metric = 5,

    /// <summary>The open case ends. Value: 1 if its result was verified in the guest, 0 if not.</summary>
    CaseEnd = 6,

    /// <summary>One counter of one CPU. Payload: <see cref="CounterReport"/>.</summary>
    Counter = 7,

    /// <summary>A user thread faulted. Payload: <see cref="FaultReport"/>.</summary>
    UserFault = 8,

    /// <summary>The program's own judgement. Value: 0 pass, 1 fail, 2 inconclusive. Text: the reason in one line.</summary>
    Verdict = 9,

    /// <summary>The kernel gave up. Payload: <see cref="PanicReport"/>, then the panic's message as text.</summary>
    Panic = 10,

    /// <summary>The last record of every run that ended as it should. Value: the exit status that QEMU is asked to end
    /// with.</summary>
    End = 11,

    /// <summary>Raw bytes of a stream that a program and its host command agree on. Value: which stream; the bytes follow
    /// in place of text.</summary>
    Stream = 12,
}

/// <summary>
/// What stands before every record's payload. Little-endian, no padding, 16 bytes. <see cref="Length"/> bytes of payload
/// follow. Value-and-text records have a <see cref="long"/> and then UTF-8 without a terminator.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct ReportHeader
{
    /// <summary>The bytes "LREP".</summary>
    public const uint ExpectedMagic = 0x5045_524C;

    /// <summary>The longest payload, in bytes.</summary>
    public const int MaxPayload = 512;

    /// <summary>Always <see cref="ExpectedMagic"/>.</summary>
    public uint Magic;

    /// <summary>What the payload is.</summary>
    public ReportKind Kind;

    /// <summary>Bytes of payload, at most <see cref="MaxPayload"/>.</summary>
    public ushort Length;

    /// <summary>0 for the first record, one more for each: a gap means that something was lost.</summary>
    public uint Sequence;

    /// <summary>FNV-1a (32 bit) over the payload: a torn record shows.</summary>
    public uint Checksum;

    /// <summary>FNV-1a, 32 bit.</summary>
    public static unsafe uint ChecksumOf(byte* data, int length)
    {
        uint hash = 2166136261;
        for (int i = 0; i < length; i++)
        {
            hash = (hash ^ data[i]) * 16777619;
        }

        return hash;
    }
}

/// <summary>Payload of <see cref="ReportKind.Boot"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct BootReport
{
    /// <summary>Version of the report channel; the host refuses any other.</summary>
    public const uint CurrentVersion = 1;

    /// <summary><see cref="CurrentVersion"/>.</summary>
    public uint Version;

    /// <summary>CPUs that run.</summary>
    public uint Cpus;

    /// <summary>Bytes of usable memory that the memory map lists.</summary>
    public ulong MemoryBytes;

    /// <summary>Frequency of the time-stamp counter, as calibrated.</summary>
    public ulong TscHz;

    /// <summary>1 in a measured build, else 0.</summary>
    public uint Measured;

    /// <summary>Bytes of kernel memory per thread.</summary>
    public uint ThreadBytes;
}

/// <summary>Payload of <see cref="ReportKind.Counter"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct CounterReport
{
    /// <summary>The CPU.</summary>
    public ushort Cpu;

    /// <summary>A <see cref="Abi.Counter"/>.</summary>
    public ushort Counter;

    /// <summary>Zero.</summary>
    public uint Reserved;

    /// <summary>Its value.</summary>
    public ulong Value;
}

/// <summary>Payload of <see cref="ReportKind.UserFault"/>.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct FaultReport
{
    /// <summary>Index of the process in its pool.</summary>
    public uint Process;

    /// <summary>Index of the thread in its pool.</summary>
    public uint Thread;

    /// <summary>Exception vector, 0..31.</summary>
    public uint Vector;

    /// <summary>Error code that the CPU pushed, or 0.</summary>
    public uint ErrorCode;

    /// <summary>Where the thread was.</summary>
    public ulong InstructionPointer;

    /// <summary>The address that it touched (page faults), else 0.</summary>
    public ulong Address;
}

/// <summary>Payload of <see cref="ReportKind.Panic"/>; the message follows as UTF-8.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public unsafe struct PanicReport
{
    /// <summary>The most return addresses that a panic reports.</summary>
    public const int MaxFrames = 16;

    /// <summary>The CPU that panicked.</summary>
    public uint Cpu;

    /// <summary>Exception vector, or 256 when the kernel's own code called for it.</summary>
    public uint Vector;

    /// <summary>Error code that the CPU pushed, or 0.</summary>
    public ulong ErrorCode;

    /// <summary>Where it was.</summary>
    public ulong InstructionPointer;

    /// <summary>The faulting address (page faults), else 0.</summary>
    public ulong Address;

    /// <summary>How many of <see cref="Frames"/> count.</summary>
    public ulong FrameCount;

    /// <summary>Return addresses of its callers, innermost first.</summary>
    public fixed ulong Frames[MaxFrames];
}
