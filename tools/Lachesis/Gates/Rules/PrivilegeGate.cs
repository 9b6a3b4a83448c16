using System.Collections.Generic;
using Iced.Intel;
using Lachesis.Tools.Gates.Code;

namespace Lachesis.Tools.Gates.Rules;

/// <summary>Instructions that change what the machine is are in named stubs only, where each can be read; and the kernel
/// asks nobody: no system calls or software interrupts in it at all.</summary>
internal sealed class PrivilegeGate() : Gate("privileged-instructions")
{
    // What Iced does not count as privileged, yet leaves the ordinary flow of control or changes the mode.
    private static readonly HashSet<Mnemonic> s_stubsOnly =
    [
        Mnemonic.Iret, Mnemonic.Iretd, Mnemonic.Iretq, Mnemonic.Retf, Mnemonic.Lfs, Mnemonic.Lgs, Mnemonic.Lss,
        Mnemonic.Pushf, Mnemonic.Pushfd, Mnemonic.Pushfq, Mnemonic.Popf, Mnemonic.Popfd, Mnemonic.Popfq,
        Mnemonic.Cpuid, Mnemonic.Rdtsc, Mnemonic.Rdtscp, Mnemonic.Rdrand, Mnemonic.Rdseed, Mnemonic.Ldmxcsr,
        Mnemonic.Fxsave, Mnemonic.Fxsave64, Mnemonic.Fxrstor, Mnemonic.Fxrstor64, Mnemonic.Xsave, Mnemonic.Xsave64,
        Mnemonic.Xrstor, Mnemonic.Xrstor64, Mnemonic.Xgetbv, Mnemonic.Sgdt, Mnemonic.Sidt, Mnemonic.Sldt, Mnemonic.Str,
        Mnemonic.Smsw, Mnemonic.Rdfsbase, Mnemonic.Rdgsbase, Mnemonic.Wrfsbase, Mnemonic.Wrgsbase,
        Mnemonic.Stac, Mnemonic.Clac,
    ];

    private static readonly HashSet<Mnemonic> s_calls =
        [Mnemonic.Syscall, Mnemonic.Sysenter, Mnemonic.Int, Mnemonic.Int1, Mnemonic.Into];

    protected override string Check(GateInput input)
    {
        int stubs = 0;
        int privileged = 0;
        foreach (CodeFunction function in input.Code.Functions)
        {
            bool isStub = input.IsStub(function);
            stubs += isStub ? 1 : 0;
            foreach (Instruction instruction in function.Instructions)
            {
                string place = function.At(instruction.IP);
                bool isCall = s_calls.Contains(instruction.Mnemonic);
                if (isCall && input.Profile.IsKernel)
                {
                    Report(place, $"a system call or software interrupt in the kernel: {instruction}");
                }
                else if (isCall || IsPrivileged(instruction))
                {
                    privileged++;
                    if (!isStub)
                    {
                        Report(place, $"not allowed outside of stubs: {instruction}");
                    }
                }
            }
        }

        return $"{input.Code.InstructionCount} instructions, {privileged} privileged ones, {stubs} stubs";
    }

    private static bool IsPrivileged(in Instruction instruction) =>
        instruction.IsPrivileged
        || s_stubsOnly.Contains(instruction.Mnemonic)
        || IsFar(instruction)
        || WritesSegment(instruction);

    private static bool IsFar(in Instruction instruction) =>
        instruction.IsJmpFar || instruction.IsCallFar || instruction.IsJmpFarIndirect || instruction.IsCallFarIndirect;

    private static bool WritesSegment(in Instruction instruction) =>
        instruction.OpCount > 0
        && instruction.Mnemonic is Mnemonic.Mov or Mnemonic.Pop
        && instruction.Op0Kind == OpKind.Register
        && instruction.Op0Register.IsSegmentRegister();
}
