using System.Collections.Generic;
using Lachesis.Tools.Gates.Code;
using Lachesis.Tools.Gates.Rules;

namespace Lachesis.Tools.Gates;

/// <summary>What is asked of an image. Kernel and guest programs differ in a few points; commands add to these.</summary>
public sealed record GateProfile
{
    // ilc's startup method refers to them in every library; the kernel's stubs define them, and nothing calls it.
    private static readonly SymbolPattern[] s_startup = SymbolPattern.List("RhpReversePInvoke", "RhpReversePInvokeReturn");

    /// <summary>The kernel: nothing may throw, and system calls or software interrupts are no business of it.</summary>
    public static GateProfile Kernel { get; } = new()
    {
        Name = "kernel",
        IsKernel = true,
        Code32 = SymbolPattern.List("pvh_entry", "cpu_check*"),
    };

    /// <summary>A guest program: may call a throw helper (which ends it); its stubs may do what a program cannot, to test
    /// that it cannot.</summary>
    public static GateProfile Program { get; } = new() { Name = "program", IsKernel = false };

    /// <summary>Its name.</summary>
    public required string Name { get; init; }

    /// <summary>Whether the code runs in kernel mode.</summary>
    public required bool IsKernel { get; init; }

    /// <summary>Symbols that the compiler's objects may leave undefined, besides those that the stubs define.</summary>
    public IReadOnlyList<SymbolPattern> AllowedUndefined { get; init; } = s_startup;

    /// <summary>
    /// The function on the way out of a system call that clears vector registers: compiled code may use only those. Null:
    /// any.
    /// </summary>
    public string? ClearedBy { get; init; }

    /// <summary>Stubs that run in 16-bit mode.</summary>
    public IReadOnlyList<SymbolPattern> Code16 { get; init; } = [];

    /// <summary>Stubs that run in 32-bit mode.</summary>
    public IReadOnlyList<SymbolPattern> Code32 { get; init; } = [];

    /// <summary>What is promised about all code that paths of the kernel can reach.</summary>
    public IReadOnlyList<PathPromise> Paths { get; init; } = [];
}
