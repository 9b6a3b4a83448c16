using Iced.Intel;
using Lachesis.Abi;
using Lachesis.Boot.Elf;
using static Iced.Intel.AssemblerRegisters;

namespace Lachesis.Boot.Stubs;

/// <summary>For programs that test the kernel: system calls made in ways that no compiler would.</summary>
public static class TestStubs
{
    /// <summary>
    /// What a register of <c>system_call_registers</c> holds before the call: this, plus its place in rbx, rbp, r12..r15,
    /// or 16 plus the number of the vector register, in both halves.
    /// </summary>
    public const int Pattern = 0x5AFE_0000;

    /// <summary>
    /// Adds <c>system_call_registers</c>: (number, a0, a1, ulong* after) makes the call and stores every register
    /// afterwards: rax, rcx, rdx, rbp, rsi, rdi, r8..r15, rbx, a place left out, then xmm0..xmm15. Then single
    /// instructions that fault.
    /// </summary>
    public static void AddTo(StubAssembler stubs)
    {
        stubs.Function("system_call_registers", a =>
        {
            AssemblerRegister64[] saved = [rbx, rbp, r12, r13, r14, r15];
            foreach (AssemblerRegister64 register in saved)
            {
                a.push(register);
            }

            a.push(rcx);
            for (int i = 0; i < 16; i++)
            {
                var register = new AssemblerRegisterXMM(Register.XMM0 + i);
                a.mov(r8d, Pattern + 16 + i);
                a.movq(register, r8);
                a.pshufd(register, register, 0x44);
            }

            for (int i = 0; i < saved.Length; i++)
            {
                a.mov(saved[i], Pattern + i);
            }

            a.xor(r8d, r8d);
            a.xor(r9d, r9d);
            a.syscall();
            a.xchg(__qword_ptr[rsp], rbx);
            StoreAll(a, 0);
            foreach (AssemblerRegister64 register in System.Linq.Enumerable.Reverse(saved))
            {
                a.pop(register);
            }

            a.ret();
        });
        AddFuzzing(stubs);
        AddFaulting(stubs);
        stubs.Function("undefined_instruction", a =>
        {
            a.ud2();
            a.ret();
        });
        stubs.Function("privileged_instruction", a => a.hlt());
        stubs.Function("timer_interrupt", a =>
        {
            a.@int(0x20);
            a.ret();
        });

        stubs.Function("code_segment", a =>
        {
            a.mov(eax, cs);
            a.ret();
        });

        // (flags) -> the flags after a system call was made with them
        stubs.Function("system_call_flags", a =>
        {
            a.push(rdi);
            a.popfq();
            a.xor(edi, edi);
            a.syscall();
            a.pushfq();
            a.pop(rax);
            a.push(2);
            a.popfq();
            a.ret();
        });
        stubs.Function("divide_by_zero", a =>
        {
            a.xor(ecx, ecx);
            a.xor(edx, edx);
            a.div(ecx);
            a.ret();
        });
        stubs.Function("read_address", a =>
        {
            a.mov(rax, __[rdi]);
            a.ret();
        });
        stubs.Function("write_address", a =>
        {
            a.mov(__qword_ptr[rdi], rsi);
            a.ret();
        });
    }

