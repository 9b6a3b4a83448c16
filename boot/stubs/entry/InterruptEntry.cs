using System;
using System.Linq;
using Iced.Intel;
using Lachesis.Boot.Elf;
using Lachesis.Core.Threads;
using static Iced.Intel.AssemblerRegisters;
using static Lachesis.Boot.Stubs.Offsets;

namespace Lachesis.Boot.Stubs;

/// <summary>
/// From any interrupt or exception to C#. The CPU and the vector's stub leave on the stack, from the top down: ss, rsp,
/// rflags, cs, rip, error code (or 0), vector.
/// </summary>
public static class InterruptEntry
{
    private const int FirstExternal = 32;
    private const int VectorSlot = 0;
    private const int ErrorSlot = 8;
    private const int RipSlot = 16;
    private const int CsSlot = 24;
    private const int FlagsSlot = 32;
    private const int RspSlot = 40;

    // The CPU pushes an error code itself for these.
    private static readonly int[] s_withErrorCode = [8, 10, 11, 12, 13, 14, 17, 21, 29, 30];

    // NMI, double fault, machine check: they may come between any two instructions, so nothing is assumed about gs or stack.
    private static readonly int[] s_onOwnStack = [2, 8, 18];

    private static readonly AssemblerRegister64[] s_general =
        [rax, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15];

    /// <summary>Adds the 256 vector stubs, what they share, and the table <c>vector_table</c> of their addresses.</summary>
    public static void AddTo(RelocatableObject target, StubAssembler stubs)
    {
        ObjectSection table = target.AddSection(".rodata.vectors", SectionKind.ReadOnlyData, 8);
        for (int vector = 0; vector < 256; vector++)
        {
            AddVector(stubs, vector);
            ulong slot = table.Append(new byte[8]);
            target.AddRelocation(table, slot, NameOf(vector), RelocationType.Abs64, 0);
        }

        target.DefineSymbol("vector_table", table, 0, 256 * 8, SymbolType.Object, global: true);
        stubs.Function("interrupt_common", a => Common(stubs, a));
        stubs.Function("interrupt_from_kernel", a => FromKernel(stubs, a));
        stubs.Function("interrupt_on_own_stack", a =>
        {
            PushAll(a);
            a.mov(rdi, rsp);
            a.and(rsp, -16);
            stubs.CallExternal(a, "kernel_fatal");
            a.ud2();
        });
    }

    private static string NameOf(int vector) => $"vector_{vector}";

    private static void AddVector(StubAssembler stubs, int vector) => stubs.Function(NameOf(vector), a =>
    {
        if (!s_withErrorCode.Contains(vector))
        {
            a.push(0);
        }

        a.push(vector);
        stubs.JmpExternal(a, s_onOwnStack.Contains(vector) ? "interrupt_on_own_stack" : "interrupt_common");
    });

    private static void Common(StubAssembler stubs, Assembler a)
    {
        Label kernel = a.CreateLabel();
        Label unguarded = a.CreateLabel();
        a.test(__byte_ptr[rsp + CsSlot], 3);
        a.je(kernel);
        a.swapgs();
        a.push(rax);
        a.mov(rax, __qword_ptr.gs[Current]);
        foreach (AssemblerRegister64 register in s_general.Where(register => register != rax))
        {
            a.mov(__qword_ptr[rax + OfContext(FieldOf(register))], register);
        }

        a.mov(rbx, rax);
        a.pop(__qword_ptr[rbx + OfContext(nameof(UserContext.Rax))]);
        Copy(a, RipSlot, nameof(UserContext.Rip));
        Copy(a, FlagsSlot, nameof(UserContext.Rflags));
        Copy(a, RspSlot, nameof(UserContext.Rsp));
        a.mov(__qword_ptr[rbx + OfContext(nameof(UserContext.ResumeMode))], 1);
        a.fxsave64(__[rbx + Vector]);
        a.cld();

        // The program may have set the flag that lifts the guard of user pages; an interrupt leaves it as it is.
        a.cmp(__qword_ptr.gs[GuardsUserPages], 0);
        a.je(unguarded);
        a.clac();
        a.Label(ref unguarded);
        CallKernel(stubs, a);

        a.Label(ref kernel);
        stubs.JmpExternal(a, "interrupt_from_kernel");
    }

    // The kernel runs with interrupts off but for idle, between batches of a ring, and before it goes on with a thread that has
    // faulted, which have nothing to return to. An exception is a fault in the kernel: C# either mends the saved rip (user memory
    // access) or panics.
    private static void FromKernel(StubAssembler stubs, Assembler a)
    {
        Label fault = a.CreateLabel();
        a.cmp(__qword_ptr[rsp + VectorSlot], FirstExternal);
        a.jb(fault);
        CallKernel(stubs, a);

        a.Label(ref fault);
        PushAll(a);
        a.mov(rdi, rsp);
        a.mov(rbx, rsp);
        a.and(rsp, -16);
        stubs.CallExternal(a, "kernel_fault");
        a.mov(rsp, rbx);
        foreach (AssemblerRegister64 register in s_general)
        {
            a.pop(register);
        }

        a.add(rsp, RipSlot);
        a.iretq();
    }

    private static void CallKernel(StubAssembler stubs, Assembler a)
    {
        a.mov(rdi, __qword_ptr.gs[Self]);
        a.mov(rsi, __qword_ptr[rsp + VectorSlot]);
        a.mov(rdx, __qword_ptr[rsp + ErrorSlot]);
        a.mov(rsp, __qword_ptr.gs[KernelStackTop]);
        stubs.CallExternal(a, "kernel_interrupt");
        stubs.JmpExternal(a, "thread_resume");
    }

    // In the order of InterruptFrame.
    private static void PushAll(Assembler a)
    {
        foreach (AssemblerRegister64 register in s_general.Reverse())
        {
            a.push(register);
        }
    }

    private static void Copy(Assembler a, int slot, string field)
    {
        a.mov(rcx, __qword_ptr[rsp + slot]);
        a.mov(__qword_ptr[rbx + OfContext(field)], rcx);
    }

    private static string FieldOf(AssemblerRegister64 register)
    {
        string name = ((Register)register).ToString();
        return string.Concat(name[..1], name[1..].ToLowerInvariant());
    }
}
