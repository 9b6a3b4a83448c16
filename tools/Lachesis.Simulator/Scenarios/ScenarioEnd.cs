using System;

namespace Lachesis.Simulator.Scenarios;

/// <summary>How a run of a scenario ended.</summary>
/// <param name="ElapsedNs">Nanoseconds from its start to its end.</param>
/// <param name="IsStuck">Whether it ended because every thread that was left waited for another one, for ever.</param>
public sealed record ScenarioEnd(long ElapsedNs, bool IsStuck);

/// <summary>A scenario that cannot go on. The message is one line.</summary>
public sealed class ScenarioException(string message) : Exception(message);
