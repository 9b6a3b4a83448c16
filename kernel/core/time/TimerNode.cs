using System.Runtime.InteropServices;

namespace Lachesis.Core.Time;

/// <summary>What a timer node is part of.</summary>
public enum TimerOwnerKind : ushort
{
    /// <summary>A thread that sleeps, or waits with a deadline.</summary>
    Thread = 0,

    /// <summary>A <see cref="Timers.Timer"/>.</summary>
    Timer = 1,
}

/// <summary>What waits for an instant, embedded in the object that does.</summary>
[StructLayout(LayoutKind.Sequential)]
public struct TimerNode
{
    /// <summary>When it fires, or <see cref="Instant.Never"/>.</summary>
    public Instant Deadline;

    /// <summary>While it is in a timer queue: its place in the heap, counted from 1; otherwise 0. Under that queue's
    /// lock.</summary>
    public uint HeapSlot;

    /// <summary>While it is in a timer queue: the CPU whose queue that is.</summary>
    public ushort Cpu;

    /// <summary>What it is embedded in.</summary>
    public TimerOwnerKind OwnerKind;
}
