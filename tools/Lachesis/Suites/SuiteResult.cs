using System;
using System.Collections.Generic;
using System.Globalization;
using System.Text.RegularExpressions;

namespace Lachesis.Tools.Suites;

/// <summary>What one suite came to.</summary>
/// <param name="Passed">Tests that passed.</param>
/// <param name="Failed">Tests that failed.</param>
/// <param name="Skipped">Tests that did not run, or whose precondition did not hold.</param>
/// <param name="Reason">Why it failed if its own counts do not say; empty otherwise.</param>
public sealed partial record SuiteResult(int Passed, int Failed, int Skipped, string Reason)
{
    private const int InconclusiveStatus = 3;

    /// <summary>
    /// Reads the last "N passed, N failed[, N skipped]", or the last summary of dotnet test, in what a suite printed. A suite that
    /// printed neither counts as one test, by its exit status: 0 passed, 3 skipped, else failed. One that printed no failure and ended
    /// with a status other than 0 and 3 has failed once more than it says.
    /// </summary>
    /// <param name="output">What it printed.</param>
    /// <param name="status">Its exit status.</param>
    /// <param name="stopped">Why it was stopped, or null if it ended by itself.</param>
    public static SuiteResult Of(IEnumerable<string> output, int status, string? stopped = null)
    {
        SuiteResult? counts = null;
        foreach (string line in output)
        {
            counts = CountsOf(line) ?? counts;
        }

        if (stopped is not null)
        {
            counts ??= new SuiteResult(0, 0, 0, "");
            return counts with { Failed = counts.Failed + 1, Reason = stopped };
        }

        if (counts is null)
        {
            return status switch
            {
                0 => new(1, 0, 0, ""),
                InconclusiveStatus => new(0, 0, 1, ""),
                _ => new(0, 1, 0, $"exit status {status}"),
            };
        }

        return status is 0 or InconclusiveStatus || counts.Failed > 0
            ? counts
            : counts with { Failed = 1, Reason = $"exit status {status}, though it counts no failure" };
    }

    private static SuiteResult? CountsOf(string line)
    {
        if (CountsPattern().Match(line) is { Success: true } own)
        {
            return new(Number(own.Groups[1]), Number(own.Groups[2]), Number(own.Groups[3]), "");
        }

        return DotnetPattern().Match(line) is { Success: true } dotnet
            ? new(Number(dotnet.Groups[2]), Number(dotnet.Groups[1]), Number(dotnet.Groups[3]), "")
            : null;
    }

    private static int Number(Group group) => group.Success ? int.Parse(group.Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(@"\b(\d{1,9}) passed, (\d{1,9}) failed(?:, (\d{1,9}) skipped)?")]
    private static partial Regex CountsPattern();

    [GeneratedRegex(@"Failed: +(\d{1,9}), Passed: +(\d{1,9}), Skipped: +(\d{1,9}),")]
    private static partial Regex DotnetPattern();
}
