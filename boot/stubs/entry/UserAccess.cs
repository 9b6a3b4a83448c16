using Iced.Intel;
using Lachesis.Boot.Elf;
using static Iced.Intel.AssemblerRegisters;

namespace Lachesis.Boot.Stubs;

/// <summary>
/// The only instructions that touch user memory from the kernel. A page fault within them goes on at
/// <c>user_access_failed</c>, which returns 0. r8d: whether user pages are guarded (SMAP), so that the guard must be lifted.
/// </summary>
public static class UserAccess
{
    /// <summary>Adds the functions, one after the other between the symbols <c>user_access_start</c> and
    /// <c>user_access_failed</c>.</summary>
    public static void AddTo(StubAssembler stubs)
    {
        // A function of no use but its address: the first byte of the guarded range.
        stubs.Function("user_access_start", a => a.ud2());

        // (destination, source, bytes, _, guarded) -> 1
        stubs.Function("user_copy", a =>
        {
            BeginUserAccess(a);
            a.mov(rcx, rdx);
            a.shr(rcx, 3);
            a.rep.movsq();
            a.mov(ecx, edx);
            a.and(ecx, 7);
            a.rep.movsb();
            EndUserAccess(a, 1);
        });

        // (address, _, _, _, guarded) -> 1, and the word in rdx
        stubs.Function("user_read_word", a =>
        {
            Label plain = a.CreateLabel();
            a.test(r8d, r8d);
            a.je(plain);
            a.stac();
            a.mov(edx, __dword_ptr[rdi]);
            a.clac();
            a.mov(eax, 1);
            a.ret();
            a.Label(ref plain);
            a.mov(edx, __dword_ptr[rdi]);
            a.mov(eax, 1);
            a.ret();
        });
        stubs.Function("user_access_failed", a =>
        {
            a.xor(edx, edx);
            EndUserAccess(a, 0);
        });
    }

    private static void BeginUserAccess(Assembler a)
    {
        Label plain = a.CreateLabel();
        a.test(r8d, r8d);
        a.je(plain);
        a.stac();
        a.Label(ref plain);
        a.nop();
    }

    private static void EndUserAccess(Assembler a, uint result)
    {
        Label plain = a.CreateLabel();
        a.test(r8d, r8d);
        a.je(plain);
        a.clac();
        a.Label(ref plain);
        a.mov(eax, result);
        a.ret();
    }
}
