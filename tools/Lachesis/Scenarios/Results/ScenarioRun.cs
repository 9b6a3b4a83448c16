using System.Collections.Generic;
using Lachesis.Simulator.Scenarios;
using Lachesis.Tools.Scenarios.Language;

namespace Lachesis.Tools.Scenarios.Results;

/// <summary>What a run of a scenario came to, in the simulator or in the guest.</summary>
public sealed class ScenarioRun
{
    /// <summary>Puts it together.</summary>
    /// <param name="scenario">The scenario.</param>
    /// <param name="figures">Its threads' figures.</param>
    /// <param name="dispatches">Its dispatches.</param>
    /// <param name="end">How it ended.</param>
    public ScenarioRun(Scenario scenario, ScenarioFigures figures, DispatchLog dispatches, ScenarioEnd end)
    {
        Threads = ThreadReport.Of(scenario, figures.Threads);
        Dispatches = dispatches;
        End = end;
        Problem = ScenarioProblem.Of(scenario, figures, Threads, end);
    }

    /// <summary>Its threads, in the order in which they were made.</summary>
    public IReadOnlyList<ThreadReport> Threads { get; }

    /// <summary>Its dispatches.</summary>
    public DispatchLog Dispatches { get; }

    /// <summary>How it ended.</summary>
    public ScenarioEnd End { get; }

    /// <summary>What is wrong with what its threads did, in one line; null: nothing.</summary>
    public string? Problem { get; }
}
