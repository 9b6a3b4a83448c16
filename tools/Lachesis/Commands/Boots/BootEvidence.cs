using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Lachesis.Tools.Boots;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Qemu;

namespace Lachesis.Tools.Commands.Boots;

/// <summary>From a boot to its evidence, and to what people read of it.</summary>
internal static class BootEvidence
{
    /// <summary>The verdict that an outcome comes to.</summary>
    public static Verdict VerdictOf(Outcome outcome) => outcome switch
    {
        Outcome.Pass => Verdict.Pass,
        Outcome.Inconclusive or Outcome.Interrupted => Verdict.Inconclusive,
        _ => Verdict.Fail,
    };

    /// <summary>The evidence of one boot as the guest tells it. Figures of a boot that did not pass are not
    /// results.</summary>
    public static EvidenceFile Of(GuestBoot boot, string name, RunSettings settings, Verdict verdict, string reason)
    {
        int held = boot.Report.Checks.Count(static check => check.Value);
        int failed = boot.Report.Checks.Count - held;
        List<KeyValuePair<string, double>> metrics = [];
        if (boot.Report.Checks.Count > 0)
        {
            metrics.Add(new("checksHeld", held));
            metrics.Add(new("checksFailed", failed));
        }

        if (verdict == Verdict.Pass)
        {
            metrics.AddRange(boot.Report.Metrics.Select(static metric =>
                new KeyValuePair<string, double>(metric.Key, metric.Value)));
        }

        return new EvidenceFile
        {
            Name = name,
            Verdict = verdict,
            Reason = reason,
            Commit = Repository.Commit,
            Settings = settings,
            Environment = RunEnvironment.Of(boot.Options, QemuMachine.Version(boot.Options.Qemu), boot.Measured),
            Rows = EvidenceRow.Gather(boot.Report.Cases, static run => run.Verified),
            Metrics = metrics,
            Counters = boot.Report.Counters,
            Artifacts = boot.Artifacts,
        };
    }

    /// <summary>One line of judgement, the backtrace of a panic, and where the evidence lies.</summary>
    public static void PrintVerdict(TextWriter output, GuestBoot boot, EvidenceFile evidence, EvidenceRun run)
    {
        string reason = evidence.Reason.Length == 0 ? "" : $": {evidence.Reason}";
        output.WriteLine($"{evidence.Verdict.ToString().ToLowerInvariant()} {evidence.Name}{reason}");
        PrintBacktrace(output, boot);
        PrintPlace(output, run);
    }

    /// <summary>Where the evidence lies.</summary>
    public static void PrintPlace(TextWriter output, EvidenceRun run) =>
        output.WriteLine($"evidence: {Path.Combine(run.Folder, EvidenceFile.FileName)}");

    /// <summary>The backtrace of a panic, if there is one.</summary>
    public static void PrintBacktrace(TextWriter output, GuestBoot boot)
    {
        foreach (string line in boot.Backtrace)
        {
            output.WriteLine($"  {line}");
        }
    }
}
