using System;
using System.Linq;
using Lachesis.Tools.Elf;
using Lachesis.Tools.Gates.Code;

namespace Lachesis.Tools.Gates.Rules;

/// <summary>Every stub is a function with a size, the stubs account for every byte of their sections, and the image has each
/// of them as it was made: so backtraces, debuggers and the other gates see them.</summary>
internal sealed class StubSymbolsGate() : Gate("stub-symbols")
{
    protected override string Check(GateInput input)
    {
        int count = 0;
        ulong bytes = 0;
        foreach (ElfFile file in input.Stubs)
        {
            foreach (ElfSection section in file.Sections.Where(section => section is { IsExecutable: true, Size: > 0 }))
            {
                bytes += section.Size;
                count += CheckSection(input, file, section);
            }
        }

        return $"{count} stubs, {bytes} bytes, {input.Stubs.Count} objects";
    }

    private int CheckSection(GateInput input, ElfFile file, ElfSection section)
    {
        ReadOnlyMemory<byte> content = file.ContentOf(section);
        ElfSymbol[] symbols = file.Symbols
            .Where(symbol => symbol.Section == section.Index && symbol.Type != ElfSymbolType.Section)
            .OrderBy(symbol => symbol.Address)
            .ToArray();
        ulong covered = 0;
        foreach (ElfSymbol symbol in symbols)
        {
            if (symbol.Address > section.Size || symbol.Size > section.Size - symbol.Address)
            {
                Report(symbol.Name, $"leaves its section {section.Name}");
                continue;
            }

            CheckSymbol(input, symbol);
            CheckGap(section, content, covered, symbol.Address);
            covered = Math.Max(covered, symbol.Address + symbol.Size);
        }

        CheckGap(section, content, covered, section.Size);
        return symbols.Length;
    }

    private void CheckSymbol(GateInput input, ElfSymbol symbol)
    {
        if (symbol.Type != ElfSymbolType.Function)
        {
            Report(symbol.Name, "is in a code section, but no function");
        }

        if (symbol.Size == 0)
        {
            Report(symbol.Name, "has no size");
        }

        if (!input.Image.Symbols.Any(other => other.Name == symbol.Name && other.Size == symbol.Size && other.Type == symbol.Type))
        {
            Report(symbol.Name, "is not in the image as it is in the object");
        }
    }

    private void CheckGap(ElfSection section, ReadOnlyMemory<byte> content, ulong from, ulong to)
    {
        if (from < to && !Padding.IsPadding(content.Span[(int)from..(int)to]))
        {
            Report($"{section.Name}+0x{from:x}", $"{to - from} bytes of code belong to no stub");
        }
    }
}
