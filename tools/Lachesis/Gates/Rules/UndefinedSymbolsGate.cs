using System.Collections.Generic;
using System.Linq;
using Lachesis.Tools.Elf;

namespace Lachesis.Tools.Gates.Rules;

/// <summary>The image leaves nothing undefined, and the compiler's objects only what the stubs define or a list allows: a
/// new runtime helper that the compiler comes to need is seen here, not at run time.</summary>
internal sealed class UndefinedSymbolsGate() : Gate("undefined-symbols")
{
    protected override string Check(GateInput input)
    {
        foreach (ElfSymbol symbol in input.Image.Symbols.Where(symbol => symbol.IsUndefined))
        {
            Report(input.Image.Path, $"'{symbol.Name}' is undefined");
        }

        HashSet<string> fromStubs = input.Stubs
            .SelectMany(stub => stub.Symbols)
            .Where(symbol => symbol is { IsUndefined: false, IsGlobal: true })
            .Select(symbol => symbol.Name)
            .ToHashSet();
        int count = 0;
        foreach (ElfFile file in input.Objects)
        {
            foreach (ElfSymbol symbol in file.Symbols.Where(symbol => symbol.IsUndefined))
            {
                count++;
                if (!fromStubs.Contains(symbol.Name)
                    && !input.Profile.AllowedUndefined.Any(pattern => pattern.Matches(symbol.Name)))
                {
                    Report(file.Path, $"'{symbol.Name}' is undefined, and neither the stubs nor the allow-list have it");
                }
            }
        }

        return $"{input.Image.Symbols.Count} symbols of the image; {count} undefined ones of {input.Objects.Count} objects";
    }
}
