using System;
using System.Collections.Generic;
using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>What threads had in their registers when they faulted: when one goes on, it has the same, but for the instruction
/// pointer, which whoever handled the fault may have changed.</summary>
internal sealed unsafe class FaultRegisters
{
    // General registers, instruction pointer, flags, stack pointer: the head of a context.
    private const int InstructionPointer = 15;
    private const int All = 18;

    private readonly Dictionary<nint, (uint Generation, ulong[] Values)> _kept = [];
    private ulong _next;

    /// <summary>The thread, which is about to fault, has something new in every register; where answers stand, what might be one.</summary>
    public void Fill(Thread* thread)
    {
        ulong r12 = thread->Context.R12;
        Span<ulong> registers = Of(thread);
        for (int i = 0; i < registers.Length; i++)
        {
            registers[i] = i == InstructionPointer ? registers[i] : 0xFA00_0000_0000_0000 + _next++;
        }

        thread->Context.R12 = r12;
        thread->Context.Rsi = _next & 1;
        _kept[(nint)thread] = (thread->Header.Generation, registers.ToArray());
    }

    /// <summary>The thread goes on in its program. Throws if it comes from a fault, and a register has changed.</summary>
    public void Check(Thread* thread)
    {
        if (!_kept.Remove((nint)thread, out (uint Generation, ulong[] Values) kept) || kept.Generation != thread->Header.Generation)
        {
            return;
        }

        Span<ulong> registers = Of(thread);
        for (int i = 0; i < registers.Length; i++)
        {
            Invariants.Require(i == InstructionPointer || registers[i] == kept.Values[i], "a thread comes back from a fault with another register");
        }

        Invariants.Require(thread->Context.ResumeMode == 1, "a thread comes back from a fault as from a system call");
    }

    private static Span<ulong> Of(Thread* thread) => new(&thread->Context, All);
}
