using System.Collections.Generic;
using System.Linq;
using Lachesis.Scenarios;

namespace Lachesis.Simulator.Scenarios;

/// <summary>A thread that did what a mutex does not allow.</summary>
/// <param name="Thread">The thread's figures.</param>
/// <param name="Note">What, and when.</param>
public sealed record Violation(ThreadFigures Thread, ScenarioEvent Note);

/// <summary>
/// Folds the notes of a run into figures of each thread as they come, and its stretches into dispatches. Memory grows with threads, not
/// with time; of more than <see cref="MaxThreads"/> threads those of a task that come after are figures together.
/// </summary>
/// <param name="dispatches">Where stretches go too, or null: nowhere.</param>
public sealed class ScenarioFigures(DispatchLog? dispatches = null) : IScenarioSink
{
    /// <summary>The most threads that have figures of their own, whether they have ended or not.</summary>
    public const int MaxThreads = 8192;

    // What a thread was at when it noted something last.
    private sealed class ThreadProgress(ThreadFigures figures)
    {
        public ThreadFigures Figures => figures;

        public uint? LastCpu { get; set; }

        public (BlockCause Obstacle, long Since)? Block { get; set; }
    }

    private readonly List<ThreadFigures> _threads = [];
    private readonly Dictionary<uint, ThreadFigures> _rest = [];
    private readonly Dictionary<uint, ThreadProgress> _progress = [];

    /// <summary>The figures of all threads, in the order in which the threads were made.</summary>
    public IReadOnlyList<ThreadFigures> Threads => [.. _threads.OrderBy(static thread => thread.Number)];

    /// <summary>The first that a thread did wrong; null: nothing.</summary>
    public Violation? Violation { get; private set; }

    /// <inheritdoc/>
    public void Note(uint thread, uint task, ScenarioEvent note)
    {
        if (!_progress.TryGetValue(thread, out ThreadProgress? course))
        {
            course = new ThreadProgress(FiguresOf(thread, task));
            _progress.Add(thread, course);
        }

        ThreadFigures figures = course.Figures;
        switch (note.Kind)
        {
            case ScenarioEventKind.Ran:
                NoteStretch(course, note);
                dispatches?.Add(thread, note);
                break;
            case ScenarioEventKind.Start or ScenarioEventKind.LostCpu or ScenarioEventKind.RunnableAtEnd:
                figures.AddWait(note.Value);
                break;
            case ScenarioEventKind.Woken or ScenarioEventKind.WokenAtEnd:
                figures.AddWait(note.Value);
                figures.Latency.Add(note.Value);
                CloseBlock(course, note.TimeNs - note.Value, open: false);
                break;
            case ScenarioEventKind.Slack:
                figures.AddSlack(note.Value);
                break;
            case ScenarioEventKind.Activation:
                figures.AddRun();
                break;
            case ScenarioEventKind.Blocked:
                course.Block = (new BlockCause(note.Resource, note.Holder), note.TimeNs);
                break;
            case ScenarioEventKind.Violation:
                Violation ??= new Violation(figures, note);
                break;
            case ScenarioEventKind.Ledger:
                figures.AddLedger((ScenarioLedger)note.TimeNs, (ulong)note.Value);
                break;
            case ScenarioEventKind.End:
                CloseBlock(course, note.TimeNs, open: true);
                break;
            default:
                break;
        }
    }

    /// <inheritdoc/>
    public void Ended(uint thread) => _progress.Remove(thread);

    private static void NoteStretch(ThreadProgress course, ScenarioEvent stretch)
    {
        course.Figures.AddStretch(stretch, course.LastCpu);
        course.LastCpu = stretch.DurationNs > 0 ? stretch.Cpu : course.LastCpu;
    }

    private static void CloseBlock(ThreadProgress course, long at, bool open)
    {
        if (course.Block is (BlockCause obstacle, long since))
        {
            course.Figures.AddBlocked(obstacle, at - since, open);
            course.Block = null;
        }
    }

    private ThreadFigures FiguresOf(uint thread, uint task)
    {
        if (_threads.Count - _rest.Count < MaxThreads || !_rest.TryGetValue(task, out ThreadFigures? rest))
        {
            var figures = new ThreadFigures(thread, task);
            _threads.Add(figures);
            if (_threads.Count - _rest.Count > MaxThreads)
            {
                _rest.Add(task, figures);
            }

            return figures;
        }

        rest.Lives++;
        return rest;
    }
}
