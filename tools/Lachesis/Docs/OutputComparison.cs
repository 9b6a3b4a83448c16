using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace Lachesis.Tools.Docs;

/// <summary>Whether two outputs are the same but for what may vary.</summary>
public static partial class OutputComparison
{
    /// <summary>The columns that a line of a document has at most.</summary>
    public const int Width = 130;

    /// <summary>The first line of a document's block that is not what the command prints, or null if all are.</summary>
    /// <returns>What stands in the document and what is printed instead; "" where one has ended.</returns>
    public static (string Shown, string Printed)? FirstDifference(
        IReadOnlyList<string> shown, IReadOnlyList<string> printed, Variation varying)
    {
        if (varying.HasFlag(Variation.Verdict) && VerdictOf(shown) != VerdictOf(printed))
        {
            shown = BeforeVerdict(shown);
            printed = BeforeVerdict(printed);
        }

        List<(string Text, int Line)> left = [.. Parts(shown, varying)];
        List<(string Text, int Line)> right = [.. Parts(printed, varying)];
        int same = left.Zip(right).TakeWhile(pair => pair.First.Text == pair.Second.Text).Count();
        return same == left.Count && same == right.Count ? null : (LineOf(shown, left, same), LineOf(printed, right, same));
    }

    /// <summary>Whether a command printed that what it measured is inconclusive; its exit status is not 0 then.</summary>
    public static bool IsInconclusive(string output) => VerdictOf(output.Split('\n')) == "inconclusive";

    /// <summary>Breaks lines that are too long for a document at their last space that fits.</summary>
    public static IEnumerable<string> Wrap(IEnumerable<string> lines, int width)
    {
        foreach (string line in lines)
        {
            string rest = line;
            while (rest.Length > width && rest.LastIndexOf(' ', width) is int space && rest[..Math.Max(space, 0)].Trim().Length > 0)
            {
                yield return rest[..space].TrimEnd();
                rest = rest[(space + 1)..];
            }

            yield return rest;
        }
    }

    // Where widths vary, so does the place at which a long line was broken: then words are compared, else lines.
    private static IEnumerable<(string Text, int Line)> Parts(IReadOnlyList<string> lines, Variation varying) =>
        varying == Variation.Nothing
            ? lines.Select((line, number) => (RunIds().Replace(line, "<run>"), number))
            : lines.SelectMany((line, number) =>
                Mask(line, varying).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(word => (word, number)));

    private static string LineOf(IReadOnlyList<string> lines, List<(string Text, int Line)> parts, int index) =>
        index < parts.Count ? lines[parts[index].Line] : "";

    private static string Mask(string line, Variation varying)
    {
        line = RunIds().Replace(line, "<run>");
        if (varying.HasFlag(Variation.Lines))
        {
            line = LineNumbers().Replace(line, "${before}<line>${after}");
        }

        if (varying.HasFlag(Variation.Addresses))
        {
            line = Addresses().Replace(line, "<address>");
        }

        if (varying.HasFlag(Variation.Figures))
        {
            line = Figures().Replace(line, "<figure>");
        }

        return Rules().Replace(Blanks().Replace(line, " "), "─");
    }

    private static string VerdictOf(IEnumerable<string> lines) =>
        lines.Select(line => Verdict().Match(line).Groups["word"].Value).FirstOrDefault(word => word.Length > 0, "");

    private static IReadOnlyList<string> BeforeVerdict(IEnumerable<string> lines) =>
        [.. lines.TakeWhile(line => !Verdict().IsMatch(line))];

    [GeneratedRegex(@"(?<before>\.cs:|, line )[0-9]+(?<after>)|(?<before>^)[0-9]+(?<after>\t)")]
    private static partial Regex LineNumbers();

    [GeneratedRegex(@"\b0x[0-9a-f]{4,16}\b")]
    private static partial Regex Addresses();

    [GeneratedRegex(@"-?\b(0x[0-9a-f]+|[0-9][0-9,.]*[0-9]|[0-9])(?![a-zA-Z_])%?")]
    private static partial Regex Figures();

    // The folder of a run's evidence: it is another one each time.
    [GeneratedRegex(@"\b[0-9]{8}-[0-9]{6}-[0-9]{3}-[0-9]+\b")]
    private static partial Regex RunIds();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex("─+")]
    private static partial Regex Rules();

    [GeneratedRegex("^(?<word>pass|inconclusive) [a-z-]+: ")]
    private static partial Regex Verdict();
}
