using System.Runtime.InteropServices;
using Lachesis.Core.Lifecycle;
using Lachesis.Core.Objects;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Processes;

/// <summary>How far a session's end has come (<see cref="Sessions{TMachine}"/>).</summary>
public enum SessionPhase : uint
{
    /// <summary>Processes come and go.</summary>
    Open = 0,

    /// <summary>None comes any more, and those that are there are being ended.</summary>
    EndingProcesses = 1,

    /// <summary>What was derived from the capability that ended it is being deleted.</summary>
    Revoking = 2,

    /// <summary>Waiting until the last process is dead.</summary>
    DrainingProcesses = 3,

    /// <summary>Only its exit code is left, for those who hold a capability.</summary>
    Ended = 4,
}

/// <summary>Where a process stands with its session.</summary>
public enum SessionMembership : uint
{
    /// <summary>It counts, and is still being made.</summary>
    Counted = 0,

    /// <summary>It is in the session's list.</summary>
    Listed = 1,

    /// <summary>It was told to end, or has ended.</summary>
    Unlisted = 2,
}

/// <summary>
/// A group of processes that log out together. Every process is in one for all its life, and so is whatever it starts, unless
/// that is started in another one by name. Its index is the number under which its processes' time is kept.
/// </summary>
/// <remarks>The lock of <see cref="Waiters"/> guards all of it. Each process that is not dead holds one reference, and so does
/// the work of ending it.</remarks>
[StructLayout(LayoutKind.Sequential)]
public unsafe struct Session
{
    /// <summary>The pool's part.</summary>
    public ObjectHeader Header;

    /// <summary>Who waits for its end.</summary>
    public WaitQueue Waiters;

    /// <summary>How far its end has come.</summary>
    public SessionPhase Phase;

    /// <summary>Processes that are not dead, those that are being made included, and 1 for the work of ending it while that
    /// lasts.</summary>
    public uint MemberCount;

    /// <summary>What it was ended with.</summary>
    public ulong ExitCode;

    /// <summary>First of its processes that were not told to end yet.</summary>
    public Process* FirstProcess;

    /// <summary>While it is being ended: the process that did, to which it holds a reference.</summary>
    public Process* EndingProcess;

    /// <summary>The capability of that process through which it did.</summary>
    public ulong EndingHandle;

    /// <summary>Next in the list of sessions that one CPU ends.</summary>
    public Session* NextToEnd;
}
