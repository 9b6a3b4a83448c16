using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using System.Text;
using Lachesis.Tools.Evidence;

namespace Lachesis.Tools.Queues;

/// <summary>bench/queues.json: what each operation on the run queue cost when last accepted, and how it may grow.</summary>
public sealed class QueueTable
{
    /// <summary>Figures that are more than accepted by a greater part than this fail.</summary>
    public required double Tolerance { get; init; }

    /// <summary>How operations may grow with the number of runnable threads.</summary>
    public required IReadOnlyList<QueueGrowth> Growth { get; init; }

    /// <summary>The cases, in the order in which they are shown.</summary>
    public required IReadOnlyList<QueueCase> Cases { get; init; }

    /// <summary>Reads a table.</summary>
    public static QueueTable Load(string path) => JsonTable.Read<QueueTable>(path);

    /// <summary>Writes it.</summary>
    public void Save(string path) => JsonTable.Write(path, this);

    /// <summary>The accepted figures as docs/benchmarks.md shows them: an operation a line, its means by size and the worst of
    /// all sizes.</summary>
    public string ToMarkdown()
    {
        int[] sizes = [.. Cases.Select(static one => one.Runnable).Distinct().Order()];
        StringBuilder text = new("| operation |");
        text.AppendJoin("|", sizes.Select(static size => string.Create(CultureInfo.InvariantCulture, $" {size:N0} runnable ")));
        text.Append("| most of all |\n|---").Insert(text.Length, "|---", sizes.Length + 1).Append("|\n");
        foreach (IGrouping<string, QueueCase> operation in Cases.GroupBy(static one => one.Operation))
        {
            text.Append(CultureInfo.InvariantCulture, $"| {operation.Key} |");
            foreach (int size in sizes)
            {
                QueueCase? found = operation.FirstOrDefault(one => one.Runnable == size);
                text.Append(CultureInfo.InvariantCulture, $" {found?.Accepted?.Mean:N1} |");
            }

            text.Append(CultureInfo.InvariantCulture, $" {operation.Max(static one => one.Accepted?.Most):N0} |\n");
        }

        return text.ToString();
    }
}
