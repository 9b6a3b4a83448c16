using System.Runtime.InteropServices;

namespace Lachesis.Abi;

/// <summary>How many objects of each kind there can be at a time; 0: the kernel chooses.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
public struct PoolCapacities
{
    /// <summary>Threads. Chosen by the kernel: by the memory size.</summary>
    public uint Threads;

    /// <summary>Processes.</summary>
    public uint Processes;

    /// <summary>Endpoints.</summary>
    public uint Endpoints;

    /// <summary>Notifications.</summary>
    public uint Notifications;

    /// <summary>Reply objects.</summary>
    public uint Replies;

    /// <summary>Timers. Every CPU keeps a place for each in its timer queue.</summary>
    public uint Timers;

    /// <summary>Submission and completion rings.</summary>
    public uint Rings;
}
