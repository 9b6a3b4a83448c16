using Lachesis.Tools.Elf;
using Lachesis.Tools.Gates.Code;

namespace Lachesis.Tools.Gates.Rules;

/// <summary>Every executable byte is an instruction of a function that has a name and a size, or padding. The other gates
/// look at functions, so nothing may hide between them.</summary>
internal sealed class DecodeGate() : Gate("decode")
{
    protected override string Check(GateInput input)
    {
        CodeFunction? before = null;
        foreach (CodeFunction function in input.Code.Functions)
        {
            if (function.DecodeError is { } address)
            {
                Report(function.At(address), "is not an instruction");
            }

            if (before is not null && function.Address - before.Address < before.Size)
            {
                Report(function.Name, $"overlaps {before.Name}");
            }

            before = function;
        }

        foreach (ElfSymbol symbol in input.Code.Unsized)
        {
            Report(symbol.Name, "is a function without a size");
        }

        foreach (CodeGap gap in input.Code.Gaps)
        {
            Report($"0x{gap.Address:x} in {gap.Section}", $"{gap.Size} bytes belong to no symbol and are not padding");
        }

        if (input.Code.Functions.Count == 0)
        {
            Report(input.Image.Path, "there is no code with symbols");
        }

        return $"{input.Code.Functions.Count} functions, {input.Code.InstructionCount} instructions";
    }
}
