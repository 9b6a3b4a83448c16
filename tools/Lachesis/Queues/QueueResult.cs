using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Tools.Evidence;

namespace Lachesis.Tools.Queues;

/// <summary>What operations on the run queue cost now, beside what was accepted.</summary>
/// <param name="Rows">One a case that was to be measured.</param>
public sealed record QueueResult(IReadOnlyList<QueueRow> Rows)
{
    // The least ratios are below a hundredth; a thousandth of one is to be told apart.
    private const int RatioDigits = 6;

    /// <summary>
    /// Measures the cases of a table. As the host is noisy, those that fail are measured again, in a process of their own, and
    /// the best of all attempts counts: what really got slower fails every time.
    /// </summary>
    /// <param name="cases">The cases.</param>
    /// <param name="attempts">How often a case is measured at most.</param>
    /// <param name="measure">Measures the cases of these names.</param>
    public static QueueResult Measure(
        IEnumerable<QueueCase> cases, int attempts, Func<IReadOnlyList<string>, IReadOnlyList<QueueFigures>> measure)
    {
        QueueRow[] rows = [.. cases.Select(static one => new QueueRow(one, null, 0))];
        for (int attempt = 0; attempt < attempts; attempt++)
        {
            string[] names = [.. rows.Where(static row => row.Problem is not null).Select(static row => row.Case.Name)];
            if (names.Length == 0)
            {
                break;
            }

            Dictionary<string, QueueFigures> measured =
                measure(names).Where(static one => one.IsComplete).ToDictionary(static one => one.Name);
            rows = [.. rows.Select(row => measured.TryGetValue(row.Case.Name, out QueueFigures? again) ? row.Or(again) : row)];
        }

        return new QueueResult(rows);
    }

    /// <summary>
    /// Measures every case so often, to be accepted. Of its attempts the middle one counts: some processes are lucky in the
    /// memory that they get, and what only they reach is no measure for others.
    /// </summary>
    public static QueueResult MeasureTypical(
        IEnumerable<QueueCase> cases, int attempts, Func<IReadOnlyList<string>, IReadOnlyList<QueueFigures>> measure)
    {
        QueueCase[] all = [.. cases];
        string[] names = [.. all.Select(static one => one.Name)];
        ILookup<string, QueueFigures> measured = Enumerable.Range(0, attempts).SelectMany(_ => measure(names))
            .Where(static one => one.IsComplete).ToLookup(static one => one.Name);
        return new QueueResult([.. all.Select(one =>
        {
            QueueFigures[] figures = [.. measured[one.Name].OrderBy(static attempt => attempt.Ratio)];
            return new QueueRow(one, figures.ElementAtOrDefault(figures.Length / 2), attempts);
        })]);
    }

    /// <summary>Fails on whatever is wrong with any case.</summary>
    public (Verdict Verdict, string Reason) Judge()
    {
        List<string> problems = [.. Rows.Select(static row => row.Problem).OfType<string>()];
        if (problems.Count > 0)
        {
            return (Verdict.Fail, string.Join("; ", problems));
        }

        int reached = Rows.Count(static row => row.Reaches == true);
        int goals = Rows.Count(static row => row.Reaches is not null);
        return (Verdict.Pass, $"nothing got worse, nothing allocates; {reached} of {goals} goals reached");
    }

    /// <summary>A table with the new figures accepted.</summary>
    public QueueTable Accept(QueueTable table)
    {
        Dictionary<string, QueueFigures> measured = Rows.Select(static row => row.Figures).OfType<QueueFigures>()
            .ToDictionary(static figures => figures.Name);
        return new QueueTable
        {
            Cases =
            [
                .. table.Cases.Select(one => !measured.TryGetValue(one.Name, out QueueFigures? now) ? one : one with
                {
                    Accepted = Math.Round(now.Ratio, RatioDigits),
                    Spread = Math.Round(now.Spread, 3),
                    KernelNs = Math.Round(now.Kernel, 2),
                    YardstickNs = Math.Round(now.Yardstick, 2),
                }),
            ],
        };
    }

    /// <summary>The same figures beside another table.</summary>
    public QueueResult Against(QueueTable table)
    {
        Dictionary<string, QueueCase> cases = table.Cases.ToDictionary(static one => one.Name);
        return new QueueResult([.. Rows.Select(row => row with { Case = cases[row.Case.Name] })]);
    }
}
