using System;
using Iced.Intel;
using Lachesis.Boot.Elf;

namespace Lachesis.Boot.Stubs;

/// <summary>What ilc's output refers to without ever running it, and where the core library traps.</summary>
public static class RuntimeEntries
{
    /// <summary>Adds the symbols; each function is an undefined instruction.</summary>
    public static void AddTo(RelocatableObject target, StubAssembler stubs)
    {
        // Functions with buffers on the stack keep this value above them and look at it before they return. Not a secret: it
        // catches the kernel's own overruns.
        ObjectSection data = target.AddSection(".rodata.cookie", SectionKind.ReadOnlyData, 8);
        ulong cookie = data.Append(BitConverter.GetBytes(0x5C1A_7E3D_90B2_4F68));
        target.DefineSymbol("__security_cookie", data, cookie, 8, SymbolType.Object, global: true);
        stubs.Function("RhpFallbackFailFast", a => a.ud2());
        stubs.Function("stub_trap", a => a.ud2());
        stubs.Function("RhpReversePInvoke", a => a.ud2());
        stubs.Function("RhpReversePInvokeReturn", a => a.ud2());
    }
}
