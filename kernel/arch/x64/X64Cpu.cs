using System.Runtime.InteropServices;
using Lachesis.Core.Sched;

namespace Lachesis.Arch.X64;

/// <summary>A CPU and what only this architecture needs of it. The core sees the first field.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct X64Cpu
{
    /// <summary>What the core knows.</summary>
    internal Cpu Core;

    /// <summary>Number of its local interrupt controller.</summary>
    internal ulong ApicId;

    /// <summary>1 once it runs C# on its own stack. Written by it, read by the CPU that starts it.</summary>
    internal ulong Started;

    /// <summary>What is the same on all CPUs.</summary>
    internal X64State* Machine;

    /// <summary>Segment descriptors: null, kernel code, kernel data, user data, user code, task (two).</summary>
    internal fixed ulong Gdt[7];

    /// <summary>The task segment: 104 bytes, of which only the stack pointers count.</summary>
    internal fixed uint Tss[26];
}

/// <summary>What all CPUs share of the machine. One, made at boot.</summary>
internal unsafe struct X64State
{
    /// <summary>Physical address of the kernel's own page tables.</summary>
    internal ulong KernelRoot;

    /// <summary>Clock: <see cref="Cpu.ClockBase"/>.</summary>
    internal ulong ClockBase;

    /// <summary>See <see cref="ClockBase"/>: nanoseconds per tick, times 2^32.</summary>
    internal ulong ClockMultiplier;

    /// <summary>Ticks of the time-stamp counter in a second.</summary>
    internal ulong TscHz;

    /// <summary>Ticks of the local timer in a second.</summary>
    internal ulong TimerHz;

    /// <summary>Local timer ticks per nanosecond, times 2^32.</summary>
    internal ulong TimerMultiplier;

    /// <summary>Time-stamp ticks per nanosecond, times 2^32; for TSC-deadline timers.</summary>
    internal ulong TscMultiplier;

    /// <summary>Whether the local controllers are reached through MSRs (x2APIC) rather than memory.</summary>
    internal bool X2Apic;

    /// <summary>Whether the local timer takes a time-stamp value.</summary>
    internal bool TscDeadline;

    /// <summary>Control register 4 bits for protections that this CPU has.</summary>
    internal ulong Cr4Extra;

    /// <summary>The interrupt table, shared by all CPUs.</summary>
    internal InterruptGate* Idt;

    /// <summary>The kernel.</summary>
    internal Core.Kernel* Kernel;

    /// <summary>1 from the first panic on, so that others only stop.</summary>
    internal ulong Panicking;

    /// <summary>1 while a panicking CPU writes.</summary>
    internal ulong PanicOutputLock;

    /// <summary>CPUs that a panic has stopped.</summary>
    internal ulong StoppedCpus;
}
