using System.Collections.Generic;
using System.Linq;
using Lachesis.Tools.Evidence;

namespace Lachesis.Tools.Commands.Costs;

/// <summary>What the operations cost now, beside what was accepted.</summary>
/// <param name="Table">What was accepted.</param>
/// <param name="Rows">One an operation of the table.</param>
public sealed record CostResult(CostTable Table, IReadOnlyList<CostRow> Rows)
{
    /// <summary>Joins the table with what was measured; every figure comes from a boot with its own number of
    /// CPUs.</summary>
    /// <param name="table">The table.</param>
    /// <param name="measured">Metrics of the boots, by the number of CPUs.</param>
    public static CostResult Of(CostTable table, IReadOnlyDictionary<int, IReadOnlyDictionary<string, long>> measured)
    {
        return new CostResult(table, [.. table.Operations.Select(operation => new CostRow(operation, Find(operation, ""))
        {
            Least = Find(operation, "Min"),
            Most = Find(operation, "Max"),
        })]);

        long? Find(CostOperation operation, string suffix) =>
            measured.TryGetValue(operation.Cpus, out IReadOnlyDictionary<string, long>? metrics)
            && metrics.TryGetValue(operation.Name + suffix, out long value) ? value : null;
    }

    /// <summary>Fails on a missing figure and on one that got worse than accepted; a goal not reached is only
    /// shown.</summary>
    public (Verdict Verdict, string Reason) Judge()
    {
        List<string> problems =
        [
            .. Rows.Where(static row => row.Instructions is null).Select(static row =>
                $"{row.Operation.Name} was not measured"),
            .. Rows.Where(row => row.Change > Table.Tolerance).Select(static row =>
                $"{row.Operation.Name} costs {row.Instructions}, accepted were {row.Operation.Accepted}"),
        ];
        if (problems.Count > 0)
        {
            return (Verdict.Fail, string.Join("; ", problems));
        }

        int reached = Rows.Count(static row => row.Instructions <= row.Operation.Reach);
        int goals = Rows.Count(static row => row.Operation.Reach is not null);
        return (Verdict.Pass, $"nothing got worse; {reached} of {goals} goals reached");
    }

    /// <summary>The table with the new figures accepted.</summary>
    public CostTable Accept() => new()
    {
        Tolerance = Table.Tolerance,
        Operations =
        [
            .. Rows.Select(static row => row.Operation with { Accepted = row.Instructions ?? row.Operation.Accepted }),
        ],
    };
}

/// <summary>One operation.</summary>
/// <param name="Operation">What the table says of it.</param>
/// <param name="Instructions">The median now, or null if it was not measured.</param>
public sealed record CostRow(CostOperation Operation, long? Instructions)
{
    /// <summary>The least of the repetitions.</summary>
    public long? Least { get; init; }

    /// <summary>The most of the repetitions.</summary>
    public long? Most { get; init; }

    /// <summary>Change since accepted, as a part of it, or null if there is nothing to compare with.</summary>
    public double? Change => Operation.Accepted is > 0 and long accepted && Instructions is long now
        ? (double)(now - accepted) / accepted
        : null;
}
