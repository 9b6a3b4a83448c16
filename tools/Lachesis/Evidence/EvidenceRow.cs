using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Tools.Reports;

namespace Lachesis.Tools.Evidence;

/// <summary>All runs of one case.</summary>
public sealed class EvidenceRow
{
    /// <summary>What was varied.</summary>
    public required IReadOnlyList<KeyValuePair<string, long>> Case { get; init; }

    /// <summary>The case as text.</summary>
    public string Key => ReportCase.KeyOf(Case);

    /// <summary>How often the case ran.</summary>
    public required int Runs { get; init; }

    /// <summary>Each metric's values, one a run, in the order of the runs.</summary>
    public required IReadOnlyList<KeyValuePair<string, IReadOnlyList<long>>> Metrics { get; init; }

    /// <summary>Whether every run's result was verified.</summary>
    public required bool Verified { get; init; }

    /// <summary>The same of one run, with further metrics.</summary>
    public EvidenceRow With(IEnumerable<KeyValuePair<string, long>> metrics) => new()
    {
        Case = Case,
        Runs = Runs,
        Metrics = [.. Metrics, .. metrics.Select(static metric =>
            new KeyValuePair<string, IReadOnlyList<long>>(metric.Key, [metric.Value]))],
        Verified = Verified,
    };

    /// <summary>Gathers the runs of each case, in the order in which the cases first came.</summary>
    /// <param name="cases">The runs.</param>
    /// <param name="verify">Tells whether the result of a run is right.</param>
    public static IReadOnlyList<EvidenceRow> Gather(IEnumerable<ReportCase> cases, Predicate<ReportCase> verify) =>
        [.. cases.GroupBy(static run => run.Key).Select(runs => From([.. runs], verify))];

    /// <summary>The values of one metric, one a run; empty if the guest sent none.</summary>
    public IReadOnlyList<long> Values(string metric)
    {
        foreach (KeyValuePair<string, IReadOnlyList<long>> pair in Metrics)
        {
            if (pair.Key == metric)
            {
                return pair.Value;
            }
        }

        return [];
    }

    private static EvidenceRow From(IReadOnlyList<ReportCase> runs, Predicate<ReportCase> verify)
    {
        IEnumerable<string> names = runs.SelectMany(static run => run.Metrics).Select(static pair => pair.Key).Distinct();
        return new EvidenceRow
        {
            Case = runs[0].Parameters,
            Runs = runs.Count,
            Metrics =
            [
                .. names.Select(name => new KeyValuePair<string, IReadOnlyList<long>>(
                    name, [.. runs.Select(run => run.Metric(name)).OfType<long>()])),
            ],
            Verified = runs.All(run => verify(run)),
        };
    }
}
