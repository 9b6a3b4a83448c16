using Iced.Intel;
using Lachesis.Boot.Elf;
using Lachesis.Core.Threads;
using static Iced.Intel.AssemblerRegisters;
using static Lachesis.Boot.Stubs.Offsets;

namespace Lachesis.Boot.Stubs;

/// <summary>Leaving the kernel into whichever thread it chose, or idling.</summary>
public static class ThreadResume
{
    /// <summary>Selectors of user code and data with privilege level 3, as the kernel's GDT has them.</summary>
    private const int UserCode = 0x23;
    private const int UserData = 0x1B;

    private static readonly (AssemblerRegister64 Register, string Field)[] s_allButRbx =
    [
        (rax, nameof(UserContext.Rax)), (rcx, nameof(UserContext.Rcx)), (rdx, nameof(UserContext.Rdx)),
        (rsi, nameof(UserContext.Rsi)), (rdi, nameof(UserContext.Rdi)), (rbp, nameof(UserContext.Rbp)),
        (r8, nameof(UserContext.R8)), (r9, nameof(UserContext.R9)), (r10, nameof(UserContext.R10)),
        (r11, nameof(UserContext.R11)), (r12, nameof(UserContext.R12)), (r13, nameof(UserContext.R13)),
        (r14, nameof(UserContext.R14)), (r15, nameof(UserContext.R15)),
    ];

    /// <summary>Registers that a system call leaves undefined hold nothing of the kernel's.</summary>
    public static void ClearCallerSaved(Assembler a)
    {
        a.xor(esi, esi);
        a.xor(edi, edi);
        a.xor(r8d, r8d);
        a.xor(r9d, r9d);
        a.xor(r10d, r10d);
    }

    /// <summary>Adds <c>thread_resume</c> and <c>idle_loop</c>.</summary>
    public static void AddTo(StubAssembler stubs)
    {
        stubs.Function("thread_resume", a => Resume(stubs, a));
        stubs.Function("idle_loop", a => Idle(stubs, a));
    }

    private static void Resume(StubAssembler stubs, Assembler a)
    {
        Label interrupted = a.CreateLabel();
        Label inKernel = a.CreateLabel();
        Label idle = a.CreateLabel();
        a.mov(rbx, __qword_ptr.gs[Current]);
        a.test(rbx, rbx);
        a.je(idle);
        a.fxrstor64(__[rbx + Vector]);
        a.cmp(__qword_ptr[rbx + OfContext(nameof(UserContext.ResumeMode))], 1);
        a.jae(interrupted);

        Load(a, rcx, nameof(UserContext.Rip));
        Load(a, r11, nameof(UserContext.Rflags));
        Load(a, rsp, nameof(UserContext.Rsp));
        Load(a, rax, nameof(UserContext.Rax));
        Load(a, rdx, nameof(UserContext.Rdx));
        Load(a, rbp, nameof(UserContext.Rbp));
        Load(a, r12, nameof(UserContext.R12));
        Load(a, r13, nameof(UserContext.R13));
        Load(a, r14, nameof(UserContext.R14));
        Load(a, r15, nameof(UserContext.R15));

        // A message, if the call gave one; otherwise what the thread itself had there, or was given, before.
        Load(a, rdi, nameof(UserContext.Rdi));
        Load(a, rsi, nameof(UserContext.Rsi));
        Load(a, r8, nameof(UserContext.R8));
        Load(a, r9, nameof(UserContext.R9));
        Load(a, r10, nameof(UserContext.R10));
        Load(a, rbx, nameof(UserContext.Rbx));
        a.swapgs();
        a.sysretq();

        // The flags are still those of the comparison.
        a.Label(ref interrupted);
        a.mov(rsp, __qword_ptr.gs[KernelStackTop]);
        a.ja(inKernel);
        a.push(UserData);
        a.push(__qword_ptr[rbx + OfContext(nameof(UserContext.Rsp))]);
        a.push(__qword_ptr[rbx + OfContext(nameof(UserContext.Rflags))]);
        a.push(UserCode);
        a.push(__qword_ptr[rbx + OfContext(nameof(UserContext.Rip))]);
        foreach ((AssemblerRegister64 register, string field) in s_allButRbx)
        {
            Load(a, register, field);
        }

        Load(a, rbx, nameof(UserContext.Rbx));
        a.swapgs();
        a.iretq();

        a.Label(ref inKernel);
        ContinueInKernel(stubs, a);

        a.Label(ref idle);
        stubs.JmpExternal(a, "idle_loop");
    }

    // A thread that performs requests of a ring, or that has faulted: before each step interrupts come in. All of the thread is in
    // its context: an interrupt need not return here, and may give the CPU to another.
    private static void ContinueInKernel(StubAssembler stubs, Assembler a)
    {
        a.sti();
        a.nop();
        a.cli();
        a.mov(rdi, __qword_ptr.gs[Self]);
        stubs.CallExternal(a, "kernel_continue");
        stubs.JmpExternal(a, "thread_resume");
    }

    // An interrupt never returns here: its entry sees that it came from the kernel and starts over on an empty stack. The
    // instruction after sti still runs with interrupts off, so none slips in between it and hlt.
    private static void Idle(StubAssembler stubs, Assembler a)
    {
        Label work = a.CreateLabel();
        Label halt = a.CreateLabel();
        a.mov(rsp, __qword_ptr.gs[KernelStackTop]);
        a.Label(ref halt);
        a.cmp(__qword_ptr.gs[WorkPending], 0);
        a.jne(work);
        a.sti();
        a.hlt();
        a.cli();
        a.jmp(halt);

        a.Label(ref work);
        a.sti();
        a.nop();
        a.cli();
        a.mov(rdi, __qword_ptr.gs[Self]);
        stubs.CallExternal(a, "kernel_idle_work");
        stubs.JmpExternal(a, "thread_resume");
    }

    private static void Load(Assembler a, AssemblerRegister64 register, string field) =>
        a.mov(register, __qword_ptr[rbx + OfContext(field)]);
}
