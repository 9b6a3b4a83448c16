using System.Collections.Generic;
using System.Globalization;
using Lachesis.Tools.Boots;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Evidence;

namespace Lachesis.Tools.Commands.Boots;

/// <summary>One boot of a smoke, and whether it ended as it should.</summary>
/// <param name="Smoke">The smoke.</param>
/// <param name="Boot">Its boot.</param>
internal sealed record SmokeRun(Smoke Smoke, GuestBoot Boot)
{
    private Outcome Expected => Smoke.Manifest.Host.Expect;

    /// <summary>A boot that was to fail passes only if it failed in just that way.</summary>
    public Verdict Verdict => Boot.Outcome == Expected ? Verdict.Pass
        : Boot.Outcome is Outcome.Inconclusive or Outcome.Interrupted ? Verdict.Inconclusive : Verdict.Fail;

    /// <summary>Why, in one line.</summary>
    public string Reason
    {
        get
        {
            if (Verdict == Verdict.Pass)
            {
                return Expected == Outcome.Pass
                    ? $"{Boot.Report.Checks.Count} checks"
                    : $"{Expected} as expected: {Boot.Reason}";
            }

            return Expected == Outcome.Pass
                ? $"{Boot.Outcome}: {Boot.Reason}"
                : $"expected {Expected}, but {Boot.Outcome}: {Boot.Reason}";
        }
    }

    /// <summary>The line that is printed.</summary>
    public string Line => string.Create(
        CultureInfo.InvariantCulture,
        $"{Word,-12} {Smoke.Name,-20} cpus {Boot.Options.Cpus,-2} {Boot.Exit.Seconds,6:F1} s  {Reason}");

    private string Word => Verdict.ToString().ToLowerInvariant();

    /// <summary>The evidence of this boot alone.</summary>
    public EvidenceFile Evidence() => BootEvidence.Of(Boot, Smoke.Name, Settings.Of(Smoke.Manifest), Verdict, Reason);

    /// <summary>This boot as a row of a smoke that was booted several times.</summary>
    public static EvidenceRow Row(IReadOnlyList<SmokeRun> runs)
    {
        List<long> checks = [];
        bool verified = true;
        foreach (SmokeRun run in runs)
        {
            checks.Add(run.Boot.Report.Checks.Count);
            verified &= run.Verdict == Verdict.Pass;
        }

        return new EvidenceRow
        {
            Case = [new("cpus", runs[0].Boot.Options.Cpus)],
            Runs = runs.Count,
            Metrics = [new("checks", checks)],
            Verified = verified,
        };
    }
}
