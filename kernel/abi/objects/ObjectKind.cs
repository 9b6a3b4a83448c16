namespace Lachesis.Abi;

/// <summary>The kinds of kernel object that a capability can name.</summary>
public enum ObjectKind : byte
{
    /// <summary>Nothing: the slot is free.</summary>
    None = 0,

    /// <summary>A thread.</summary>
    Thread = 1,

    /// <summary>A process: its address space, its threads, its capability space.</summary>
    Process = 2,

    /// <summary>The log.</summary>
    Log = 3,

    /// <summary>The report channel.</summary>
    Report = 4,

    /// <summary>The ramdisk's programs, to start processes from.</summary>
    Programs = 5,

    /// <summary>The machine: its end, its counters, its pools.</summary>
    Machine = 6,

    /// <summary>How CPUs schedule.</summary>
    Policy = 7,

    /// <summary>Where threads meet to pass messages.</summary>
    Endpoint = 8,

    /// <summary>A word of signal bits, and who waits for it.</summary>
    Notification = 9,

    /// <summary>The right to answer one caller, once.</summary>
    Reply = 10,

    /// <summary>Signals a notification at an instant.</summary>
    Timer = 11,

    /// <summary>A submission and completion ring.</summary>
    Ring = 12,

    /// <summary>A group of processes that end together.</summary>
    Session = 13,

    /// <summary>How many there are; not one itself.</summary>
    Count = 14,
}
