using System.Collections.Generic;
using Lachesis.Scenarios;
using Lachesis.Simulator.Scenarios;

namespace Lachesis.Tools.Tests.Scenarios;

/// <summary>Keeps what threads note down: what a guest would send.</summary>
internal sealed class RecordedNotes : IScenarioSink
{
    /// <summary>By thread: its task, and its notes.</summary>
    public SortedDictionary<uint, (uint Task, List<ScenarioEvent> Notes)> Threads { get; } = [];

    /// <inheritdoc/>
    public void Note(uint thread, uint task, ScenarioEvent note)
    {
        if (!Threads.TryGetValue(thread, out (uint Task, List<ScenarioEvent> Notes) recorded))
        {
            recorded = (task, []);
            Threads.Add(thread, recorded);
        }

        recorded.Notes.Add(note);
    }

    /// <inheritdoc/>
    public void Ended(uint thread)
    {
    }
}
