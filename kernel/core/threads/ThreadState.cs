namespace Lachesis.Core.Threads;

/// <summary>Where a thread is. Each live thread is in exactly one place, and only that place's owner may move it
/// on.</summary>
/// <remarks>Places out of which an exchange claims a thread are 1 more than a multiple of 4, and no others (<see
/// cref="ThreadState.IsClaimable"/>).</remarks>
public enum ThreadLocation : uint
{
    /// <summary>No thread: the slot is in the pool's free list. Owner: the pool's lock.</summary>
    Free = 0,

    /// <summary>Made, not yet started. Owner: the CPU that wins the exchange to <see cref="Claimed"/>.</summary>
    Created = 1,

    /// <summary>The CPU's current thread. Owner: that CPU.</summary>
    Running = 2,

    /// <summary>In the CPU's run queue. Owner: that queue's lock.</summary>
    Queued = 3,

    /// <summary>In the CPU's wake inbox. Owner: that CPU.</summary>
    Inbox = 4,

    /// <summary>Waiting in a wait queue, for an instant, or both. Owner: the CPU that wins the exchange to <see
    /// cref="Claimed"/>.</summary>
    Blocked = 5,

    /// <summary>Claimed by a CPU that is making it runnable, moving it or ending it. Owner: that CPU.</summary>
    Claimed = 6,

    /// <summary>Ended; its slot stays until the last handle to it is gone. Owner: the last reference.</summary>
    Dead = 7,

    /// <summary>It could run, but was suspended; or was killed, and a CPU is about to end it. Owner: the CPU that wins the exchange
    /// to <see cref="Claimed"/>.</summary>
    Suspended = 9,
}

/// <summary>One word that says where a thread is, on which CPU, and which thread it is: place (8 bits), CPU (8),
/// generation (32).</summary>
public readonly struct ThreadState
{
    /// <summary>The word.</summary>
    public readonly ulong Word;

    /// <summary>From the word.</summary>
    public ThreadState(ulong word) => Word = word;

    /// <summary>From its parts.</summary>
    public ThreadState(ThreadLocation location, uint cpu, uint generation) => Word = (ulong)generation << 32 | cpu << 8 | (uint)location;

    /// <summary>Where it is.</summary>
    public ThreadLocation Location => (ThreadLocation)(Word & 0xFF);

    /// <summary>Whether it is in a place that belongs to nobody until somebody claims it.</summary>
    public bool IsClaimable => (Word & 3) == 1;

    /// <summary>The CPU that the place belongs to, where it belongs to one.</summary>
    public uint Cpu => (uint)(Word >> 8) & 0xFF;

    /// <summary>The generation of the thread.</summary>
    public uint Generation => (uint)(Word >> 32);

    /// <summary>The same thread in another place.</summary>
    public ThreadState With(ThreadLocation location, uint cpu) => new(Word >> 32 << 32 | cpu << 8 | (uint)location);
}
