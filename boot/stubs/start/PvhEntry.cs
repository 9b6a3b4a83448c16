using System;
using System.Buffers.Binary;
using Iced.Intel;
using Lachesis.Boot.Elf;
using static Iced.Intel.AssemblerRegisters;

namespace Lachesis.Boot.Stubs;

/// <summary>
/// Where the machine starts: 32-bit protected mode, paging off, ebx = physical address of the PVH start information. This
/// part is linked at its physical address. It turns on long mode over fixed page tables that map the first 4 GiB three
/// times (where they are, in the direct map, at the kernel's link address) and calls C# in the upper half.
/// </summary>
public static class PvhEntry
{
    private const int EntriesPerTable = 512;
    private const int TableBytes = 4096;
    private const int GigabytesMapped = 4;
    private const int ScratchBytes = 64;

    // Page table bits: present, writable, large.
    private const ulong Table = 0x3;
    private const ulong LargePage = 0x83;

    private const uint Cr4Start = 1 << 5 | 1 << 9 | 1 << 10; // PAE, SSE and its exceptions
    private const uint EferMsr = 0xC000_0080;
    private const uint EferStart = 1 << 8 | 1 << 11; // long mode, no-execute
    private const uint Cr0Start = 1u << 31 | 1 << 16 | 1 << 5 | 1 << 1 | 1; // paging, write protect, native FP errors, MP, PE

    private static readonly ulong[] s_gdt = [0, 0x00AF_9A00_0000_FFFF, 0x00CF_9200_0000_FFFF];

    /// <summary>Adds the note that QEMU looks for, the entry code, the first page tables and the first GDT.</summary>
    public static void AddTo(RelocatableObject target)
    {
        AddNote(target);
        ObjectSection data = AddTables(target);
        ObjectSection code = target.AddSection(".boot.text", SectionKind.Code, 16);
        StubAssembler stubs = new(target, code, 32);
        AddEntry(stubs);
        CpuCheck.AddTo(target, stubs, data);
        AddLongMode(new StubAssembler(target, code, 64));
    }

    // Type 18, owner "Xen": the 32-bit entry point.
    private static void AddNote(RelocatableObject target)
    {
        ObjectSection note = target.AddSection(".note.Xen", SectionKind.Note, 4);
        byte[] header = new byte[16];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 4);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(4), 8);
        BinaryPrimitives.WriteUInt32LittleEndian(header.AsSpan(8), 18);
        "Xen\0"u8.CopyTo(header.AsSpan(12));
        note.Append(header);
        ulong entry = note.Append(new byte[8]);
        target.AddRelocation(note, entry, "pvh_entry", RelocationType.Abs64, 0);
    }

    private static ObjectSection AddTables(RelocatableObject target)
    {
        ObjectSection tables = target.AddSection(".boot.data", SectionKind.Data, TableBytes);
        ulong root = tables.Append(new byte[TableBytes]);
        ulong lower = tables.Append(new byte[TableBytes]);
        ulong upper = tables.Append(new byte[TableBytes]);
        ulong directories = tables.Append(Directories());
        target.DefineSymbol("boot_page_tables", tables, root, TableBytes, SymbolType.Object, global: true);
        target.DefineSymbol("boot_lower_tables", tables, lower, TableBytes, SymbolType.Object, global: true);
        target.DefineSymbol("boot_upper_tables", tables, upper, TableBytes, SymbolType.Object, global: true);
        target.DefineSymbol(
            "boot_directories", tables, directories, GigabytesMapped * TableBytes, SymbolType.Object, global: true);

        void Point(ulong table, int index, string to, int gigabyte = 0) => target.AddRelocation(
            tables, table + ((ulong)index * 8), to, RelocationType.Abs64, (long)Table + (gigabyte * TableBytes));

        Point(root, 0, "boot_lower_tables");
        Point(root, 256, "boot_lower_tables");
        Point(root, 511, "boot_upper_tables");
        for (int i = 0; i < GigabytesMapped; i++)
        {
            Point(lower, i, "boot_directories", i);
        }

        Point(upper, 510, "boot_directories");
        Point(upper, 511, "boot_directories", 1);

        byte[] gdt = new byte[s_gdt.Length * 8];
        for (int i = 0; i < s_gdt.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(gdt.AsSpan(i * 8), s_gdt[i]);
        }

        ulong gdtAt = tables.Append(gdt);
        target.DefineSymbol("boot_gdt", tables, gdtAt, (ulong)gdt.Length, SymbolType.Object, global: true);
        ulong pointer = tables.Append([(byte)(gdt.Length - 1), 0]);
        ulong address = tables.Append(new byte[8]);
        target.AddRelocation(tables, address, "boot_gdt", RelocationType.Abs64, 0);
        target.DefineSymbol("boot_gdt_pointer", tables, pointer, 10, SymbolType.Object, global: true);
        tables.Align(16);
        ulong scratch = tables.Append(new byte[ScratchBytes]);
        target.DefineSymbol("boot_scratch_stack", tables, scratch, ScratchBytes, SymbolType.Object, global: true);
        return tables;
    }

    private static byte[] Directories()
    {
        byte[] bytes = new byte[GigabytesMapped * TableBytes];
        for (int i = 0; i < GigabytesMapped * EntriesPerTable; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * 8), ((ulong)i << 21) | LargePage);
        }

        return bytes;
    }

    private static void AddEntry(StubAssembler stubs) => stubs.Function("pvh_entry", a =>
    {
        a.cli();
        a.cld();
        a.mov(esi, ebx);
        stubs.MovAddress32(a, esp, "boot_scratch_stack", ScratchBytes);
        stubs.CallExternal(a, "cpu_check");
        stubs.MovAddress32(a, eax, "boot_page_tables");
        a.mov(cr3, eax);
        a.mov(eax, Cr4Start);
        a.mov(cr4, eax);
        a.mov(ecx, EferMsr);
        a.rdmsr();
        a.or(eax, EferStart);
        a.wrmsr();
        a.mov(eax, Cr0Start);
        a.mov(cr0, eax);
        a.lgdt(stubs.Memory(a, "boot_gdt_pointer"));

        // Into 64-bit code: the far return takes its selector and offset from the stack.
        a.push(8);
        stubs.MovAddress32(a, eax, "boot_long_mode");
        a.push(eax);
        a.retf();
    });

    private static void AddLongMode(StubAssembler stubs) => stubs.Function("boot_long_mode", a =>
    {
        a.mov(eax, 0x10);
        a.mov(ds, ax);
        a.mov(es, ax);
        a.mov(ss, ax);
        stubs.MovAddress64(a, rsp, "boot_stack_top");
        a.xor(ebp, ebp);
        a.mov(edi, esi);
        stubs.MovAddress64(a, rax, "kernel_boot");
        a.call(rax);
        a.ud2();
    });
}
