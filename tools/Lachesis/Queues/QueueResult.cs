using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Lachesis.Tools.Evidence;

namespace Lachesis.Tools.Queues;

/// <summary>What operations on the run queue cost now, in guest instructions, beside what was accepted.</summary>
/// <param name="Table">The accepted figures, and what must hold.</param>
/// <param name="Rows">One a case of the table.</param>
public sealed record QueueResult(QueueTable Table, IReadOnlyList<QueueRow> Rows)
{
    /// <summary>The guest's metric that says how often each case was done.</summary>
    public const string Operations = "operations";

    /// <summary>Joins the table with what the guest measured.</summary>
    public static QueueResult Of(QueueTable table, IReadOnlyDictionary<string, long> measured) =>
        new(table, [.. table.Cases.Select(one => new QueueRow(one, CostOf(one.Name, measured)))]);

    /// <summary>Fails on a case that is missing or costs more than accepted, and on one that grows more than it may.</summary>
    public (Verdict Verdict, string Reason) Judge()
    {
        List<string> problems = [.. Rows.SelectMany(row => row.Problems(Table.Tolerance)), .. Growths().Where(
            static one => one.Factor is null || one.Factor > one.Growth.Most).Select(Describe)];
        return problems.Count > 0
            ? (Verdict.Fail, string.Join("; ", problems))
            : (Verdict.Pass, string.Create(
                CultureInfo.InvariantCulture,
                $"{Rows.Count} cases cost what was accepted, within {Table.Tolerance * 100:0.#}%; {Table.Growth.Count} growths within their bounds"));
    }

    /// <summary>How much each operation grows that may grow so much only; null if it was not measured.</summary>
    public IEnumerable<(QueueGrowth Growth, double? Factor)> Growths() => Table.Growth.Select(growth =>
        (growth, MeanOf(growth.Operation, growth.To) / MeanOf(growth.Operation, growth.From)));

    /// <summary>The table with the new figures accepted.</summary>
    public QueueTable Accept() => new()
    {
        Tolerance = Table.Tolerance,
        Growth = Table.Growth,
        Cases = [.. Rows.Select(static row => row.Case with { Accepted = row.Now ?? row.Case.Accepted })],
    };

    private static string Describe((QueueGrowth Growth, double? Factor) one) => one.Factor is double factor
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"{one.Growth.Operation} costs {factor:0.###} times as much among {one.Growth.To} as among {one.Growth.From}, bound {one.Growth.Most:0.###}")
        : $"{one.Growth.Operation} was not measured among {one.Growth.From} and {one.Growth.To}";

    private static QueueCost? CostOf(string name, IReadOnlyDictionary<string, long> measured) =>
        measured.TryGetValue(Operations, out long operations) && operations > 0
        && measured.TryGetValue(name + "Sum", out long sum)
        && measured.TryGetValue(name, out long median)
        && measured.TryGetValue(name + "Min", out long least)
        && measured.TryGetValue(name + "Max", out long most)
            ? new QueueCost(Math.Round((double)sum / operations, 1), median, least, most)
            : null;

    private double? MeanOf(string operation, int runnable) =>
        Rows.FirstOrDefault(row => row.Case.Operation == operation && row.Case.Runnable == runnable)?.Now?.Mean;
}
