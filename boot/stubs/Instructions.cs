using System;
using Iced.Intel;
using Lachesis.Boot.Elf;
using static Iced.Intel.AssemblerRegisters;

namespace Lachesis.Boot.Stubs;

/// <summary>Instructions for which C# has no words, each as a function with the C calling convention.</summary>
public static class Instructions
{
    /// <summary>Adds all of them.</summary>
    public static void AddTo(StubAssembler stubs)
    {
        AddClock(stubs);
        AddCpuClock(stubs);
        AddPorts(stubs);
        AddModelSpecific(stubs);
        AddControl(stubs);
        AddTables(stubs);
    }

    /// <summary>Adds the clock as programs read it: (base, multiplier) -> (tsc - base) * multiplier >> 32; and the bare
    /// counter.</summary>
    public static void AddClock(StubAssembler stubs)
    {
        stubs.Function("clock_now", a => ReadClock(a, a => a.sub(rax, rdi), a => a.mul(rsi)));
        stubs.Function("read_tsc", a =>
        {
            a.rdtsc();
            a.shl(rdx, 32);
            a.or(rax, rdx);
            a.ret();
        });
        stubs.Function("spin_pause", a =>
        {
            a.pause();
            a.ret();
        });
    }

    // The same with the constants of the CPU on which it runs.
    private static void AddCpuClock(StubAssembler stubs) => stubs.Function("cpu_clock", a => ReadClock(
        a,
        a => a.sub(rax, __qword_ptr.gs[Offsets.ClockBase]),
        a => a.mul(__qword_ptr.gs[Offsets.ClockMultiplier])));

    // lfence: no reading before earlier loads, so that what one CPU saw of another's time is never ahead of its own.
    private static void ReadClock(Assembler a, Action<Assembler> subtractBase, Action<Assembler> multiply)
    {
        a.lfence();
        a.rdtsc();
        a.shl(rdx, 32);
        a.or(rax, rdx);
        subtractBase(a);
        multiply(a);
        a.shrd(rax, rdx, 32);
        a.ret();
    }

    private static void AddPorts(StubAssembler stubs)
    {
        stubs.Function("port_write8", a =>
        {
            a.mov(edx, edi);
            a.mov(eax, esi);
            a.@out(dx, al);
            a.ret();
        });
        stubs.Function("port_write32", a =>
        {
            a.mov(edx, edi);
            a.mov(eax, esi);
            a.@out(dx, eax);
            a.ret();
        });
        stubs.Function("port_read8", a =>
        {
            a.mov(edx, edi);
            a.xor(eax, eax);
            a.@in(al, dx);
            a.ret();
        });
        stubs.Function("port_read32", a =>
        {
            a.mov(edx, edi);
            a.@in(eax, dx);
            a.ret();
        });

        // (port, bytes, count)
        stubs.Function("port_write_bytes", a =>
        {
            a.mov(rcx, rdx);
            a.mov(edx, edi);
            a.rep.outsb();
            a.ret();
        });
    }

    private static void AddModelSpecific(StubAssembler stubs)
    {
        stubs.Function("msr_read", a =>
        {
            a.mov(ecx, edi);
            a.rdmsr();
            a.shl(rdx, 32);
            a.or(rax, rdx);
            a.ret();
        });
        stubs.Function("msr_write", a =>
        {
            a.mov(ecx, edi);
            a.mov(eax, esi);
            a.mov(rdx, rsi);
            a.shr(rdx, 32);
            a.wrmsr();
            a.ret();
        });

        // (leaf, subleaf, uint* eax..edx)
        stubs.Function("cpu_id", a =>
        {
            a.push(rbx);
            a.mov(r8, rdx);
            a.mov(eax, edi);
            a.mov(ecx, esi);
            a.cpuid();
            a.mov(__dword_ptr[r8], eax);
            a.mov(__dword_ptr[r8 + 4], ebx);
            a.mov(__dword_ptr[r8 + 8], ecx);
            a.mov(__dword_ptr[r8 + 12], edx);
            a.pop(rbx);
            a.ret();
        });
    }

    private static void AddControl(StubAssembler stubs)
    {
        stubs.Function("cr2_read", a =>
        {
            a.mov(rax, cr2);
            a.ret();
        });
        stubs.Function("cr3_read", a =>
        {
            a.mov(rax, cr3);
            a.ret();
        });
        stubs.Function("cr3_write", a =>
        {
            a.mov(cr3, rdi);
            a.ret();
        });
        stubs.Function("cr0_read", a =>
        {
            a.mov(rax, cr0);
            a.ret();
        });
        stubs.Function("cr0_write", a =>
        {
            a.mov(cr0, rdi);
            a.ret();
        });
        stubs.Function("cr4_read", a =>
        {
            a.mov(rax, cr4);
            a.ret();
        });
        stubs.Function("cr4_write", a =>
        {
            a.mov(cr4, rdi);
            a.ret();
        });
        stubs.Function("frame_pointer", a =>
        {
            a.mov(rax, rbp);
            a.ret();
        });
        stubs.Function("halt_forever", a =>
        {
            Label again = a.CreateLabel();
            a.Label(ref again);
            a.cli();
            a.hlt();
            a.jmp(again);
        });

        // Goes on in a function on another stack, never to return: (stack top, function, argument)
        stubs.Function("continue_on_stack", a =>
        {
            a.mov(rsp, rdi);
            a.xor(ebp, ebp);
            a.mov(rdi, rdx);
            a.call(rsi);
            stubs.JmpExternal(a, "thread_resume");
        });
    }

    private static void AddTables(StubAssembler stubs)
    {
        // (pointer to limit and base, kernel code selector, kernel data selector)
        stubs.Function("load_gdt", a =>
        {
            Label reloaded = a.CreateLabel();
            a.lgdt(__[rdi]);
            a.mov(ds, dx);
            a.mov(es, dx);
            a.mov(ss, dx);
            a.xor(eax, eax);
            a.mov(fs, ax);
            a.mov(gs, ax);
            a.push(rsi);
            a.lea(rax, __[reloaded]);
            a.push(rax);
            a.AddInstruction(Instruction.Create(Code.Retfq));
            a.Label(ref reloaded);
            a.ret();
        });
        stubs.Function("load_idt", a =>
        {
            a.lidt(__[rdi]);
            a.ret();
        });
        stubs.Function("load_task", a =>
        {
            a.ltr(di);
            a.ret();
        });

        // Loads an empty interrupt table and traps: the CPU finds no handler for it, nor for that, and resets.
        stubs.Function("triple_fault", a =>
        {
            a.push(0);
            a.push(0);
            a.lidt(__[rsp]);
            a.ud2();
        });
    }
}
