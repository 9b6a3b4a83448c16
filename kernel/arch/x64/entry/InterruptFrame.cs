using System.Runtime.InteropServices;

namespace Lachesis.Arch.X64;

/// <summary>What boot/stubs/entry/InterruptEntry.cs leaves on the stack for faults in the kernel.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct InterruptFrame
{
    internal ulong Rax, Rbx, Rcx, Rdx, Rsi, Rdi, Rbp, R8, R9, R10, R11, R12, R13, R14, R15;
    internal ulong Vector;
    internal ulong ErrorCode;
    internal ulong Rip;
    internal ulong Cs;
    internal ulong Rflags;
    internal ulong Rsp;
    internal ulong Ss;
}
