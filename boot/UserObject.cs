using Iced.Intel;
using Lachesis.Abi;
using Lachesis.Boot.Elf;
using Lachesis.Boot.Stubs;
using static Iced.Intel.AssemblerRegisters;

namespace Lachesis.Boot;

/// <summary>The object that every guest program links: its entry, system calls, and a few instructions.</summary>
public static class UserObject
{
    /// <summary>Assembles everything.</summary>
    public static RelocatableObject Build()
    {
        var target = new RelocatableObject();
        ObjectSection text = target.AddSection(".text", SectionKind.Code, 16);
        var stubs = new StubAssembler(target, text, 64);

        // The kernel starts the first thread here, rdi = the start page; the stack is 16-byte aligned.
        stubs.Function("_start", a =>
        {
            stubs.CallExternal(a, "program_main");
            a.mov(rsi, rax);
            a.mov(edi, (uint)SystemCall.ThreadExit);
            a.syscall();
            a.ud2();
        });

        // Every other thread starts here: rdi points to { function, argument }.
        stubs.Function("thread_start", a =>
        {
            a.mov(rax, __[rdi]);
            a.mov(rdi, __[rdi + 8]);
            a.call(rax);
            a.mov(rsi, rax);
            a.mov(edi, (uint)SystemCall.ThreadExit);
            a.syscall();
            a.ud2();
        });

        // (number, a0, a1, unused, a2, a3): the C# registers are the kernel's, so nothing is moved. rcx dies in syscall.
        stubs.Function("system_call", a =>
        {
            a.syscall();
            a.ret();
        });

        stubs.Function("thread_start_address", a =>
        {
            stubs.LeaExternal(a, rax, "thread_start");
            a.ret();
        });

        stubs.Function("call_function", a => a.jmp(rdi));
        VectorProbe.AddTo(stubs);
        BadCalls.AddTo(stubs);
        Instructions.AddClock(stubs);
        MemoryRoutines.AddTo(stubs);
        RuntimeEntries.AddTo(target, stubs);
        return target;
    }
}
