using System.Runtime.InteropServices;

namespace Lachesis.Scenarios;

/// <summary>What a thread of a scenario notes down.</summary>
public enum ScenarioEventKind : byte
{
    /// <summary>The thread does its first operation. Value: nanoseconds since it should have.</summary>
    Start = 1,

    /// <summary>It had a CPU and computed. Value: see <see cref="ScenarioEvent.Stretch"/>.</summary>
    Ran = 2,

    /// <summary>It goes on after it was blocked. Value: nanoseconds since it was woken.</summary>
    Woken = 3,

    /// <summary>It goes on after a yield. Value: nanoseconds since then.</summary>
    Yielded = 4,

    /// <summary>It came to a timer. Value: nanoseconds left of the period; negative: a miss.</summary>
    Slack = 5,

    /// <summary>One activation is over. Value: 0.</summary>
    Activation = 6,

    /// <summary>The thread is at its end. Value: 0.</summary>
    End = 7,
}

/// <summary>One note: when, what, and a value.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public readonly struct ScenarioEvent
{
    private const int KindShift = 56;
    private const int CpuShift = 48;
    private const ulong Continued = 1ul << 63;
    private const ulong LengthMask = (1ul << CpuShift) - 1;

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
    public long At => (long)(_stamp & ((1ul << KindShift) - 1));

    /// <summary>See <see cref="Kind"/>.</summary>
    public long Value => (long)_value;

    /// <summary>Of <see cref="ScenarioEventKind.Ran"/>: nanoseconds.</summary>
    public long Length => (long)(_value & LengthMask);

    /// <summary>Of <see cref="ScenarioEventKind.Ran"/>: the CPU.</summary>
    public uint Cpu => (uint)(_value >> CpuShift) & 0xFF;

    /// <summary>Of <see cref="ScenarioEventKind.Ran"/>: whether it goes on with an operation in which it lost the CPU, so
    /// that the time since the stretch before was spent waiting.</summary>
    public bool IsContinued => (_value & Continued) != 0;

    /// <summary>The note of a stretch of CPU time.</summary>
    public static ScenarioEvent Stretch(long start, long length, uint cpu, bool continued) => new(
        ScenarioEventKind.Ran, start,
        (long)(((ulong)length & LengthMask) | ((ulong)cpu << CpuShift) | (continued ? Continued : 0)));
}
