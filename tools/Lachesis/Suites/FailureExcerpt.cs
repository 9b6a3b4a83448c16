using System;
using System.Collections.Generic;
using System.Linq;
using System.Text.RegularExpressions;

namespace Lachesis.Tools.Suites;

/// <summary>The part of a suite's output that says why it failed.</summary>
public static partial class FailureExcerpt
{
    private const int MaxLines = 120;
    private const int LinesOfOne = 30;
    private const int LastLines = 40;

    /// <summary>Each failure that the output names, with what stands indented under it; if it names none, its last lines.</summary>
    public static IReadOnlyList<string> Of(IReadOnlyList<string> output)
    {
        List<string> excerpt = [];
        for (int i = 0; i < output.Count; i++)
        {
            if (!FailurePattern().IsMatch(output[i]))
            {
                continue;
            }

            int depth = Depth(output[i]);
            excerpt.Add(output[i]);
            for (int lines = 1; i + 1 < output.Count && IsUnder(output[i + 1], depth); i++, lines++)
            {
                if (lines < LinesOfOne)
                {
                    excerpt.Add(output[i + 1]);
                }
            }
        }

        if (excerpt.Count == 0)
        {
            return [.. output.TakeLast(LastLines)];
        }

        return excerpt.Count <= MaxLines ? excerpt : [.. excerpt.Take(MaxLines), $"... {excerpt.Count - MaxLines} lines more in the log"];
    }

    // dotnet test indents what belongs to a failure as deep as the failure itself, "Error Message:" and "Stack Trace:", or deeper.
    private static bool IsUnder(string line, int depth) =>
        line.Length > 0 && !FailurePattern().IsMatch(line) && !PassPattern().IsMatch(line)
        && (Depth(line) > depth || (depth > 0 && Depth(line) == depth));

    private static int Depth(string line) => line.Length - line.TrimStart().Length;

    [GeneratedRegex(@"^\s*(?:Failed [\w.<>`]+[^:]*\[|FAILED |FAIL |fail |error|[^ ]+: error |.*\berror [A-Z]+\d+:|make(\[\d+\])?: \*\*\*)")]
    private static partial Regex FailurePattern();

    [GeneratedRegex(@"^\s*(?:Passed |Skipped |pass |held |ok |skip )")]
    private static partial Regex PassPattern();
}
