using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Manifests;
using Lachesis.Tools.Qemu;
using Lachesis.Tools.Ramdisk;

namespace Lachesis.Tools.Commands;

/// <summary>`lachesis smoke`: boots the guest's smokes and says which held.</summary>
public static class SmokeCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string[]> names = new("NAME")
        {
            Description = "smokes (folders of tests/guest); none: all",
            Arity = ArgumentArity.ZeroOrMore,
        };
        Option<int[]?> cpus = Values.Cpus("CPU counts to boot each smoke with (default: its manifest's)");
        Option<int?> repeat = Values.Integer("--repeat", "REPEAT", "boots of each (default 1)", 1, 10000);
        Option<string> tag = new("--tag") { Description = "only smokes with this tag (without: all but those tagged manual)" };
        Option<bool> selfTest = new("--self-test")
        {
            Description = "run the smokes that fail on purpose, and insist that each is reported as just that failure",
        };
        Command command = new("smoke", "Boots smokes; prints one line for each boot. Fails if any does.")
        {
            names, cpus, repeat, tag, selfTest,
        };
        BootOptions boot = BootOptions.AddTo(command);
        command.SetAction(parsed =>
        {
            List<Smoke> smokes = Smoke.Select(
                Smoke.LoadAll(), parsed.GetValue(names) ?? [], parsed.GetValue(tag), parsed.GetValue(selfTest));
            return RunAll(parsed, boot, smokes, parsed.Given(cpus), parsed.GetValue(repeat) ?? 1);
        });
        return command;
    }

    private static int RunAll(ParseResult parsed, BootOptions boot, List<Smoke> smokes, int[]? cpus, int repeat)
    {
        TextWriter output = parsed.InvocationConfiguration.Output;
        bool json = boot.Json(parsed);
        JsonArray evidence = [];
        List<SmokeRun> all = [];
        int skipped = 0;
        foreach (Smoke smoke in smokes)
        {
            List<SmokeRun> runs = [];
            int[] chosen = smoke.ChooseCpus(cpus);
            if (chosen.Length == 0)
            {
                skipped++;
                string allowed = string.Join(',', smoke.Manifest.Host.Cpus);
                WriteLine(output, json, $"{"skip",-12} {smoke.Name,-20} runs only at {allowed} CPUs");
                continue;
            }

            bool several = chosen.Length * repeat > 1;
            string folder = boot.EvidenceFolder(parsed, smoke.Name);
            foreach (int count in chosen)
            {
                for (int i = 0; i < repeat; i++)
                {
                    string name = repeat > 1 ? $"smp{count}-{i}" : $"smp{count}";
                    SmokeRun run = Boot(parsed, boot, smoke, count, several ? Path.Combine(folder, name) : folder);
                    runs.Add(run);
                    WriteLine(output, json, run.Line);
                    if (!json && run.Verdict != Verdict.Pass)
                    {
                        BootEvidence.PrintBacktrace(output, run.Boot);
                    }
                }
            }

            EvidenceFile file = several ? Summarize(smoke, runs, folder) : runs[0].Evidence();
            file.Write(folder);
            evidence.Add(JsonNode.Parse(file.ToJson()));
            all.AddRange(runs);
        }

        WriteLine(output, json, Count(all, skipped));
        if (json)
        {
            output.WriteLine(evidence.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        }

        return (int)Worst(all);
    }

    private static SmokeRun Boot(ParseResult parsed, BootOptions boot, Smoke smoke, int cpus, string folder)
    {
        HostSettings host = smoke.Manifest.Host;
        MachineOptions machine = boot.Machine(parsed, cpus, host.MemoryMiB, host.TimeoutSeconds ?? 60);
        byte[] ramdisk = RamdiskBuilder.Build(smoke.Manifest, boot.Programs(parsed));
        GuestBoot run = GuestBoot.Run(ramdisk, machine, folder, boot.Measure(parsed), Interruption.Token);
        return new SmokeRun(smoke, run, host.Expect, folder);
    }

    // Each boot has its own folder with its own evidence; the smoke's own lists them.
    private static EvidenceFile Summarize(Smoke smoke, List<SmokeRun> runs, string folder)
    {
        foreach (SmokeRun run in runs)
        {
            run.Evidence().Write(run.Folder);
        }

        SmokeRun shown = runs.Find(static run => run.Verdict != Verdict.Pass) ?? runs[^1];
        return shown.Evidence() with
        {
            Verdict = Worst(runs),
            Rows = [.. runs.GroupBy(static run => run.Boot.Options.Cpus).Select(static group => SmokeRun.Row([.. group]))],
            Artifacts =
            [
                .. runs.Select(run => Path.GetRelativePath(folder, run.Folder)).Select(static name =>
                    new KeyValuePair<string, string>(name, $"{name}/{EvidenceFile.FileName}")),
            ],
        };
    }

    private static Verdict Worst(List<SmokeRun> runs) =>
        runs.Exists(static run => run.Verdict == Verdict.Fail) ? Verdict.Fail
        : runs.Exists(static run => run.Verdict == Verdict.Inconclusive) ? Verdict.Inconclusive : Verdict.Pass;

    // Inconclusive boots are counted as skipped: they neither hold nor fail.
    private static string Count(List<SmokeRun> runs, int skipped)
    {
        int passed = runs.Count(static run => run.Verdict == Verdict.Pass);
        int failed = runs.Count(static run => run.Verdict == Verdict.Fail);
        return $"{passed} passed, {failed} failed, {skipped + runs.Count - passed - failed} skipped";
    }

    private static void WriteLine(TextWriter output, bool json, string line)
    {
        if (!json)
        {
            output.WriteLine(line);
        }
    }
}
