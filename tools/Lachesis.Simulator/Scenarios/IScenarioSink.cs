using Lachesis.Scenarios;

namespace Lachesis.Simulator.Scenarios;

/// <summary>Takes what the threads of a scenario note down, as it comes.</summary>
public interface IScenarioSink
{
    /// <summary>A note. Those of one thread come in the order in which it made them, but for stretches of CPU time, which come
    /// when they are over: in order of their starts for each thread, and for each CPU.</summary>
    /// <param name="thread">The thread's number: threads are counted as they are made, from 0.</param>
    /// <param name="task">Its task.</param>
    /// <param name="note">The note.</param>
    void Note(uint thread, uint task, ScenarioEvent note);

    /// <summary>A thread's last note has come.</summary>
    /// <param name="thread">Its number.</param>
    void Ended(uint thread);
}
