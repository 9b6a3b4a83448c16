using System.Collections.Generic;
using System.Linq;
using Lachesis.Scenarios;
using Lachesis.Simulator.Scenarios;
using Lachesis.Tools.Scenarios.Language;

namespace Lachesis.Tools.Scenarios.Results;

/// <summary>What is wrong with what the threads of a scenario did, in words: a mutex used as it may not be, threads that wait for ever, a
/// deadlock.</summary>
internal sealed class ScenarioProblem
{
    private const int MaxNamed = 8;

    private readonly Scenario _scenario;
    private readonly ScenarioEnd _end;
    private readonly Dictionary<long, ThreadReport> _threads;

    private ScenarioProblem(Scenario scenario, IReadOnlyList<ThreadReport> threads, ScenarioEnd end)
    {
        _scenario = scenario;
        _end = end;
        _threads = threads.ToDictionary(static thread => (long)thread.Figures.Number);
    }

    /// <summary>The problem of a run; null if there is none.</summary>
    public static string? Of(
        Scenario scenario, ScenarioFigures figures, IReadOnlyList<ThreadReport> threads, ScenarioEnd end)
    {
        var problem = new ScenarioProblem(scenario, threads, end);
        if (figures.Violation is Violation violation)
        {
            return problem.Describe(violation);
        }

        List<ThreadReport> ring = [.. threads.Where(problem.IsInCycle)];
        List<ThreadReport> stuck = end.IsStuck ? [.. threads.Where(static thread => thread.Figures.StillBlockedOn is not null)] : [];
        string deadlock = ring.Count == 0 ? "" : $"deadlock: {problem.Describe(ring)}";
        return stuck.Count == 0 ? (deadlock.Length == 0 ? null : deadlock)
            : $"at {end.ElapsedNs} ns {stuck.Count} of {threads.Count} threads wait for ever: "
                + (deadlock.Length == 0 ? problem.Describe(stuck)
                    : stuck.Count == ring.Count ? deadlock
                    : $"{deadlock}; {problem.Describe([.. stuck.Except(ring)])}");
    }

    private string Describe(Violation violation)
    {
        ScenarioEvent note = violation.Note;
        string mutex = _scenario.ResourceNames[(int)note.Resource].ToString();
        string holder = note.Holder < 0 ? "no thread holds it" : $"{NameOf(note.Holder)} holds it";
        string what = note.Violation == ScenarioViolation.UnlockNotHeld
            ? $"unlocks {mutex}" : $"waits for a condition with {mutex}";
        return $"at {note.TimeNs} ns {NameOf(violation.Thread.Number)} {what}, which it does not hold: {holder}";
    }

    private string Describe(IReadOnlyList<ThreadReport> waiting)
    {
        IEnumerable<string> named = waiting.Take(MaxNamed).Select(thread =>
        {
            BlockCause obstacle = thread.Figures.StillBlockedOn!.Value;
            string held = obstacle.Holder < 0 ? "" : $", which {NameOf(obstacle.Holder)} holds{Ended(obstacle.Holder)}";
            return $"{thread.Name} waits for {_scenario.ResourceNames[(int)obstacle.Resource]}{held}";
        });
        string rest = waiting.Count > MaxNamed ? $"; and {waiting.Count - MaxNamed} more" : "";
        return string.Join("; ", named) + rest;
    }

    // Of a scenario that is stuck, a thread that does not wait has ended.
    private string Ended(long thread) =>
        _end.IsStuck && _threads.TryGetValue(thread, out ThreadReport? holder) && holder.Figures.StillBlockedOn is null
            ? " and has ended" : "";

    // Whether whoever follows from a thread to the holder of what it waits for, and so on, comes back to it.
    private bool IsInCycle(ThreadReport thread)
    {
        long at = thread.Figures.Number;
        for (int i = 0; i <= _threads.Count; i++)
        {
            at = _threads.TryGetValue(at, out ThreadReport? next) ? next.Figures.StillBlockedOn?.Holder ?? -1 : -1;
            if (at < 0 || at == thread.Figures.Number)
            {
                return at >= 0;
            }
        }

        return false;
    }

    private string NameOf(long thread) =>
        _threads.TryGetValue(thread, out ThreadReport? report) ? report.Name : $"thread {thread}";
}
