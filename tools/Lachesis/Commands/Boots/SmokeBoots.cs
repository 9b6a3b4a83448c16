using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using Lachesis.Tools.Boots;
using Lachesis.Tools.Evidence;

namespace Lachesis.Tools.Commands.Boots;

/// <summary>
/// The boots of one smoke in one run. Of several, each has a folder of its own with its own evidence, and the run's evidence lists
/// them. Every boot that did not pass stays, and the last <see cref="EvidenceRun.Kept"/> that did.
/// </summary>
/// <param name="smoke">The smoke.</param>
/// <param name="run">The run.</param>
/// <param name="several">Whether there will be more than one; one alone has the run's folder.</param>
internal sealed class SmokeBoots(Smoke smoke, EvidenceRun run, bool several)
{
    private readonly List<string> _kept = [];
    private readonly Queue<string> _passed = [];

    /// <summary>All boots so far.</summary>
    public List<SmokeRun> All { get; } = [];

    /// <summary>Boots once more.</summary>
    /// <param name="name">The boot's name, and that of its folder if there are several.</param>
    /// <param name="boot">Boots with its files in the folder that it is given.</param>
    public SmokeRun Add(string name, Func<string, GuestBoot> boot)
    {
        SmokeRun one = new(smoke, boot(several ? Path.Combine(run.Folder, name) : run.Folder));
        All.Add(one);
        if (several)
        {
            run.Write(one.Evidence(), name);
            Keep(name, one.Verdict == Verdict.Pass);
        }

        return one;
    }

    /// <summary>Writes the evidence of the whole run.</summary>
    public EvidenceFile WriteSummary()
    {
        SmokeRun shown = All.Find(static one => one.Verdict != Verdict.Pass) ?? All[^1];
        EvidenceFile evidence = shown.Evidence();
        return run.Write(!several ? evidence : evidence with
        {
            Verdict = Worst(All),
            Rows = [.. All.GroupBy(static one => one.Boot.Options.Cpus).Select(static group => SmokeRun.Row([.. group]))],
            Artifacts =
            [
                .. _kept.Select(static name => new KeyValuePair<string, string>(name, $"{name}/{EvidenceFile.FileName}")),
            ],
        });
    }

    /// <summary>What all together come to.</summary>
    public static Verdict Worst(List<SmokeRun> runs) =>
        runs.Exists(static run => run.Verdict == Verdict.Fail) ? Verdict.Fail
        : runs.Exists(static run => run.Verdict == Verdict.Inconclusive) ? Verdict.Inconclusive : Verdict.Pass;

    private void Keep(string name, bool passed)
    {
        _kept.Add(name);
        if (!passed)
        {
            return;
        }

        _passed.Enqueue(name);
        if (_passed.Count > EvidenceRun.Kept)
        {
            string oldest = _passed.Dequeue();
            _kept.Remove(oldest);
            Directory.Delete(Path.Combine(run.Folder, oldest), recursive: true);
        }
    }
}
