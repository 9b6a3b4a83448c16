using Lachesis.Abi;

namespace Lachesis.Fuzz;

/// <summary>What goes into a call and all that comes out, as the stub <c>system_call_frame</c> (boot/stubs/TestStubs.cs) has
/// it.</summary>
internal unsafe struct Frame
{
    /// <summary>General registers behind the call: rax, rcx, rdx, rbp, rsi, rdi, r8 .. r15, rbx.</summary>
    internal const int Registers = 15;

    internal ulong Number, A0, A1, A2, A3, R10, Pattern, Unused;
    internal ulong Rax, Rcx, Rdx, Rbp, Rsi, Rdi, R8, R9, R10After, R11, R12, R13, R14, R15, Rbx, UnusedToo;
    internal fixed ulong Vector[32];

    internal readonly Error Error => (Error)Rax;

    internal readonly SystemCall Call => (SystemCall)(uint)Number;

    /// <summary>Whether a register is as it was given to the call.</summary>
    internal readonly bool WasGiven(ulong value) =>
        value == Number || value == A0 || value == A1 || value == A2 || value == A3 || value == R10;
}
