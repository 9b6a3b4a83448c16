using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Iced.Intel;

namespace Lachesis.Boot.Elf;

/// <summary>
/// Assembles named functions with Iced into a section of an object. Iced knows no symbols outside of one assembly, so a
/// reference to one is encoded with a placeholder and a relocation is recorded for the linker to fill it in.
/// </summary>
public sealed class StubAssembler(RelocatableObject target, ObjectSection section, int bitness)
{
    private const ulong FunctionAlignment = 16;

    /// <summary>Too far away for a short branch, near enough for a 32-bit one.</summary>
    private const uint Placeholder = 0x4000_0000;

    private readonly List<Reference> _references = [];

    /// <summary>Assembles one function and defines its symbol, with its size.</summary>
    public StubFunction Function(string name, Action<Assembler> emit, bool global = true)
    {
        var assembler = new Assembler(bitness);
        _references.Clear();
        emit(assembler);

        var code = new MemoryStream();
        AssemblerResult assembled = assembler.Assemble(
            new StreamCodeWriter(code), 0,
            BlockEncoderOptions.ReturnNewInstructionOffsets | BlockEncoderOptions.ReturnConstantOffsets);
        ulong offset = section.Align(Math.Min(FunctionAlignment, section.Alignment));
        section.Append(code.ToArray());
        target.DefineSymbol(name, section, offset, (ulong)code.Length, SymbolType.Function, global);
        foreach (Reference reference in _references)
        {
            Relocate(name, reference, assembler, assembled.Result[0], offset, (uint)code.Length);
        }

        return new StubFunction(name, offset, (ulong)code.Length);
    }

    /// <summary>call symbol</summary>
    public void CallExternal(Assembler a, string symbol)
    {
        AddReference(a, symbol, RelocationType.Plt32, 0);
        a.call(Placeholder);
    }

    /// <summary>jmp symbol</summary>
    public void JmpExternal(Assembler a, string symbol)
    {
        AddReference(a, symbol, RelocationType.Plt32, 0);
        a.jmp(Placeholder);
    }

    /// <summary>jne symbol</summary>
    public void JneExternal(Assembler a, string symbol)
    {
        AddReference(a, symbol, RelocationType.Plt32, 0);
        a.jne(Placeholder);
    }

    /// <summary>lea register, [rip + symbol + addend]</summary>
    public void LeaExternal(Assembler a, AssemblerRegister64 register, string symbol, int addend = 0) =>
        a.lea(register, Memory(a, symbol, addend));

    /// <summary>mov register, symbol + addend, whose address must fit 32 bits.</summary>
    public void MovAddress32(Assembler a, AssemblerRegister32 register, string symbol, int addend = 0)
    {
        AddReference(a, symbol, RelocationType.Abs32, addend);
        a.mov(register, Placeholder);
    }

    /// <summary>mov register, symbol + addend, any 64-bit address.</summary>
    public void MovAddress64(Assembler a, AssemblerRegister64 register, string symbol, long addend = 0)
    {
        AddReference(a, symbol, RelocationType.Abs64, addend);
        a.AddInstruction(Instruction.Create(Code.Mov_r64_imm64, (Register)register, (ulong)Placeholder));
    }

    /// <summary>
    /// A memory operand at symbol + addend, for the instruction emitted next: <c>a.lgdt(stubs.Memory(a, "gdt"))</c>.
    /// Relative to rip in 64-bit code, an absolute 32-bit address in 32-bit code. Where the instruction does not say how
    /// many bytes it touches, <paramref name="size"/> does: <c>a.inc(stubs.Memory(a, "ticks", size: __qword_ptr))</c>.
    /// </summary>
    public AssemblerMemoryOperand Memory(
        Assembler a, string symbol, int addend = 0, AssemblerMemoryOperandFactory size = default)
    {
        if (bitness == 64)
        {
            AddReference(a, symbol, RelocationType.Pc32, addend);

            // A label that is never placed: Iced then encodes some rip-relative displacement, which the linker overwrites.
            return size[a.CreateLabel()];
        }

        AddReference(a, symbol, RelocationType.Abs32, addend);
        return size[(ulong)Placeholder];
    }

    private void AddReference(Assembler a, string symbol, RelocationType type, long addend)
    {
        if (bitness == 16)
        {
            throw new InvalidOperationException($"16-bit code cannot refer to '{symbol}': relocations have 32 or 64 bits");
        }

        _references.Add(new Reference(a.Instructions.Count, symbol, type, addend));
    }

    private void Relocate(
        string function, Reference reference, Assembler assembler, BlockEncoderResult encoded, ulong start, uint size)
    {
        int index = reference.Instruction;
        uint[] offsets = encoded.NewInstructionOffsets;
        if (index >= offsets.Length || offsets[index] == uint.MaxValue)
        {
            throw new InvalidOperationException($"{function}: no instruction carries the reference to '{reference.Symbol}'");
        }

        ConstantOffsets constants = encoded.ConstantOffsets[index];
        Instruction instruction = assembler.Instructions[index];
        bool inMemory = constants.HasDisplacement
            && (instruction.IsIPRelativeMemoryOperand || instruction.MemoryDisplacement64 == Placeholder);
        uint field = inMemory ? constants.DisplacementOffset : constants.ImmediateOffset;
        uint fieldSize = inMemory ? (uint)constants.DisplacementSize : (uint)constants.ImmediateSize;
        if (fieldSize != (reference.Type == RelocationType.Abs64 ? 8 : 4))
        {
            throw new InvalidOperationException(
                $"{function}: '{instruction}' has no field of the right size for the address of '{reference.Symbol}'");
        }

        uint place = offsets[index] + field;
        uint next = offsets.Append(size).Where(offset => offset != uint.MaxValue && offset > offsets[index]).Min();

        // Relative fields count from the next instruction; the relocation counts from the field.
        bool relative = reference.Type is RelocationType.Pc32 or RelocationType.Plt32;
        long addend = relative ? reference.Addend + place - next : reference.Addend;
        target.AddRelocation(section, start + place, reference.Symbol, reference.Type, addend);
    }

    private readonly record struct Reference(int Instruction, string Symbol, RelocationType Type, long Addend);
}
