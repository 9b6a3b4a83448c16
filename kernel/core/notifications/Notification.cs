using System.Runtime.InteropServices;
using Lachesis.Core.Threads;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Notifications;

/// <summary>
/// A word of signal bits. Signals add bits; a wait takes them all and clears the word. One thread may have it bound: then its
/// receiving at endpoints ends with the bits as well.
/// </summary>
/// <remarks>The lock of its queue guards all of it.</remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Notification
{
    /// <summary>Header and waiters.</summary>
    public WaitableObject Waitable;

    /// <summary>Bits that nobody has taken yet. While there are any, nobody waits.</summary>
    public ulong Bits;

    /// <summary>The thread that has it bound, or null.</summary>
    public Thread* BoundThread;

    /// <summary>Whether the bound thread is receiving. Whoever takes it out of that wait clears this before it runs
    /// on.</summary>
    public bool BoundThreadReceiving;
}
