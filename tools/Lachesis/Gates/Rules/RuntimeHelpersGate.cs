using System.Collections.Generic;
using System.Linq;
using Iced.Intel;
using Lachesis.Tools.Elf;
using Lachesis.Tools.Gates.Code;

namespace Lachesis.Tools.Gates.Rules;

/// <summary>
/// Nothing of the managed runtime that is not there: class constructors (checked at every access), statics that a garbage
/// collector would scan, interface dispatch through cells, allocation, and in the kernel exceptions.
/// </summary>
internal sealed class RuntimeHelpersGate() : Gate("runtime-helpers")
{
    private static readonly (string What, SymbolPattern[] Names)[] s_data =
    [
        ("a class constructor", SymbolPattern.List("*___cctor")),
        ("a static with references", SymbolPattern.List("__GCSTATICS*", "__gcstatics*")),
        ("a thread static", SymbolPattern.List("__THREADSTATICS*", "tls_*")),
        ("an interface dispatch cell", SymbolPattern.List("__InterfaceDispatchCell_*")),
    ];

    private static readonly (string What, SymbolPattern[] Names)[] s_helpers =
    [
        ("the class constructor check", SymbolPattern.List("*ClassConstructorRunner__*")),
        ("interface dispatch", SymbolPattern.List("RhpInitial*InterfaceDispatch*", "RhpInterfaceDispatch*")),
        ("an allocation helper", SymbolPattern.List("RhpNew*", "RhNew*", "RhBox*", "*RuntimeExports__RhNew*")),
    ];

    private static readonly (string What, SymbolPattern[] Names) s_throw =
        ("a throw helper", SymbolPattern.List("RhpThrow*", "RhpRethrow*", "RhThrow*", "*ThrowHelpers__*", "*ThrowHelper__*"));

    protected override string Check(GateInput input)
    {
        foreach (ElfSymbol symbol in input.Image.Symbols)
        {
            if (Find(s_data, symbol.Name) is { } what)
            {
                Report(symbol.Name, $"is {what}");
            }
        }

        (string, SymbolPattern[])[] helpers = input.Profile.IsKernel ? [.. s_helpers, s_throw] : s_helpers;
        foreach (ElfFile file in input.Objects)
        {
            foreach (ElfSymbol symbol in file.Symbols.Where(symbol => symbol.IsUndefined))
            {
                if (Find(helpers, symbol.Name) is { } what)
                {
                    Report(file.Path, $"needs {what}: '{symbol.Name}'");
                }
            }
        }

        foreach (CodeFunction function in input.Code.Functions)
        {
            CheckCalls(input.Code, function, helpers);
        }

        return $"{input.Image.Symbols.Count} symbols, calls of {input.Code.Functions.Count} functions";
    }

    private void CheckCalls(MachineCode code, CodeFunction function, (string What, SymbolPattern[] Names)[] helpers)
    {
        // A helper may call its like: what matters is whether anything else comes to it.
        if (function.Names.Any(name => Find(helpers, name) is not null))
        {
            return;
        }

        foreach (Instruction instruction in function.Instructions)
        {
            if (MachineCode.TargetOf(instruction) is not { } target)
            {
                continue;
            }

            foreach (string name in code.NamesAt(target))
            {
                if (Find(helpers, name) is { } what)
                {
                    Report(function.At(instruction.IP), $"uses {what}: '{name}'");
                }
            }
        }
    }

    private static string? Find(IEnumerable<(string What, SymbolPattern[] Names)> kinds, string name)
    {
        foreach ((string what, SymbolPattern[] names) in kinds)
        {
            if (names.Any(pattern => pattern.Matches(name)))
            {
                return what;
            }
        }

        return null;
    }
}
