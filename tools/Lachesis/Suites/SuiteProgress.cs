using System;
using System.Collections.Generic;
using System.Diagnostics;
using System.Globalization;
using System.IO;
using System.Linq;

namespace Lachesis.Tools.Suites;

/// <summary>
/// What people see of a run: a line as a suite begins and one as it ends; between them, on a terminal, a line that is written over, and
/// elsewhere one now and then. At the end every failure again, then the sum.
/// </summary>
/// <param name="output">Where it is printed.</param>
/// <param name="terminal">Whether that is a terminal.</param>
/// <param name="suites">How many suites there are.</param>
public sealed class SuiteProgress(TextWriter output, bool terminal, int suites)
{
    private const string ClearLine = "\r\u001b[K";
    private const int TerminalWidth = 110;
    private static readonly TimeSpan s_terminalPeriod = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_plainPeriod = TimeSpan.FromSeconds(30);
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly Dictionary<Suite, (TimeSpan Began, double? Last)> _running = [];
    private TimeSpan _shown;

    /// <summary>A suite begins.</summary>
    /// <param name="suite">The suite.</param>
    /// <param name="last">Seconds that it took the last time, if it has run here.</param>
    public void Started(Suite suite, double? last)
    {
        _running[suite] = (_clock.Elapsed, last);
        string known = last is double seconds ? $"took {Seconds(seconds)} the last time" : "";
        Line($"{Time(_clock.Elapsed)}  start   {suite.Name,-18} {known}");
    }

    /// <summary>A suite has ended.</summary>
    public void Ended(FinishedSuite one, int done)
    {
        _running.Remove(one.Suite);
        SuiteResult result = one.Result;
        string word = one.Interrupted ? "stopped" : result.Failed > 0 ? "FAILED" : result.Passed > 0 ? "passed" : "skipped";
        Line($"{Time(_clock.Elapsed)}  {word,-7} {one.Suite.Name,-18} {result.Passed,5} passed {result.Failed,3} failed {result.Skipped,3} skipped  "
            + $"{Seconds(one.Seconds),6}  {Seconds(one.CpuSeconds),6} of CPU  {done} of {suites}");
    }

    /// <summary>Nothing else happened; shows that it goes on.</summary>
    public void Tick(IReadOnlyList<Suite> running, int done)
    {
        if (running.Count == 0 || _clock.Elapsed - _shown < (terminal ? s_terminalPeriod : s_plainPeriod))
        {
            return;
        }

        _shown = _clock.Elapsed;
        string text = $"{Time(_clock.Elapsed)}  {done} of {suites} done; running {string.Join(", ", running.Select(Describe))}";
        if (terminal)
        {
            output.Write(ClearLine + (text.Length > TerminalWidth ? text[..TerminalWidth] : text));
            output.Flush();
        }
        else
        {
            Line(text);
        }
    }

    /// <summary>The end: every failure again, what an interruption left out, and the sum, which is the last line.</summary>
    public void Sum(IReadOnlyList<FinishedSuite> finished, bool interrupted)
    {
        foreach (FinishedSuite one in finished.Where(static one => !one.Interrupted && one.Result.Skipped > 0))
        {
            foreach (string line in one.Output.Where(IsSkip).TakeLast(5))
            {
                Line($"skipped in {one.Suite.Name}: {line.Trim()}");
            }
        }

        foreach (FinishedSuite one in finished.Where(static one => !one.Interrupted && one.Result.Failed > 0))
        {
            Line($"\nFAILED {one.Suite.Name}{(one.Result.Reason.Length > 0 ? ": " + one.Result.Reason : "")}");
            foreach (string line in FailureExcerpt.Of(one.Output))
            {
                Line("    " + line);
            }

            Line($"  alone: make test SUITE={one.Suite.Name}    all it printed: {one.Log}");
        }

        FinishedSuite[] whole = [.. finished.Where(static one => !one.Interrupted)];
        if (interrupted)
        {
            string names = whole.Length == 0 ? "none" : string.Join(", ", whole.Select(static one => one.Suite.Name));
            Line($"\ninterrupted: {whole.Length} of {suites} suites had run: {names}");
        }

        Line($"{whole.Sum(static one => one.Result.Passed)} passed, {whole.Sum(static one => one.Result.Failed)} failed, "
            + $"{whole.Sum(static one => one.Result.Skipped)} skipped");
    }

    private static bool IsSkip(string line) =>
        line.Contains("skip", StringComparison.OrdinalIgnoreCase) && !line.Contains(" skipped", StringComparison.Ordinal)
        || line.Contains("inconclusive", StringComparison.OrdinalIgnoreCase);

    private string Describe(Suite suite)
    {
        (TimeSpan began, double? last) = _running[suite];
        string known = last is double seconds ? $" (last {Seconds(seconds)})" : "";
        return $"{suite.Name} {Seconds((_clock.Elapsed - began).TotalSeconds)}{known}";
    }

    private void Line(string text)
    {
        output.WriteLine((terminal ? ClearLine : "") + text.TrimEnd());
        output.Flush();
    }

    private static string Time(TimeSpan time) => string.Create(
        CultureInfo.InvariantCulture, $"{(int)time.TotalMinutes,3}:{time.Seconds:00}");

    private static string Seconds(double seconds) => string.Create(CultureInfo.InvariantCulture, $"{seconds:F0} s");
}
