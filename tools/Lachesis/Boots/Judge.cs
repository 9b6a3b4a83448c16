using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Tools.Qemu;
using Lachesis.Tools.Reports;

namespace Lachesis.Tools.Boots;

/// <summary>Decides how a boot ended, from how QEMU ended and what the guest reported. The most specific cause
/// wins.</summary>
public static class Judge
{
    // isa-debug-exit makes (v << 1) | 1 of v, so an even status is QEMU's own; these odd ones are signals that killed it.
    private static readonly int[] s_signals = [133, 135, 137, 139, 143];

    /// <summary>The outcome, and the reason for it in one line.</summary>
    /// <param name="exit">How QEMU ended.</param>
    /// <param name="report">What the guest reported.</param>
    /// <param name="timeLimit">The time limit of the run.</param>
    /// <param name="lastLine">The last line of the log: there a CPU that cannot run the kernel is told.</param>
    public static (Outcome Outcome, string Reason) Of(QemuExit exit, GuestReport report, TimeSpan timeLimit, string lastLine)
    {
        if (report.Panic is not null)
        {
            return (Outcome.Panic, $"panic on CPU {report.Panic.As<PanicReport>().Cpu}: {report.Panic.Text}");
        }

        if (exit.Interrupted)
        {
            string seconds = exit.Seconds.ToString("0.0", CultureInfo.InvariantCulture);
            return (Outcome.Interrupted, $"interrupted after {seconds} s with {Runs(report)} done; {LastSeen(report)}");
        }

        if (exit.TripleFault)
        {
            return (Outcome.TripleFault, $"triple fault; {LastSeen(report)}");
        }

        const int unsupported = (int)((Platform.ExitUnsupportedCpu << 1) | 1);
        if (exit.Status == unsupported && report.Last is null)
        {
            return (Outcome.UnsupportedCpu, lastLine);
        }

        if (exit.TimedOut)
        {
            string seconds = timeLimit.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
            return (Outcome.Timeout, $"still running after {seconds} s; {LastSeen(report)}");
        }

        if (exit.Flooded)
        {
            return (Outcome.Fail, $"the guest's output grew past its limit; {LastSeen(report)}");
        }

        if (report.Last is null && IsQemuFailure(exit))
        {
            string message = exit.Message.Length == 0 ? "" : $": {exit.Message}";
            return (Outcome.QemuFailed, $"QEMU ended with status {exit.Status}{message}");
        }

        if (report.Problem is not null)
        {
            return (Outcome.Truncated, $"truncated report: {report.Problem}");
        }

        return report.Verdict is null ? WithoutVerdict(exit, report) : WithVerdict(exit, report, report.Verdict);
    }

    private static bool IsQemuFailure(QemuExit exit) =>
        (exit.Status & 1) == 0 && exit.Status != 0 || s_signals.Contains(exit.Status)
        || (exit.Status == 1 && exit.Message.Length > 0);

    private static (Outcome Outcome, string Reason) WithoutVerdict(QemuExit exit, GuestReport report) =>
        report.End is null && report.ProgramSpoke
            ? (Outcome.Truncated, $"truncated report: QEMU ended with status {exit.Status} without End; {LastSeen(report)}")
            : (Outcome.Silent, $"no verdict: QEMU ended with status {exit.Status}; {LastSeen(report)}");

    private static (Outcome Outcome, string Reason) WithVerdict(QemuExit exit, GuestReport report, ReportRecord verdict)
    {
        if (report.End is null)
        {
            return (Outcome.Truncated, $"truncated report: QEMU ended with status {exit.Status} without End");
        }

        foreach (KeyValuePair<string, bool> check in report.Checks)
        {
            if (!check.Value)
            {
                return (Outcome.Fail, $"check failed: {check.Key}");
            }
        }

        if (verdict.Value == 1)
        {
            return (Outcome.Fail, verdict.Text.Length == 0 ? "the guest's verdict is fail" : verdict.Text);
        }

        foreach (ReportCase run in report.Cases)
        {
            if (!run.Verified)
            {
                return (Outcome.Fail, $"run {run.Run} of {run.Key} was not verified in the guest");
            }
        }

        if (verdict.Value == 2)
        {
            return (Outcome.Inconclusive, verdict.Text);
        }

        const int passed = (int)((Platform.ExitPass << 1) | 1);
        return exit.Status == passed
            ? (Outcome.Pass, verdict.Text)
            : (Outcome.Fail, $"the verdict is pass, but QEMU ended with status {exit.Status}, not {passed}");
    }

    private static string Runs(GuestReport report) =>
        report.Cases.Count > 0 ? Count(report.Cases.Count, "run") : Count(report.Checks.Count, "check");

    private static string Count(int count, string what) =>
        string.Create(CultureInfo.InvariantCulture, $"{count} {what}{(count == 1 ? "" : "s")}");

    private static string LastSeen(GuestReport report) =>
        report.Last is null ? "the guest reported nothing" : $"last record: {report.Last}";
}
