namespace Lachesis.Abi;

/// <summary>How a CPU chooses among its best-effort threads. Each CPU has one, which can change while threads run.</summary>
public enum SchedulingPolicy : uint
{
    /// <summary>EEVDF: CPU time in proportion to weights, earliest eligible virtual deadline first.</summary>
    Fair = 0,

    /// <summary>The highest of 256 priorities; round robin inside of a level.</summary>
    Priority = 1,

    /// <summary>First come, first served, each for one quantum.</summary>
    RoundRobin = 2,

    /// <summary>How many there are; not one itself.</summary>
    Count = 3,
}

/// <summary>What can be set of a thread (<see cref="SystemCall.ThreadSetScheduling"/>). Every policy keeps all of them, and reads
/// its own.</summary>
public enum SchedulingParameter : ulong
{
    /// <summary>Fair: its share of the CPU against the others' weights; <see cref="SchedulingLimits.MinWeight"/> ..
    /// <see cref="SchedulingLimits.MaxWeight"/>.</summary>
    Weight = 0,

    /// <summary>Fair: its latency class, as the length of its requests in nanoseconds: shorter ones are served sooner and
    /// interrupted more often. <see cref="SchedulingLimits.MinSliceNs"/> .. <see
    /// cref="SchedulingLimits.MaxSliceNs"/>, kept in whole microseconds.</summary>
    SliceNs = 1,

    /// <summary>Priority: 0 (least) .. <see cref="SchedulingLimits.MaxPriority"/>.</summary>
    Priority = 2,

    /// <summary>How long it runs before its CPU looks who is next: under fair, in the middle of a request; under priority,
    /// among those of its level. <see cref="SchedulingLimits.MinQuantumNs"/> .. <see cref="SchedulingLimits.MaxQuantumNs"/>, kept in whole
    /// microseconds.</summary>
    QuantumNs = 3,

    /// <summary>How many there are; not one itself.</summary>
    Count = 4,
}

/// <summary>Rules of the fair policy that can be switched off, to measure what they do.</summary>
[System.Flags]
public enum FairFeatures : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>The running thread keeps the CPU against a woken one while it is owed service, unless the woken one's
    /// request is shorter.</summary>
    RunToParity = 1,

    /// <summary>A thread that slept before it had used its request up asks for no more than twice what it used, so that
    /// short bursts get near deadlines without being told to.</summary>
    ShortBursts = 2,

    /// <summary>All: the default.</summary>
    All = RunToParity | ShortBursts,
}

/// <summary>Bounds of what can be set.</summary>
public static class SchedulingLimits
{
    /// <summary>The least weight.</summary>
    public const uint MinWeight = 1;

    /// <summary>The greatest weight: the product with any lag, summed over a full thread pool, still fits 63 bits.</summary>
    public const uint MaxWeight = 100_000;

    /// <summary>The weight of nice 0.</summary>
    public const uint DefaultWeight = 1024;

    /// <summary>The shortest request: a shorter one would be spent on switching.</summary>
    public const uint MinSliceNs = 100_000;

    /// <summary>The longest request.</summary>
    public const uint MaxSliceNs = 100_000_000;

    /// <summary>The request of threads for which none is set, if the manifest sets none.</summary>
    public const uint DefaultSliceNs = 700_000;

    /// <summary>The greatest priority.</summary>
    public const uint MaxPriority = 255;

    /// <summary>The priority of threads for which none is set.</summary>
    public const uint DefaultPriority = 128;

    /// <summary>The shortest quantum.</summary>
    public const uint MinQuantumNs = 10_000;

    /// <summary>The longest quantum.</summary>
    public const uint MaxQuantumNs = 1_000_000_000;

    /// <summary>The quantum of threads for which none is set, if the manifest sets none.</summary>
    public const uint DefaultQuantumNs = 5_000_000;

    /// <summary>How many services, and how many sessions, accounts are kept for.</summary>
    public const uint MaxGroups = 64;
}
