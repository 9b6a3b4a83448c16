using Iced.Intel;
using Lachesis.Abi;
using Lachesis.Boot.Elf;
using Lachesis.Core.Threads;
using static Iced.Intel.AssemblerRegisters;
using static Lachesis.Boot.Stubs.Offsets;

namespace Lachesis.Boot.Stubs;

/// <summary>
/// From <c>syscall</c> to C# and back. On entry rcx is the return address, r11 the flags, rsp still the user's. Only what
/// the ABI preserves is saved, and the words of a message; the argument registers are C#'s own, so they are not touched.
/// </summary>
public static class SystemCallEntry
{
    // The vector registers that the kernel's own code uses, so a return that did not switch threads clears just these. An
    // image gate compares them with what the compiler really used.
    private static readonly AssemblerRegisterXMM[] s_kernelVectorRegisters = [xmm0, xmm8];

    /// <summary>Adds <c>system_call_entry</c>.</summary>
    public static void AddTo(StubAssembler stubs) => stubs.Function("system_call_entry", a =>
    {
        Label switched = a.CreateLabel();
        Label message = a.CreateLabel();
        Label common = a.CreateLabel();
        a.swapgs();
        a.mov(__qword_ptr.gs[UserStack], rsp);
        a.mov(rsp, __qword_ptr.gs[Current]);
        Save(a, rbx, nameof(UserContext.Rbx));
        Save(a, rbp, nameof(UserContext.Rbp));
        Save(a, r12, nameof(UserContext.R12));
        Save(a, r13, nameof(UserContext.R13));
        Save(a, r14, nameof(UserContext.R14));
        Save(a, r15, nameof(UserContext.R15));
        Save(a, rcx, nameof(UserContext.Rip));
        Save(a, r11, nameof(UserContext.Rflags));
        a.mov(__qword_ptr[rsp + OfContext(nameof(UserContext.ResumeMode))], 0);

        // The result, unless C# says otherwise: no error, 0.
        a.mov(__qword_ptr[rsp + OfContext(nameof(UserContext.Rax))], 0);
        a.lea(eax, __dword_ptr[rdi - (int)SystemCall.Send]);

        // Control words are preserved across calls; another CPU may load them as soon as the thread blocks, so save them
        // now.
        a.fnstcw(__word_ptr[rsp + Vector]);
        a.stmxcsr(__dword_ptr[rsp + Vector + 24]);
        a.mov(rcx, __qword_ptr.gs[UserStack]);
        a.mov(__qword_ptr[rsp + OfContext(nameof(UserContext.Rsp))], rcx);
        a.cmp(eax, SystemCall.Reply - SystemCall.Send);
        a.jbe(message);
        a.Label(ref common);
        a.mov(rbx, rsp);
        a.mov(__qword_ptr[rsp + OfContext(nameof(UserContext.Rdx))], 0);
        a.mov(rsp, __qword_ptr.gs[KernelStackTop]);
        a.mov(__dword_ptr.gs[Switched], 0);
        a.mov(rcx, rdi);
        a.mov(rdi, __qword_ptr.gs[Self]);
        stubs.CallExternal(a, "kernel_system_call");
        a.cmp(__dword_ptr.gs[Switched], 0);
        a.jne(switched);

        // The same thread goes on: C# has preserved rbp and r12..r15; rax is the error, the context holds the value.
        a.mov(rdx, __qword_ptr[rbx + OfContext(nameof(UserContext.Rdx))]);
        a.mov(rcx, __qword_ptr[rbx + OfContext(nameof(UserContext.Rip))]);
        a.mov(r11, __qword_ptr[rbx + OfContext(nameof(UserContext.Rflags))]);
        a.mov(rsp, __qword_ptr[rbx + OfContext(nameof(UserContext.Rsp))]);
        a.mov(rbx, __qword_ptr[rbx + OfContext(nameof(UserContext.Rbx))]);
        ThreadResume.ClearCallerSaved(a);
        foreach (AssemblerRegisterXMM register in s_kernelVectorRegisters)
        {
            a.pxor(register, register);
        }

        a.swapgs();
        a.sysretq();

        a.Label(ref switched);
        stubs.JmpExternal(a, "thread_resume");

        a.Label(ref message);
        Save(a, r10, nameof(UserContext.R10));
        PassMessage(stubs, a, ref common);
    });

    // The two calls that pass a message there and one back go their own way; the others, that of all calls. eax counts from
    // Send.
    private static void PassMessage(StubAssembler stubs, Assembler a, ref Label common)
    {
        Label receives = a.CreateLabel();
        a.dec(eax);
        a.cmp(eax, SystemCall.ReplyReceive - SystemCall.Call);
        a.ja(common);
        Save(a, rdx, nameof(UserContext.Rsi));
        Save(a, r8, nameof(UserContext.R8));
        Save(a, r9, nameof(UserContext.R9));
        a.mov(__qword_ptr[rsp + OfContext(nameof(UserContext.Rdx))], 0);
        a.mov(rsp, __qword_ptr.gs[KernelStackTop]);
        a.mov(rdx, rdi);
        a.mov(rdi, __qword_ptr.gs[Self]);
        a.test(eax, eax);
        a.jne(receives);
        stubs.CallExternal(a, "kernel_call");
        stubs.JmpExternal(a, "thread_resume");
        a.Label(ref receives);
        stubs.CallExternal(a, "kernel_reply_receive");
        stubs.JmpExternal(a, "thread_resume");
    }

    private static void Save(Assembler a, AssemblerRegister64 register, string field) =>
        a.mov(__qword_ptr[rsp + OfContext(field)], register);
}
