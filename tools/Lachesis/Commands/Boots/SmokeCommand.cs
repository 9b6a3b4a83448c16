using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using System.Text.Json;
using System.Text.Json.Nodes;
using Lachesis.Tools.Boots;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Manifests;
using Lachesis.Tools.Qemu;
using Lachesis.Tools.Ramdisk;

namespace Lachesis.Tools.Commands.Boots;

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
        Option<int[]?> cpus = OptionValues.Cpus("CPU counts to boot each smoke with (default: its manifest's)");
        Option<int?> repeat = OptionValues.Integer("--repeat", "RUNS", "boots of each (default 1)", 1, 10000);
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
        foreach (Smoke smoke in Interruption.Until(smokes))
        {
            IReadOnlyList<int> chosen = smoke.ChooseCpus(cpus);
            using EvidenceRun run = boot.StartRun(parsed, smoke.Name);
            SmokeBoots boots = new(smoke, run, several: chosen.Count * repeat > 1);
            foreach ((int count, string name) in Interruption.Until(chosen.SelectMany(count => Names(count, repeat))))
            {
                SmokeRun one = boots.Add(name, folder => Boot(parsed, boot, smoke, count, folder));
                WriteLine(output, json, one.Line);
                if (!json && one.Verdict != Verdict.Pass)
                {
                    BootEvidence.PrintBacktrace(output, one.Boot);
                }
            }

            evidence.Add(JsonNode.Parse(boots.WriteSummary().ToJson()));
            all.AddRange(boots.All);
        }

        WriteLine(output, json, Count(all));
        if (json)
        {
            output.WriteLine(evidence.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
        }

        Verdict verdict = SmokeBoots.Worst(all);
        if (!Interruption.Token.IsCancellationRequested || verdict == Verdict.Fail)
        {
            return (int)verdict;
        }

        WriteLine(output, json, "interrupted: what follows was not booted");
        return Interruption.Status;
    }

    private static IEnumerable<(int Cpus, string Name)> Names(int cpus, int repeat) => repeat == 1
        ? [(cpus, $"smp{cpus}")]
        : Enumerable.Range(0, repeat).Select(i => (cpus, $"smp{cpus}-{i}"));

    private static GuestBoot Boot(ParseResult parsed, BootOptions boot, Smoke smoke, int cpus, string folder)
    {
        HostSettings host = smoke.Manifest.Host;
        MachineOptions machine = boot.Machine(parsed, cpus, host.MemoryMiB, host.TimeoutSeconds ?? 60);
        byte[] ramdisk = RamdiskBuilder.Build(smoke.Manifest, boot.Programs(parsed));
        return GuestBoot.Run(ramdisk, machine, folder, boot.Measure(parsed), Interruption.Token);
    }

    // Inconclusive boots are counted as skipped: they neither hold nor fail.
    private static string Count(List<SmokeRun> runs)
    {
        int passed = runs.Count(static run => run.Verdict == Verdict.Pass);
        int failed = runs.Count(static run => run.Verdict == Verdict.Fail);
        return $"{passed} passed, {failed} failed, {runs.Count - passed - failed} skipped";
    }

    private static void WriteLine(TextWriter output, bool json, string line)
    {
        if (!json)
        {
            output.WriteLine(line);
        }
    }
}
