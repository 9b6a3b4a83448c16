using Iced.Intel;
using Lachesis.Boot.Elf;
using static Iced.Intel.AssemblerRegisters;

namespace Lachesis.Boot.Stubs;

/// <summary>What the compiler calls for large copies and clears.</summary>
public static class MemoryRoutines
{
    /// <summary>Adds <c>memmove</c>, <c>memcpy</c> and <c>memset</c>.</summary>
    public static void AddTo(StubAssembler stubs)
    {
        stubs.Function("memset", a =>
        {
            a.mov(r8, rdi);
            a.mov(rcx, rdx);
            a.movzx(eax, sil);
            a.mov(r9, 0x0101010101010101);
            a.imul(rax, r9);
            a.shr(rcx, 3);
            a.rep.stosq();
            a.mov(ecx, edx);
            a.and(ecx, 7);
            a.rep.stosb();
            a.mov(rax, r8);
            a.ret();
        });
        stubs.Function("memcpy", a => stubs.JmpExternal(a, "memmove"));

        // Backwards when the destination lies within the source.
        stubs.Function("memmove", a =>
        {
            Label backwards = a.CreateLabel();
            a.mov(r8, rdi);
            a.mov(rcx, rdx);
            a.mov(rax, rdi);
            a.sub(rax, rsi);
            a.cmp(rax, rdx);
            a.jb(backwards);
            a.shr(rcx, 3);
            a.rep.movsq();
            a.mov(ecx, edx);
            a.and(ecx, 7);
            a.rep.movsb();
            a.mov(rax, r8);
            a.ret();
            a.Label(ref backwards);
            a.lea(rdi, __[rdi + rdx - 1]);
            a.lea(rsi, __[rsi + rdx - 1]);
            a.std();
            a.rep.movsb();
            a.cld();
            a.mov(rax, r8);
            a.ret();
        });
    }
}
