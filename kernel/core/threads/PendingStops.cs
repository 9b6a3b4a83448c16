using System;

namespace Lachesis.Core.Threads;

/// <summary>What others have decided about a thread; while it is anything, no CPU may run the thread.</summary>
[Flags]
public enum PendingStops : ulong
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>It does not run until it is resumed.</summary>
    Suspended = 1,

    /// <summary>It ends.</summary>
    Killed = 2,
}
