using System.Runtime.InteropServices;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Ipc;

/// <summary>
/// The right to answer one caller. A receiver names one, a call binds its caller to it, and the answer takes the caller out
/// again: whoever answers twice finds nobody. With the last capability to it the caller gets an error.
/// </summary>
/// <remarks>
/// The lock (<see cref="LockRank.Reply"/>) guards <see cref="Caller"/>. Whoever claims the caller for another reason (its
/// deadline, its end) comes through here, too, before it may run on, so a caller found here still waits in this call.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Reply
{
    /// <summary>The pool's part.</summary>
    public ObjectHeader Header;

    /// <summary>Guards the caller.</summary>
    public SpinLock Lock;

    /// <summary>Who waits for the answer, or null.</summary>
    public Thread* Caller;
}
