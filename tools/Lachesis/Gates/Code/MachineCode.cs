using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.Linq;
using Iced.Intel;
using Lachesis.Tools.Elf;

namespace Lachesis.Tools.Gates.Code;

/// <summary>
/// All code of an image, decoded function by function: linear decoding is right within a function, since neither the
/// compiler nor the stubs mix data into one. What lies between functions must be padding.
/// </summary>
public sealed class MachineCode
{
    private readonly Dictionary<ulong, List<string>> _namesByAddress;

    private readonly ElfFile _image;

    private MachineCode(ElfFile image, List<CodeFunction> functions, List<CodeGap> gaps, List<ElfSymbol> unsized)
    {
        _image = image;
        Functions = functions;
        Gaps = gaps;
        Unsized = unsized;
        _namesByAddress = image.Symbols
            .Where(symbol => !symbol.IsUndefined)
            .GroupBy(symbol => symbol.Address)
            .ToDictionary(group => group.Key, group => group.Select(symbol => symbol.Name).ToList());
    }

    /// <summary>The functions, in ascending addresses.</summary>
    public IReadOnlyList<CodeFunction> Functions { get; }

    /// <summary>Bytes that no symbol accounts for.</summary>
    public IReadOnlyList<CodeGap> Gaps { get; }

    /// <summary>Functions without a size, which therefore cannot be checked.</summary>
    public IReadOnlyList<ElfSymbol> Unsized { get; }

    /// <summary>How many instructions there are.</summary>
    public int InstructionCount => Functions.Sum(function => function.Instructions.Count);

    /// <summary>Decodes an image.</summary>
    public static MachineCode Decode(ElfFile image, GateProfile profile)
    {
        var functions = new List<CodeFunction>();
        var gaps = new List<CodeGap>();
        var unsized = new List<ElfSymbol>();
        foreach (ElfSection section in image.Sections.Where(section => section is { IsAllocated: true, IsExecutable: true }))
        {
            ReadOnlyMemory<byte> content = image.ContentOf(section);
            ElfSymbol[] symbols = image.Symbols.Where(symbol => symbol.Section == section.Index).ToArray();
            unsized.AddRange(symbols.Where(symbol => symbol is { Type: ElfSymbolType.Function, Size: 0 }));
            ulong at = section.Address;
            foreach (IGrouping<(ulong Address, ulong Size), ElfSymbol> group in symbols
                .Where(symbol => symbol is { Type: ElfSymbolType.Function or ElfSymbolType.Object, Size: > 0 }
                    && section.Contains(symbol.Address) && symbol.Size <= section.Address + section.Size - symbol.Address)
                .GroupBy(symbol => (symbol.Address, symbol.Size))
                .OrderBy(group => group.Key))
            {
                AddGap(gaps, section, content, at, group.Key.Address);
                at = Math.Max(at, group.Key.Address + group.Key.Size);
                if (group.Any(symbol => symbol.Type == ElfSymbolType.Function))
                {
                    ReadOnlyMemory<byte> code =
                        content.Slice((int)(group.Key.Address - section.Address), (int)group.Key.Size);
                    functions.Add(DecodeFunction(code, group.Key.Address, group.Select(symbol => symbol.Name), profile));
                }
            }

            AddGap(gaps, section, content, at, section.Address + (ulong)content.Length);
        }

        functions.Sort((left, right) => left.Address.CompareTo(right.Address));
        return new MachineCode(image, functions, gaps, unsized);
    }

    /// <summary>The function that an address lies in, or null.</summary>
    public CodeFunction? FunctionAt(ulong address)
    {
        int low = 0;
        int high = Functions.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            if (Functions[middle].Address <= address)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low > 0 && address - Functions[low - 1].Address < Functions[low - 1].Size ? Functions[low - 1] : null;
    }

    /// <summary>The symbols at exactly this address.</summary>
    public IReadOnlyList<string> NamesAt(ulong address) =>
        _namesByAddress.TryGetValue(address, out List<string>? names) ? names : [];

    /// <summary>Reads a word of four bytes that the image holds at an address, if it does.</summary>
    public bool TryReadWord(ulong address, out uint word)
    {
        ElfSection? section = _image.Sections.FirstOrDefault(section => section.IsAllocated && section.Contains(address));
        ReadOnlySpan<byte> content = section is null ? default : _image.ContentOf(section).Span;
        ulong offset = address - (section?.Address ?? 0);
        bool held = offset + sizeof(uint) <= (ulong)content.Length;
        word = held ? BinaryPrimitives.ReadUInt32LittleEndian(content[(int)offset..]) : 0;
        return held;
    }

    /// <summary>The address that an instruction calls, jumps to, loads or touches, where it says so itself.</summary>
    public static ulong? TargetOf(in Instruction instruction)
    {
        for (int operand = 0; operand < instruction.OpCount; operand++)
        {
            switch (instruction.GetOpKind(operand))
            {
                case OpKind.NearBranch16:
                case OpKind.NearBranch32:
                case OpKind.NearBranch64:
                    return instruction.NearBranchTarget;
                case OpKind.Memory when instruction.IsIPRelativeMemoryOperand:
                    return instruction.IPRelativeMemoryAddress;
                case OpKind.Immediate64:
                    return instruction.Immediate64;
                case OpKind.Immediate32to64:
                    return (ulong)instruction.Immediate32to64;
            }
        }

        return null;
    }

    private static CodeFunction DecodeFunction(
        ReadOnlyMemory<byte> code, ulong address, IEnumerable<string> names, GateProfile profile)
    {
        string[] allNames = names.Order(StringComparer.Ordinal).ToArray();
        int bitness = Any(profile.Code16, allNames) ? 16 : Any(profile.Code32, allNames) ? 32 : 64;
        var instructions = new List<Instruction>();
        var decoder = Decoder.Create(bitness, new ByteArrayCodeReader(code.ToArray()), address);
        ulong end = address + (ulong)code.Length;
        while (decoder.IP < end)
        {
            decoder.Decode(out Instruction instruction);
            if (instruction.IsInvalid)
            {
                return new CodeFunction(
                    allNames, address, (ulong)code.Length, bitness, instructions, instruction.IP);
            }

            instructions.Add(instruction);
        }

        return new CodeFunction(allNames, address, (ulong)code.Length, bitness, instructions, null);
    }

    private static bool Any(IReadOnlyList<SymbolPattern> patterns, string[] names) =>
        patterns.Any(pattern => names.Any(pattern.Matches));

    private static void AddGap(
        List<CodeGap> gaps, ElfSection section, ReadOnlyMemory<byte> content, ulong from, ulong to)
    {
        if (from < to && !Padding.IsPadding(content.Slice((int)(from - section.Address), (int)(to - from)).Span))
        {
            gaps.Add(new CodeGap(section.Name, from, to - from));
        }
    }
}
