using System.Runtime.InteropServices;

namespace Lachesis.Scenarios;

/// <summary>What a thread of a scenario notes down.</summary>
public enum ScenarioEventKind : byte
{
    /// <summary>The thread does its first operation. Value: nanoseconds since it should have.</summary>
    Start = 1,

    /// <summary>It had a CPU and computed. Value: see <see cref="ScenarioEvent.RunInterval"/>.</summary>
    Ran = 2,

    /// <summary>It goes on after it was blocked. Value: nanoseconds since it was woken.</summary>
    Woken = 3,

    /// <summary>It goes on after it lost the CPU and could have run, in the midst of computing or in a system call. Value: for how many
    /// nanoseconds it did not run.</summary>
    LostCpu = 4,

    /// <summary>It came to a timer. Value: nanoseconds left of the period; negative: a miss.</summary>
    Slack = 5,

    /// <summary>One activation is over. Value: 0.</summary>
    Activation = 6,

    /// <summary>The thread is at its end, or the scenario is. Value: 0.</summary>
    End = 7,

    /// <summary>It blocked, at that instant. Value: see <see cref="ScenarioEvent.ForResource"/>. Noted once it goes on, before <see
    /// cref="Woken"/>, or at the end, before <see cref="RunnableAtEnd"/> or <see cref="End"/>.</summary>
    Blocked = 8,

    /// <summary>The scenario ended while it could have run and did not. Value: nanoseconds since it could; it had not been woken
    /// before, but had just begun, or lost the CPU.</summary>
    RunnableAtEnd = 9,

    /// <summary>The same after it was woken.</summary>
    WokenAtEnd = 10,

    /// <summary>It did what a mutex does not allow, and everything stops. Value: see <see cref="ScenarioEvent.ForResource"/>.</summary>
    Violation = 11,

    /// <summary>A figure of the kernel's own ledger of the thread, at its end: in place of the instant a <see
    /// cref="ScenarioLedger"/>. Value: the figure.</summary>
    Ledger = 12,
}

/// <summary>What a thread may not do.</summary>
public enum ScenarioViolation : byte
{
    /// <summary>Nothing of that kind.</summary>
    None = 0,

    /// <summary>Unlocking a mutex that it does not hold.</summary>
    UnlockNotHeld = 1,

    /// <summary>Waiting for a condition with a mutex that it does not hold.</summary>
    WaitNotHeld = 2,
}

/// <summary>Figures of the kernel's ledger that are noted (<see cref="ScenarioEventKind.Ledger"/>).</summary>
public enum ScenarioLedger : byte
{
    /// <summary>CPU time in nanoseconds, system calls included.</summary>
    RuntimeNs = 0,

    /// <summary>Nanoseconds that it could have run and did not.</summary>
    WaitNs = 1,

    /// <summary>Times it began to run after another thread or idle.</summary>
    Switches = 2,

    /// <summary>Times it lost the CPU to a timer or a wake.</summary>
    Preemptions = 3,

    /// <summary>Times it began to run on another CPU than before.</summary>
    Migrations = 4,

    /// <summary>How many there are; not one itself.</summary>
    Count = 5,
}

/// <summary>One note: when, what, and a value.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct ScenarioEvent
{
    private const int KindShift = 56;
    private const int CpuShift = 48;
    private const ulong LengthMask = (1ul << CpuShift) - 1;
    private const int HolderShift = 16;
    private const int ViolationShift = 48;

    private readonly ulong _stamp;
    private readonly ulong _value;

    /// <summary>A note of nanosecond <paramref name="at"/> since the scenario's start.</summary>
    public ScenarioEvent(ScenarioEventKind kind, long at, long value)
    {
        _stamp = ((ulong)kind << KindShift) | ((ulong)at & ((1ul << KindShift) - 1));
        _value = (ulong)value;
    }

    /// <summary>What.</summary>
    public ScenarioEventKind Kind => (ScenarioEventKind)(_stamp >> KindShift);

    /// <summary>When, in nanoseconds since the scenario's start.</summary>
    public long TimeNs => (long)(_stamp & ((1ul << KindShift) - 1));

    /// <summary>See <see cref="Kind"/>.</summary>
    public long Value => (long)_value;

    /// <summary>Of <see cref="ScenarioEventKind.Ran"/>: nanoseconds.</summary>
    public long DurationNs => (long)(_value & LengthMask);

    /// <summary>Of <see cref="ScenarioEventKind.Ran"/>: the CPU.</summary>
    public uint Cpu => (uint)(_value >> CpuShift) & 0xFF;

    /// <summary>The note of a stretch of CPU time.</summary>
    public static ScenarioEvent RunInterval(long start, long length, uint cpu) => new(
        ScenarioEventKind.Ran, start, (long)(((ulong)length & LengthMask) | ((ulong)cpu << CpuShift)));

    /// <summary>Of a note about a resource: its number.</summary>
    public uint Resource => (uint)(_value & ushort.MaxValue);

    /// <summary>Of a note about a mutex: the number of the thread that held it, or -1.</summary>
    public long Holder => (long)(_value >> HolderShift & uint.MaxValue) - 1;

    /// <summary>Of <see cref="ScenarioEventKind.Violation"/>: which.</summary>
    public ScenarioViolation Violation => (ScenarioViolation)(_value >> ViolationShift & 0xFF);

    /// <summary>The note of something about a resource.</summary>
    /// <param name="kind">What.</param>
    /// <param name="at">When.</param>
    /// <param name="resource">The resource's number.</param>
    /// <param name="holder">The number of the thread that held it plus one; 0: nobody did.</param>
    /// <param name="violation">What was not allowed.</param>
    public static ScenarioEvent ForResource(
        ScenarioEventKind kind, long at, uint resource, ulong holder, ScenarioViolation violation = ScenarioViolation.None) =>
        new(kind, at, (long)(resource | (holder << HolderShift) | ((ulong)violation << ViolationShift)));
}
