using System;
using System.Collections.Generic;
using System.Linq;
using System.Text;
using Iced.Intel;
using Lachesis.Abi;
using Lachesis.Boot.Elf;
using static Iced.Intel.AssemblerRegisters;

namespace Lachesis.Boot.Stubs;

/// <summary>
/// What the kernel and its programs need of a CPU, checked on each before anything of it is used: 32-bit code, as both ways
/// into long mode pass through that (PvhEntry, Trampoline). A CPU that lacks something is named on the log with all that it
/// lacks, and the machine ends with <see cref="Platform.ExitUnsupportedCpu"/>.
/// </summary>
public static class CpuCheck
{
    private const int EntryBytes = 16;
    private const int WordBytes = sizeof(uint);
    private const uint LineStatus = Platform.LogPort + 5;
    private const int TransmitEmpty = 0x20;
    private const uint ExtendedLeaves = 0x8000_0000;

    private const string Words = "cpu_check_words";
    private const string Table = "cpu_check_table";
    private const string Beginning = "cpu_check_beginning";
    private const string Separator = "cpu_check_separator";
    private const string Ending = "cpu_check_ending";
    private const string Put = "cpu_check_put";

    /// <summary>
    /// The features, by the CPUID register that says so (edx and ecx of leaf 1, then of leaf 8000_0001h: 32 bits each) and their
    /// bit in it. The kernel's own need and x86-64-v2, for which the compiler may make code.
    /// </summary>
    public static IReadOnlyList<(int Word, int Bit, string Name)> Features { get; } =
    [
        (0, 0, "FPU"), (0, 3, "PSE"), (0, 4, "TSC"), (0, 5, "MSR"), (0, 6, "PAE"), (0, 7, "MCE"), (0, 8, "CX8"), (0, 9, "APIC"),
        (0, 13, "PGE"), (0, 15, "CMOV"), (0, 24, "FXSR"), (0, 25, "SSE"), (0, 26, "SSE2"),
        (1, 0, "SSE3"), (1, 9, "SSSE3"), (1, 13, "CX16"), (1, 19, "SSE4.1"), (1, 20, "SSE4.2"), (1, 23, "POPCNT"),
        (2, 11, "SYSCALL"), (2, 20, "NX"), (2, 29, "LM"),
        (3, 0, "LAHF"),
    ];

    /// <summary>Adds <c>cpu_check</c>: returns if the CPU has everything. Changes all registers but esi; needs 16 bytes of
    /// stack.</summary>
    /// <param name="target">The object.</param>
    /// <param name="stubs">The 32-bit boot code.</param>
    /// <param name="data">The boot part's writable data.</param>
    public static void AddTo(RelocatableObject target, StubAssembler stubs, ObjectSection data)
    {
        AddData(target, data);
        stubs.Function("cpu_check", a => Check(stubs, a));
        stubs.Function("cpu_check_refuse", a => Refuse(stubs, a));
        stubs.Function(Put, a => PutText(a));
    }

    private static void AddData(RelocatableObject target, ObjectSection data)
    {
        void Define(string name, byte[] bytes)
        {
            data.Align(WordBytes);
            ulong at = data.Append(bytes);
            target.DefineSymbol(name, data, at, (ulong)bytes.Length, SymbolType.Object, global: false);
        }

        Define(Words, new byte[4 * WordBytes]);
        Define(Table, [.. Features.SelectMany(Entry)]);
        Define(Beginning, Text("this CPU lacks "));
        Define(Separator, Text(", "));
        Define(Ending, Text(", which the kernel needs\n"));
    }

    private static byte[] Text(string text) => Encoding.ASCII.GetBytes(text + "\0");

    // Its bit among those of all words, then its name, ended by zero.
    private static byte[] Entry((int Word, int Bit, string Name) feature)
    {
        byte[] entry = new byte[EntryBytes];
        entry[0] = (byte)((feature.Word * 32) + feature.Bit);
        Encoding.ASCII.GetBytes(feature.Name, entry.AsSpan(1..^1));
        return entry;
    }

    private static void Check(StubAssembler stubs, Assembler a)
    {
        Label none = a.CreateLabel();
        a.mov(eax, 1);
        a.cpuid();
        a.mov(stubs.Memory(a, Words, size: __dword_ptr), edx);
        a.mov(stubs.Memory(a, Words, WordBytes, __dword_ptr), ecx);
        a.mov(eax, ExtendedLeaves);
        a.cpuid();
        a.xor(ecx, ecx);
        a.xor(edx, edx);
        a.cmp(eax, ExtendedLeaves + 1);
        a.jb(none);
        a.mov(eax, ExtendedLeaves + 1);
        a.cpuid();
        a.Label(ref none);
        a.mov(stubs.Memory(a, Words, 2 * WordBytes, __dword_ptr), edx);
        a.mov(stubs.Memory(a, Words, 3 * WordBytes, __dword_ptr), ecx);
        for (int word = 0; word < 4; word++)
        {
            uint mask = Features.Where(feature => feature.Word == word).Aggregate(0u, static (bits, feature) => bits | (1u << feature.Bit));
            a.mov(eax, stubs.Memory(a, Words, word * WordBytes, __dword_ptr));
            a.not(eax);
            a.test(eax, mask);
            stubs.JneExternal(a, "cpu_check_refuse");
        }

        a.ret();
    }

    private static void Refuse(StubAssembler stubs, Assembler a)
    {
        Label next = a.CreateLabel();
        Label has = a.CreateLabel();
        Label halt = a.CreateLabel();
        stubs.MovAddress32(a, ebx, Beginning);
        stubs.MovAddress32(a, ebp, Table);
        a.mov(edi, Features.Count);
        a.Label(ref next);
        a.movzx(eax, __byte_ptr[ebp]);
        a.bt(stubs.Memory(a, Words, size: __dword_ptr), eax);
        a.jc(has);

        // What stands before it: the beginning of the line, or a separator from the last.
        stubs.CallExternal(a, Put);
        a.lea(ebx, __dword_ptr[ebp + 1]);
        stubs.CallExternal(a, Put);
        stubs.MovAddress32(a, ebx, Separator);
        a.Label(ref has);
        a.add(ebp, EntryBytes);
        a.dec(edi);
        a.jne(next);
        stubs.MovAddress32(a, ebx, Ending);
        stubs.CallExternal(a, Put);
        a.mov(edx, (uint)Platform.ExitPort);
        a.mov(eax, Platform.ExitUnsupportedCpu);
        a.@out(dx, eax);
        a.Label(ref halt);
        a.hlt();
        a.jmp(halt);
    }

    // Text from ebx to its zero. Changes eax, ebx, edx.
    private static void PutText(Assembler a)
    {
        Label next = a.CreateLabel();
        Label wait = a.CreateLabel();
        Label end = a.CreateLabel();
        a.Label(ref next);
        a.cmp(__byte_ptr[ebx], 0);
        a.je(end);
        a.mov(edx, LineStatus);
        a.Label(ref wait);
        a.@in(al, dx);
        a.test(al, TransmitEmpty);
        a.je(wait);
        a.mov(al, __byte_ptr[ebx]);
        a.mov(edx, (uint)Platform.LogPort);
        a.@out(dx, al);
        a.inc(ebx);
        a.jmp(next);
        a.Label(ref end);
        a.ret();
    }
}
