using System;
using System.Buffers.Binary;
using System.IO;
using Iced.Intel;
using Lachesis.Boot.Elf;
using static Iced.Intel.AssemblerRegisters;

namespace Lachesis.Boot.Stubs;

/// <summary>
/// Where the other CPUs start: real mode, at a page below 1 MiB that the kernel copies this to. Three steps, each at a fixed
/// place of the page: 16-bit, 32-bit, 64-bit code; then a GDT; then the mailbox in which the kernel says where to go on; at
/// the end, the stack of the check of the CPU.
/// </summary>
public static class Trampoline
{
    /// <summary>Physical address that the code is made for; the kernel copies it there (StartOtherCpus).</summary>
    public const int Address = 0x8000;

    private const int Protected = 0x40;
    private const int Long = 0xC0;
    private const int Gdt = 0xE00;
    private const int GdtPointer = 0xE40;
    private const int Mailbox = 0xF00;
    private const int PageBytes = 4096;
    private const uint EferMsr = 0xC000_0080;

    private static readonly ulong[] s_gdt =
        [0, 0x00CF_9A00_0000_FFFF, 0x00CF_9200_0000_FFFF, 0x00AF_9A00_0000_FFFF];

    /// <summary>Adds the page as data: the symbol <c>trampoline</c>.</summary>
    public static void AddTo(RelocatableObject target)
    {
        byte[] page = new byte[PageBytes];
        Put(page, 0, RealMode());
        Put(page, Protected, ProtectedMode());
        Put(page, Long, LongMode());
        for (int i = 0; i < s_gdt.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(page.AsSpan(Gdt + (i * 8)), s_gdt[i]);
        }

        BinaryPrimitives.WriteUInt16LittleEndian(page.AsSpan(GdtPointer), (ushort)((s_gdt.Length * 8) - 1));
        BinaryPrimitives.WriteUInt32LittleEndian(page.AsSpan(GdtPointer + 2), Address + Gdt);
        ObjectSection section = target.AddSection(".rodata.trampoline", SectionKind.ReadOnlyData, 16);
        section.Append(page);
        target.DefineSymbol("trampoline", section, 0, (ulong)page.Length, SymbolType.Object, global: true);
    }

    private static Assembler RealMode()
    {
        var a = new Assembler(16);
        a.cli();
        a.cld();
        a.xor(ax, ax);
        a.mov(ds, ax);
        a.lgdt(__[Address + GdtPointer]);
        a.mov(eax, cr0);
        a.or(eax, 1);
        a.mov(cr0, eax);
        a.jmp(8, Address + Protected);
        return a;
    }

    private static Assembler ProtectedMode()
    {
        var a = new Assembler(32);
        a.mov(eax, 0x10);
        a.mov(ds, ax);
        a.mov(es, ax);
        a.mov(ss, ax);
        a.mov(esp, Address + PageBytes);
        a.call(__dword_ptr[Address + Mailbox + 32]);
        a.mov(eax, 1 << 5 | 1 << 9 | 1 << 10);
        a.mov(cr4, eax);
        a.mov(eax, __dword_ptr[Address + Mailbox]);
        a.mov(cr3, eax);
        a.mov(ecx, EferMsr);
        a.rdmsr();
        a.or(eax, 1 << 8 | 1 << 11);
        a.wrmsr();
        a.mov(eax, unchecked((int)0x8001_0023));
        a.mov(cr0, eax);
        a.AddInstruction(Instruction.CreateBranch(Code.Jmp_ptr1632, 0x18, Address + Long));
        return a;
    }

    private static Assembler LongMode()
    {
        var a = new Assembler(64);
        a.xor(ebp, ebp);
        a.mov(rsp, __qword_ptr[Address + Mailbox + 8]);
        a.mov(rdi, __qword_ptr[Address + Mailbox + 16]);
        a.mov(rax, __qword_ptr[Address + Mailbox + 24]);
        a.call(rax);
        a.ud2();
        return a;
    }

    private static void Put(byte[] page, int offset, Assembler a)
    {
        var code = new MemoryStream();
        a.Assemble(new StreamCodeWriter(code), Address + (ulong)offset);
        byte[] bytes = code.ToArray();
        int limit = offset == 0 ? Protected : offset == Protected ? Long : Gdt;
        if (offset + bytes.Length > limit)
        {
            throw new InvalidOperationException($"trampoline: the code at {offset:x} reaches beyond {limit:x}");
        }

        bytes.CopyTo(page, offset);
    }
}
