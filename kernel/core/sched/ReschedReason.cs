namespace Lachesis.Core.Sched;

/// <summary>Why a CPU looks whether another thread should run than the one that does.</summary>
public enum ReschedReason : uint
{
    /// <summary>The running thread yields.</summary>
    Yield = 0,

    /// <summary>Its slice is over.</summary>
    SliceEnd = 1,

    /// <summary>Another thread has become runnable, or some thread's parameters have changed.</summary>
    Wake = 2,
}

/// <summary>Where a thread comes from that enters a run queue. Set by who took it out of where it was.</summary>
public enum EnqueueReason : uint
{
    /// <summary>It was just made.</summary>
    New = 0,

    /// <summary>It was blocked.</summary>
    Woken = 1,

    /// <summary>It was runnable elsewhere: on another CPU, or under another policy.</summary>
    Moved = 2,
}
