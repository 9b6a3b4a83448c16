using Lachesis.Abi;
using Lachesis.Core.Sched.Place;

namespace Lachesis.Simulator;

/// <summary>How large a test system is.</summary>
public sealed record SystemShape
{
    /// <summary>CPUs.</summary>
    public uint Cpus { get; init; } = 1;

    /// <summary>Room in the thread pool.</summary>
    public uint Threads { get; init; } = 32;

    /// <summary>Room in the process pool.</summary>
    public uint Processes { get; init; } = 8;

    /// <summary>Free physical pages.</summary>
    public uint Pages { get; init; } = 256;

    /// <summary>Room for endpoints, and as many objects of each other small kind.</summary>
    public uint Objects { get; init; } = 64;

    /// <summary>Buckets of the park table; few, so that keys collide.</summary>
    public uint ParkBuckets { get; init; } = 4;

    /// <summary>Length of a time slice.</summary>
    public long SliceNs { get; init; } = 1_000_000;

    /// <summary>The policy of every CPU.</summary>
    public SchedulingPolicy Policy { get; init; } = SchedulingPolicy.RoundRobin;

    /// <summary>The rules of the fair policy.</summary>
    public FairFeatures Features { get; init; } = FairFeatures.All;

    /// <summary>Where woken threads go; null: the kernel's own rule.</summary>
    public PlacementRule? Placement { get; init; }
}
