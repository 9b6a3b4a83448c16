using Iced.Intel;
using Lachesis.Boot.Elf;
using static Iced.Intel.AssemblerRegisters;

namespace Lachesis.Boot.Stubs;

/// <summary>For programs that test the kernel: fills every register with a pattern, spins, and looks whether any
/// changed.</summary>
public static class VectorProbe
{
    /// <summary>
    /// Adds <c>vector_probe</c>: (seed, turns) -> 0, or a mask of what changed: bit n for xmm n, bit 16 for any general
    /// register.
    /// </summary>
    public static void AddTo(StubAssembler stubs) => stubs.Function("vector_probe", a =>
    {
        Label spin = a.CreateLabel();
        AssemblerRegister64[] saved = [rbx, rbp, r12, r13, r14, r15];
        AssemblerRegister64[] filled = [rbx, rbp, rdx, r8, r9, r10, r11, r12, r13, r14, r15];
        foreach (AssemblerRegister64 register in saved)
        {
            a.push(register);
        }

        for (int i = 0; i < 16; i++)
        {
            var register = new AssemblerRegisterXMM(Register.XMM0 + i);
            a.lea(rax, __[rdi + i]);
            a.movq(register, rax);
            a.pshufd(register, register, 0x44);
        }

        for (int i = 0; i < filled.Length; i++)
        {
            a.lea(filled[i], __[rdi + i]);
        }

        a.mov(rcx, rsi);
        a.Label(ref spin);
        a.dec(rcx);
        a.jne(spin);

        a.xor(esi, esi);
        for (int i = 0; i < filled.Length; i++)
        {
            a.lea(rax, __[rdi + i]);
            a.xor(rax, filled[i]);
            a.or(rsi, rax);
        }

        a.xor(ecx, ecx);
        a.test(rsi, rsi);
        a.setne(cl);
        a.shl(ecx, 16);
        for (int i = 0; i < 16; i++)
        {
            var register = new AssemblerRegisterXMM(Register.XMM0 + i);
            CompareHalf(a, register, i);
            a.psrldq(register, 8);
            CompareHalf(a, register, i);
        }

        a.mov(eax, ecx);
        foreach (AssemblerRegister64 register in System.Linq.Enumerable.Reverse(saved))
        {
            a.pop(register);
        }

        a.ret();
    });

    private static void CompareHalf(Assembler a, AssemblerRegisterXMM register, int index)
    {
        a.movq(rax, register);
        a.lea(rdx, __[rdi + index]);
        a.cmp(rax, rdx);
        a.setne(al);
        a.movzx(eax, al);
        a.shl(eax, (byte)index);
        a.or(ecx, eax);
    }
}
