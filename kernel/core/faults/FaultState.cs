using System.Runtime.InteropServices;
using Lachesis.Core.Objects;

namespace Lachesis.Core.Faults;

/// <summary>
/// Who handles a thread's faults, and, from a fault until it is dealt with, what the thread had. To those who pass messages such
/// a thread is a caller like any other; so what they write over in its context is kept here meanwhile.
/// </summary>
[StructLayout(LayoutKind.Sequential)]
public struct FaultState
{
    /// <summary>The process whose capability names the endpoint that handles its faults; generation 0: nobody does. No reference:
    /// it may have ended. Under the lock of the thread's own process.</summary>
    public ObjectRef HandlerProcess;

    /// <summary>The handle of that capability, there. Under the same lock.</summary>
    public uint HandlerHandle;

    /// <summary>Of the fault: the number of the exception, 0..31.</summary>
    public uint Vector;

    /// <summary>Of the fault: <see cref="HandlerProcess"/> when it was sent.</summary>
    public ObjectRef SentHandlerProcess;

    /// <summary>Of the fault: <see cref="HandlerHandle"/> when it was sent.</summary>
    public uint SentHandlerHandle;

    /// <summary>Of the fault: the error code that the CPU gave, or 0.</summary>
    public uint ErrorCode;

    /// <summary>Of a page fault: the address that was touched; else 0.</summary>
    public ulong Address;

    /// <summary>Registers as the fault found them.</summary>
    public ulong Rax, Rdx, Rsi, Rdi, R8, R9, R10;
}
