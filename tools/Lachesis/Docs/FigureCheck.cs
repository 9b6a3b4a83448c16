using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text.RegularExpressions;
using Lachesis.Tools.Commands.Costs;
using Lachesis.Tools.Queues;

namespace Lachesis.Tools.Docs;

/// <summary>
/// Whether figures in the text are the accepted ones. Behind such a figure stands a comment that readers do not see, with the table and
/// the name of the figure: <c>233&lt;!-- costs yieldSameProcess --&gt;</c>.
/// </summary>
public sealed partial class FigureCheck
{
    private readonly Lazy<Dictionary<string, string>> _accepted;

    /// <summary>Knows the accepted figures of a repository.</summary>
    public FigureCheck(string root) => _accepted = new(() => Load(root));

    /// <summary>What is wrong in the text of a document.</summary>
    public IEnumerable<Finding> Check(Document document)
    {
        for (int i = 0; i < document.Lines.Count; i++)
        {
            foreach (Match match in Marked().Matches(document.Lines[i]))
            {
                string name = match.Groups["name"].Value;
                string shown = match.Groups["figure"].Value;
                string? accepted = _accepted.Value.GetValueOrDefault(name);
                if (accepted != shown)
                {
                    yield return new Finding(document.Path, i + 1, accepted is null
                        ? $"there is no accepted figure '{name}'"
                        : $"{shown} is shown for {name}, accepted is {accepted}");
                }
            }
        }
    }

    /// <summary>Puts the accepted figures into a document.</summary>
    public void Accept(string path)
    {
        string text = File.ReadAllText(path);
        string fresh = Marked().Replace(text, match => _accepted.Value.TryGetValue(match.Groups["name"].Value, out string? accepted)
            ? accepted + match.Groups["comment"].Value
            : match.Value);
        if (fresh != text)
        {
            File.WriteAllText(path, fresh);
        }
    }

    private static Dictionary<string, string> Load(string root)
    {
        IEnumerable<(string Name, double? Value, int Digits)> costs = CostTable.Load(Path.Combine(root, "bench/costs.json")).Operations
            .SelectMany(static one => ((string Name, double? Value, int Digits)[])
            [
                ($"costs {one.Name}", one.Accepted, 0), ($"costs {one.Name} reach", one.Reach, 0),
                .. one.Peers.Select(peer => ($"peers {one.Name} {peer.Kernel} {peer.Note}".TrimEnd(), (double?)peer.Instructions, 0)),
            ]);
        IEnumerable<(string Name, double? Value, int Digits)> queues = QueueTable.Load(Path.Combine(root, "bench/queues.json")).Cases
            .SelectMany(static one => ((string Name, double? Value, int Digits)[])
            [
                ($"queues {one.Name}", one.Accepted?.Mean, 1), ($"queues {one.Name} most", one.Accepted?.Most, 0),
            ]);
        return costs.Concat(queues).Where(static one => one.Value is not null).ToDictionary(
            static one => one.Name, static one => one.Value!.Value.ToString($"N{one.Digits}", CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"(?<figure>\d[\d.,]*)(?<comment><!-- (?<name>(costs|queues|peers) [^>]*?) -->)")]
    private static partial Regex Marked();
}
