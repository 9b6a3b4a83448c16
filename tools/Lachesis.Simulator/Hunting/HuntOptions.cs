using System;
using Lachesis.Core.Check;
using Lachesis.Core.Sched.Place;

namespace Lachesis.Simulator;

/// <summary>What a hunt is to do.</summary>
public sealed record HuntOptions
{
    /// <summary>The first seed; those after it follow.</summary>
    public long FirstSeed { get; init; } = 1;

    /// <summary>Seeds to try, at most.</summary>
    public long Seeds { get; init; } = long.MaxValue;

    /// <summary>Choice points to decide, at least; then the hunt ends.</summary>
    public long Points { get; init; } = long.MaxValue;

    /// <summary>Dispatches to see, at least; then, and with enough choice points, the hunt ends.</summary>
    public long Dispatches { get; init; }

    /// <summary>How long to go on, at most; without, only the figures above end the hunt.</summary>
    public TimeSpan Time { get; init; } = TimeSpan.MaxValue;

    /// <summary>Runs at the same time.</summary>
    public int Workers { get; init; } = Environment.ProcessorCount;

    /// <summary>The mistake to put in.</summary>
    public SeededBug Bug { get; init; }

    /// <summary>Another rule of placement than the kernel's, or null.</summary>
    public PlacementRule? Placement { get; init; }

    /// <summary>Processor time after which a run hangs in which nothing happens. A run takes milliseconds of it.</summary>
    public TimeSpan MostCpuTime { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>What a seed means.</summary>
    internal Plan PlanOf(long seed)
    {
        Plan plan = Plan.Of(seed, Bug);
        return plan with { Shape = plan.Shape with { Placement = Placement } };
    }
}
