using System.Threading;
using Lachesis.Core.Sched.Place;

namespace Lachesis.Simulator.Scenarios;

/// <summary>How a scenario is simulated.</summary>
public sealed record ScenarioOptions
{
    /// <summary>Virtual CPUs.</summary>
    public uint Cpus { get; init; } = 1;

    /// <summary>Request and quantum of tasks that name none, in nanoseconds; 0: the kernel's defaults.</summary>
    public uint SliceNs { get; init; }

    /// <summary>Chooses the order in which CPUs act that do so at the same instant; 0: by number.</summary>
    public ulong Seed { get; init; }

    /// <summary>Whether every invariant of the kernel is checked after every entry. Slow.</summary>
    public bool Checking { get; init; }

    /// <summary>Where woken threads go; null: the kernel's own rule.</summary>
    public PlacementRule? Placement { get; init; }

    /// <summary>Ends the simulation with an <see cref="System.OperationCanceledException"/>.</summary>
    public CancellationToken Cancellation { get; init; }
}
