using System.Runtime.InteropServices;
using Lachesis.Core.Rings;

namespace Lachesis.Core.Threads;

/// <summary>
/// The registers of a thread while it is not in user mode. The entry stubs write it and the exit stubs load it, by the
/// offsets of this struct. A blocked thread is this and nothing else: no kernel stack belongs to it.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct UserContext
{
    /// <summary>Bytes of <see cref="FxSaveArea"/>: the FXSAVE image.</summary>
    public const int FxSaveBytes = 512;

    /// <summary>Value of <see cref="ResumeMode"/>.</summary>
    public const ulong InRing = 2;

    /// <summary>Value of <see cref="ResumeMode"/>.</summary>
    public const ulong InFault = 3;

    /// <summary>General registers. After a system call only rbx, rbp, rsp and r12..r15 are kept, and rax and rdx give its
    /// result. The words of a message stand side by side (<see cref="Ipc.MessageWords"/>).</summary>
    public ulong Rax, Rbx, Rcx, Rdx, Rdi, Rsi, R8, R9, R10, R11, Rbp, R12, R13, R14, R15;

    /// <summary>Where it goes on; canonical and in the user half.</summary>
    public ulong Rip;

    /// <summary>Flags; interrupts on, privilege level 0 bits clear.</summary>
    public ulong Rflags;

    /// <summary>Stack pointer.</summary>
    public ulong Rsp;

    /// <summary>1: stopped by an interrupt, every register counts. 0: stopped in a system call. <see cref="InRing"/>: it
    /// performs requests of <see cref="Ring"/>, and goes on with that. <see cref="InFault"/>: it faulted, and its handler is to
    /// say how it goes on; some registers are kept elsewhere (<see cref="Faults.FaultState"/>).</summary>
    public ulong ResumeMode;

    /// <summary>The ring whose requests it performs, or null.</summary>
    public Ring* Ring;

    /// <summary>
    /// FXSAVE image, 16-byte aligned. Saved whole by interrupts; by system calls only MXCSR and the x87 control word, as the
    /// rest is the caller's to lose. Always loaded whole, so that no thread sees another's vector registers.
    /// </summary>
    public fixed byte FxSaveArea[FxSaveBytes];
}
