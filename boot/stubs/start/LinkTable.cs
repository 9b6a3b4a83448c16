using Lachesis.Boot.Elf;
using static Iced.Intel.AssemblerRegisters;

namespace Lachesis.Boot.Stubs;

/// <summary>Addresses that only the linker knows, as a table that C# reads as a struct (LinkAddresses).</summary>
public static class LinkTable
{
    private static readonly string[] s_symbols =
    [
        "kernel_text_start", "kernel_text_end", "kernel_rodata_end", "kernel_data_end", "boot_page_tables",
        "system_call_entry", "vector_table", "trampoline", "user_access_start", "user_access_failed", "cpu_check",
    ];

    /// <summary>Adds the table and <c>link_addresses</c>, which gives its address.</summary>
    public static void AddTo(RelocatableObject target, StubAssembler stubs)
    {
        ObjectSection table = target.AddSection(".rodata.link", SectionKind.ReadOnlyData, 8);
        foreach (string symbol in s_symbols)
        {
            ulong slot = table.Append(new byte[8]);
            target.AddRelocation(table, slot, symbol, RelocationType.Abs64, 0);
        }

        target.DefineSymbol("link_table", table, 0, table.Length, SymbolType.Object, global: true);
        stubs.Function("link_addresses", a =>
        {
            stubs.LeaExternal(a, rax, "link_table");
            a.ret();
        });
    }
}
