using System.Collections.Generic;
using System.Linq;
using Lachesis.Scenarios;

namespace Lachesis.Simulator.Scenarios;

/// <summary>A stretch in which one thread had a CPU for itself.</summary>
/// <param name="StartNs">Nanoseconds since the scenario's start.</param>
/// <param name="Cpu">The CPU.</param>
/// <param name="Thread">The thread's number.</param>
/// <param name="RanNs">Nanoseconds that it ran.</param>
public readonly record struct ScenarioDispatch(long StartNs, uint Cpu, uint Thread, long RanNs);

/// <summary>
/// The dispatches of a run. Stretches of one thread on one CPU are one if no other thread had the CPU in between and no more
/// than <paramref name="toleranceNs"/> passed. They are counted, and kept if that is wanted: the only figure of a run whose memory
/// grows with its length, so that there is a bound.
/// </summary>
/// <param name="toleranceNs">Nanoseconds between two stretches of one dispatch at most.</param>
/// <param name="keep">Whether they are kept.</param>
public sealed class DispatchLog(long toleranceNs, bool keep)
{
    /// <summary>The most that are kept: some 130 MB.</summary>
    public const int MaxKept = 4_000_000;

    private readonly Dictionary<uint, (ScenarioDispatch Dispatch, long End)> _open = [];
    private readonly List<ScenarioDispatch> _over = [];

    /// <summary>How many there were.</summary>
    public long Count { get; private set; }

    /// <summary>Those that were kept, in order of their starts.</summary>
    public IReadOnlyList<ScenarioDispatch> Kept =>
        [.. _over.Concat(keep ? _open.Values.Select(static open => open.Dispatch) : [])
            .OrderBy(static dispatch => dispatch.StartNs).ThenBy(static dispatch => dispatch.Cpu)];

    /// <summary>A stretch of CPU time; those of one CPU come in the order of their starts.</summary>
    /// <exception cref="ScenarioException">There are more than can be kept.</exception>
    public void Add(uint thread, ScenarioEvent stretch)
    {
        if (stretch.DurationNs == 0)
        {
            return;
        }

        long end = stretch.TimeNs + stretch.DurationNs;
        if (_open.TryGetValue(stretch.Cpu, out (ScenarioDispatch Dispatch, long End) before))
        {
            if (before.Dispatch.Thread == thread && stretch.TimeNs - before.End <= toleranceNs)
            {
                _open[stretch.Cpu] = (before.Dispatch with { RanNs = before.Dispatch.RanNs + stretch.DurationNs }, end);
                return;
            }

            Keep(before.Dispatch);
        }

        Count++;
        _open[stretch.Cpu] = (new ScenarioDispatch(stretch.TimeNs, stretch.Cpu, thread, stretch.DurationNs), end);
    }

    private void Keep(ScenarioDispatch dispatch)
    {
        if (!keep)
        {
            return;
        }

        if (_over.Count == MaxKept)
        {
            throw new ScenarioException($"more than {MaxKept} dispatches to list: shorten the scenario");
        }

        _over.Add(dispatch);
    }
}