    // system_call_frame: (ulong* frame) makes a call with all that the frame holds: rdi, rsi, rdx, r8, r9, r10, and the pattern
    // for the other registers, a place left out, and behind that stores every register, as above. fuzz_thread: where threads
    // start that need no stack: a few calls, then the end. fuzz_fault: the same behind an undefined instruction.
    private static void AddFuzzing(StubAssembler stubs)
    {
        stubs.Function("system_call_frame", a =>
        {
            AssemblerRegister64[] saved = [rbx, rbp, r12, r13, r14, r15];
            AssemblerRegister64[] arguments = [rdi, rsi, rdx, r8, r9, r10];
            foreach (AssemblerRegister64 register in saved)
            {
                a.push(register);
            }

            a.push(rdi);
            a.mov(rbx, rdi);
            a.mov(rax, __[rbx + 48]);
            for (int i = 0; i < 16; i++)
            {
                var register = new AssemblerRegisterXMM(Register.XMM0 + i);
                a.lea(rcx, __[rax + 16 + i]);
                a.movq(register, rcx);
                a.pshufd(register, register, 0x44);
            }

            for (int i = 0; i < arguments.Length; i++)
            {
                a.mov(arguments[i], __[rbx + (i * 8)]);
            }

            for (int i = 0; i < saved.Length; i++)
            {
                a.lea(saved[i], __[rax + i]);
            }

            a.syscall();
            a.xchg(__qword_ptr[rsp], rbx);
            StoreAll(a, 64);
            foreach (AssemblerRegister64 register in System.Linq.Enumerable.Reverse(saved))
            {
                a.pop(register);
            }

            a.ret();
        });
        stubs.Function("fuzz_fault", a =>
        {
            a.ud2();
            stubs.JmpExternal(a, "fuzz_thread");
        });
        stubs.Function("fuzz_fault_address", a =>
        {
            stubs.LeaExternal(a, rax, "fuzz_fault");
            a.ret();
        });
        stubs.Function("fuzz_thread", a =>
        {
            foreach (SystemCall call in (SystemCall[])[SystemCall.Nop, SystemCall.Yield, SystemCall.CurrentCpu])
            {
                a.mov(edi, (uint)call);
                a.syscall();
            }

            a.mov(edi, (uint)SystemCall.ThreadExit);
            a.syscall();
            a.ud2();
        });
        stubs.Function("fuzz_thread_address", a =>
        {
            stubs.LeaExternal(a, rax, "fuzz_thread");
            a.ret();
        });
    }

    // fault_registers: (ulong* frame) loads every register but rsp, flags included, from the frame: rax, rcx, rdx, rbp, rsi, rdi,
    // r8..r15, rbx, flags, then xmm0..xmm15. Then it writes r14 to where r15 points, and executes an undefined instruction. If
    // somebody sees to both, all registers are stored behind that in the same order; and behind those rsp before and after.
    private static void AddFaulting(StubAssembler stubs) => stubs.Function("fault_registers", a =>
    {
        const int after = 384;
        AssemblerRegister64[] saved = [rbx, rbp, r12, r13, r14, r15];
        AssemblerRegister64[] loaded = [rcx, rdx, rbp, rsi, r8, r9, r10, r11, r12, r13, r14, r15, rbx];
        int[] places = [1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13, 14];
        foreach (AssemblerRegister64 register in saved)
        {
            a.push(register);
        }

        a.push(rdi);
        a.mov(__qword_ptr[rdi + (2 * after)], rsp);
        for (int i = 0; i < 16; i++)
        {
            a.movdqu(new AssemblerRegisterXMM(Register.XMM0 + i), __[rdi + 128 + (i * 16)]);
        }

        a.push(__qword_ptr[rdi + 120]);
        a.popfq();
        for (int i = 0; i < loaded.Length; i++)
        {
            a.mov(loaded[i], __[rdi + (places[i] * 8)]);
        }

        a.mov(rax, __[rdi]);
        a.mov(rdi, __[rdi + 40]);
        a.mov(__qword_ptr[r15], r14);
        a.ud2();
        a.xchg(__qword_ptr[rsp], rbx);
        a.pushfq();
        a.pop(__qword_ptr[rbx + after + 120]);
        a.mov(__qword_ptr[rbx + (2 * after) + 8], rsp);
        StoreAll(a, after);
        a.push(2);
        a.popfq();
        foreach (AssemblerRegister64 register in System.Linq.Enumerable.Reverse(saved))
        {
            a.pop(register);
        }

        a.ret();
    });

    // All registers to where rbx points, rbx itself from the top of the stack.
    private static void StoreAll(Assembler a, int offset)
    {
        AssemblerRegister64[] stored = [rax, rcx, rdx, rbp, rsi, rdi, r8, r9, r10, r11, r12, r13, r14, r15];
        for (int i = 0; i < stored.Length; i++)
        {
            a.mov(__qword_ptr[rbx + offset + (i * 8)], stored[i]);
        }

        for (int i = 0; i < 16; i++)
        {
            a.movdqu(__[rbx + offset + 128 + (i * 16)], new AssemblerRegisterXMM(Register.XMM0 + i));
        }

        a.pop(rcx);
        a.mov(__qword_ptr[rbx + offset + 112], rcx);
    }
}
