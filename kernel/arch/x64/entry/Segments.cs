using System.Runtime.InteropServices;

namespace Lachesis.Arch.X64;

/// <summary>One entry of the interrupt table.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct InterruptGate
{
    internal ulong Low;
    internal ulong High;
}

/// <summary>Segments, task segment and interrupt table of a CPU. The selectors are also in boot/stubs
/// (ThreadResume).</summary>
internal static unsafe class Segments
{
    internal const ushort KernelCode = 0x08;
    internal const ushort KernelData = 0x10;
    internal const ushort TssSelector = 0x28;

    /// <summary>sysret takes its data selector from here + 8 and its code selector from here + 16: user data, user
    /// code.</summary>
    internal const ushort UserBase = 0x10;

    private const ulong InterruptGateBits = 0x8E00_0000_0000;
    private const int IdtBytes = 256 * 16;

    // Interrupt stack table slots for what may come between any two instructions.
    private const int NmiStack = 1;
    private const int DoubleFaultStack = 2;
    private const int MachineCheckStack = 3;

    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    private struct TablePointer
    {
        internal ushort Limit;
        internal ulong Base;
    }

    /// <summary>Fills the interrupt table that all CPUs share.</summary>
    internal static void FillIdt(InterruptGate* idt)
    {
        ulong* stubs = (ulong*)Stubs.LinkAddresses()->VectorTable;
        for (int vector = 0; vector < 256; vector++)
        {
            ulong stack = vector switch { 2 => NmiStack, 8 => DoubleFaultStack, 18 => MachineCheckStack, _ => 0ul };
            ulong address = stubs[vector];
            idt[vector].Low = (address & 0xFFFF) | (ulong)KernelCode << 16 | stack << 32 | InterruptGateBits
                | (address >> 16 & 0xFFFF) << 48;
            idt[vector].High = address >> 32;
        }
    }

    /// <summary>Loads the calling CPU's own tables. <paramref name="stacks"/>: tops of its NMI, double fault, machine
    /// check stacks.</summary>
    internal static void Load(X64Cpu* cpu, ulong kernelStack, ulong* stacks)
    {
        SetTssPointer(cpu, 4, kernelStack);
        SetTssPointer(cpu, 36, stacks[0]);
        SetTssPointer(cpu, 44, stacks[1]);
        SetTssPointer(cpu, 52, stacks[2]);
        cpu->Tss[25] = 104 << 16;

        ulong task = (ulong)cpu->Tss;
        cpu->Gdt[0] = 0;
        cpu->Gdt[1] = 0x00AF_9A00_0000_FFFF;
        cpu->Gdt[2] = 0x00CF_9200_0000_FFFF;
        cpu->Gdt[3] = 0x00CF_F200_0000_FFFF;
        cpu->Gdt[4] = 0x00AF_FA00_0000_FFFF;
        cpu->Gdt[5] = 103 | (task & 0xFF_FFFF) << 16 | 0x89ul << 40 | (task >> 24 & 0xFF) << 56;
        cpu->Gdt[6] = task >> 32;

        TablePointer pointer = default;
        pointer.Limit = (7 * 8) - 1;
        pointer.Base = (ulong)cpu->Gdt;
        Stubs.LoadGdt(&pointer, KernelCode, KernelData);
        Stubs.LoadTaskRegister(TssSelector);
        pointer.Limit = IdtBytes - 1;
        pointer.Base = (ulong)cpu->Machine->Idt;
        Stubs.LoadIdt(&pointer);
    }

    // The 64-bit fields of the task segment are not 8-byte aligned.
    private static void SetTssPointer(X64Cpu* cpu, int offset, ulong value)
    {
        cpu->Tss[offset / 4] = (uint)value;
        cpu->Tss[(offset / 4) + 1] = (uint)(value >> 32);
    }
}
