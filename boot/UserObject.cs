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

        // (number, handles, message): a call that passes messages. The message: tag, four words, badge; the result: the error.
        stubs.Function("message_call", a =>
        {
            a.push(rbx);
            a.mov(rbx, rdx);
            a.mov(eax, __dword_ptr[rbx]);
            a.shl(rax, 32);
            a.or(rdi, rax);
            a.mov(rdx, __qword_ptr[rbx + 8]);
            a.mov(r8, __qword_ptr[rbx + 16]);
            a.mov(r9, __qword_ptr[rbx + 24]);
            a.mov(r10, __qword_ptr[rbx + 32]);
            a.syscall();
            a.mov(__dword_ptr[rbx], edi);
            a.mov(__qword_ptr[rbx + 8], rsi);
            a.mov(__qword_ptr[rbx + 16], r8);
            a.mov(__qword_ptr[rbx + 24], r9);
            a.mov(__qword_ptr[rbx + 32], r10);
            a.mov(__qword_ptr[rbx + 40], rdx);
            a.pop(rbx);
            a.ret();
        });

        stubs.Function("thread_start_address", a =>
        {
            stubs.LeaExternal(a, rax, "thread_start");
            a.ret();
        });

        stubs.Function("call_function", a => a.jmp(rdi));
        VectorProbe.AddTo(stubs);
        TestStubs.AddTo(stubs);
        Instructions.AddClock(stubs);
        MemoryRoutines.AddTo(stubs);
        RuntimeEntries.AddTo(target, stubs);
        return target;
    }
}
