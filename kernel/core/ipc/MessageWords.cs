using System.Runtime.InteropServices;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Ipc;

/// <summary>The first words of a message, as they stand in a context: rsi, r8, r9, r10. Before them its tag, in rdi; what the
/// receiver learns of the sender (the badge) is in rdx.</summary>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct MessageWords
{
    /// <summary>The words.</summary>
    public ulong W0, W1, W2, W3;

    /// <summary>Those of a thread that does not run, or is in a system call.</summary>
    public static MessageWords* Of(Thread* thread) => (MessageWords*)&thread->Context.Rsi;
}
