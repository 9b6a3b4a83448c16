using System.Collections.Generic;
using System.Linq;
using Iced.Intel;
using Lachesis.Tools.Gates.Code;

namespace Lachesis.Tools.Gates.Rules;

/// <summary>
/// Only the vector state that the kernel saves and clears is used: SSE, and of that in compiled kernel code no register but
/// those that a system call's exit clears, read off its own instructions. No AVX; no x87 or MMX beyond setting the control
/// word.
/// </summary>
internal sealed class VectorGate() : Gate("vector-registers")
{
    private static readonly HashSet<Mnemonic> s_control =
        [Mnemonic.Fninit, Mnemonic.Fldcw, Mnemonic.Fnstcw, Mnemonic.Fnclex, Mnemonic.Wait, Mnemonic.Emms];

    private readonly SortedSet<int> _used = [];
    private readonly InstructionInfoFactory _registers = new();

    protected override string Check(GateInput input)
    {
        HashSet<int>? cleared = input.Profile.ClearedBy is string name ? FindCleared(input, name) : null;
        foreach (CodeFunction function in input.Code.Functions)
        {
            bool isStub = input.IsStub(function);
            foreach (Instruction instruction in function.Instructions)
            {
                CheckInstruction(input.Profile, cleared, function, isStub, instruction);
            }
        }

        string used = _used.Count == 0 ? "no xmm register" : "xmm " + string.Join(' ', _used);
        return $"{input.Code.InstructionCount} instructions; compiled code uses {used}";
    }

    private HashSet<int> FindCleared(GateInput input, string name)
    {
        CodeFunction? exit = input.Code.Functions.FirstOrDefault(function => function.Name == name);
        if (exit is null)
        {
            Report(name, "no such function, so nothing is cleared");
            return [];
        }

        return [.. exit.Instructions
            .Where(static i => i.Mnemonic is Mnemonic.Pxor or Mnemonic.Xorps && i.Op0Register == i.Op1Register)
            .Select(static i => i.Op0Register - Register.XMM0)];
    }

    private void CheckInstruction(
        GateProfile profile, HashSet<int>? cleared, CodeFunction function, bool isStub, in Instruction instruction)
    {
        string place = function.At(instruction.IP);
        if (instruction.Encoding is not (EncodingKind.Legacy or EncodingKind.D3NOW))
        {
            Report(place, $"AVX encoding: {instruction}");
        }

        foreach (UsedRegister register in _registers.GetInfo(instruction).GetUsedRegisters())
        {
            if (register.Register.IsXMM() && !isStub)
            {
                int number = register.Register - Register.XMM0;
                _used.Add(number);
                if (cleared?.Contains(number) == false)
                {
                    Report(place, $"uses xmm{number}, which {profile.ClearedBy} does not clear: {instruction}");
                }
            }
        }

        // Programs test in stubs that all of their vector state survives, so stubs of theirs may fill it.
        bool mayFill = isStub && !profile.IsKernel;
        if (!mayFill && !s_control.Contains(instruction.Mnemonic) && IsX87(instruction))
        {
            Report(place, $"x87 or MMX: {instruction}");
        }
    }

    private static bool IsX87(in Instruction instruction) =>
        instruction.Encoding == EncodingKind.D3NOW
        || instruction.CpuidFeatures.Any(feature => feature is CpuidFeature.FPU or CpuidFeature.FPU287 or CpuidFeature.FPU387
            or CpuidFeature.MMX)
        || HasMmxOperand(instruction);

    private static bool HasMmxOperand(in Instruction instruction)
    {
        for (int operand = 0; operand < instruction.OpCount; operand++)
        {
            if (instruction.GetOpKind(operand) == OpKind.Register && instruction.GetOpRegister(operand).IsMM())
            {
                return true;
            }
        }

        return false;
    }
}
