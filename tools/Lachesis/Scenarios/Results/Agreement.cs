using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Lachesis.Simulator.Scenarios;

namespace Lachesis.Tools.Scenarios.Results;

/// <summary>How far the guest and the simulator agree about a scenario.</summary>
/// <param name="Dispatches">Dispatches that both made in the same order from the start on.</param>
/// <param name="Simulated">Dispatches of the simulator.</param>
/// <param name="Measured">Dispatches of the guest.</param>
/// <param name="ShareDifference">The largest difference between the shares of a thread, 0 to 1.</param>
public sealed record Agreement(int Dispatches, int Simulated, int Measured, double ShareDifference)
{
    /// <summary>The largest difference of shares.</summary>
    public const double ShareBound = 0.001;

    // The kernel's work makes the guest late, so that at the end it lacks some dispatches.
    private const double LateBound = 0.02;
    private const int LateDispatches = 2;

    /// <summary>Whether the order is the same, but for the dispatches at the end that only one of them came to.</summary>
    public bool SameOrder => Dispatches == Math.Min(Simulated, Measured)
        && Math.Abs(Simulated - Measured) <= Math.Max(LateDispatches, Simulated * LateBound);

    /// <summary>Whether the shares are the same.</summary>
    public bool SameShares => ShareDifference <= ShareBound;

    /// <summary>Compares two runs.</summary>
    /// <param name="simulated">The simulator's, with its dispatches.</param>
    /// <param name="measured">The guest's.</param>
    public static Agreement Of(ScenarioRun simulated, ScenarioRun measured) => Of(
        (simulated.Threads, simulated.Dispatches.Kept), (measured.Threads, measured.Dispatches.Kept));

    internal static Agreement Of(
        (IReadOnlyList<ThreadReport> Threads, IReadOnlyList<ScenarioDispatch> Dispatches) simulated,
        (IReadOnlyList<ThreadReport> Threads, IReadOnlyList<ScenarioDispatch> Dispatches) measured)
    {
        int same = simulated.Dispatches.Zip(measured.Dispatches)
            .TakeWhile(static pair => (pair.First.Thread, pair.First.Cpu) == (pair.Second.Thread, pair.Second.Cpu)).Count();
        double difference = simulated.Threads.Count == measured.Threads.Count
            ? simulated.Threads.Zip(measured.Threads).Max(static pair => Math.Abs(pair.First.Share - pair.Second.Share))
            : 1;
        return new Agreement(same, simulated.Dispatches.Count, measured.Dispatches.Count, difference);
    }

    /// <summary>In one line.</summary>
    public string Describe() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Dispatches} dispatches in the same order of {Simulated} simulated and {Measured} measured, "
        + $"shares differ by at most {ShareDifference * 100:F3}%");
}
