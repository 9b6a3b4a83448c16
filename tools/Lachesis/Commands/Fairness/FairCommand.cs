using System;
using System.Collections.Generic;
using System.CommandLine;
using System.Globalization;
using System.IO;
using System.Linq;
using Lachesis.Tools.Boots;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Commands.Boots;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Manifests;
using Lachesis.Tools.Qemu;
using Lachesis.Tools.Ramdisk;
using Spectre.Console;

namespace Lachesis.Tools.Commands.Fairness;

/// <summary>`lachesis fair`: who gets how much of the CPU, and how soon.</summary>
public static class FairCommand
{
    private const string Name = "fair";
    private const int DefaultSeconds = 10;
    private const int DefaultRuns = 3;
    private const int DefaultTimeout = 600;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Option<int?> seconds = OptionValues.Integer(
            "--seconds", "SECONDS_TO_RUN", $"guest seconds for which shares are measured (default {DefaultSeconds})", 1, 100);
        Option<int?> runs = OptionValues.Integer(
            "--runs", "RUNS", $"runs in the host's time, whose median counts (default {DefaultRuns})", 1, 100);
        Command command = new(Name, "Measures shares and wakeup latencies, and compares with what they must be.")
        {
            seconds, runs,
        };
        BootOptions boot = BootOptions.AddTo(command, alwaysInstructionCount: true);
        command.SetAction(parsed =>
            Run(parsed, boot, parsed.GetValue(seconds) ?? DefaultSeconds, parsed.GetValue(runs) ?? DefaultRuns));
        return command;
    }

    private static int Run(ParseResult parsed, BootOptions boot, int seconds, int runs)
    {
        FairTable table = FairTable.Load(Repository.PathOf("bench/fair.json"));
        ManifestDocument manifest = ManifestDocument.Load(Repository.PathOf($"bench/guest/{Name}/manifest.json"));
        using EvidenceRun run = boot.StartRun(parsed, Name);
        Dictionary<FairMachine, GuestBoot> boots = Interruption.Until(table.Machines).ToDictionary(
            static machine => machine, machine => Boot(parsed, boot, manifest, machine, seconds, runs, run.Folder));
        Dictionary<FairMachine, EvidenceRow> measured = boots
            .Where(static pair => pair.Value.Outcome == Outcome.Pass)
            .ToDictionary(
                static pair => pair.Key,
                static pair => EvidenceRow.Gather(pair.Value.Report.Cases, static run => run.Verified)[0]);
        double otherLoad = boots.Where(static pair => !pair.Key.Counted).Max(static pair => (double?)pair.Value.Exit.OtherLoad) ?? 0;
        FairResult result = FairResult.Of(table, measured, seconds, otherLoad, Environment.ProcessorCount);
        KeyValuePair<FairMachine, GuestBoot>? failed = boots
            .Where(static pair => pair.Value.Outcome != Outcome.Pass)
            .Select(static pair => (KeyValuePair<FairMachine, GuestBoot>?)pair)
            .FirstOrDefault();
        GuestBoot shown = failed?.Value ?? boots.Values.First();
        (Verdict verdict, string reason) = failed is null
            ? result.Judge()
            : (BootEvidence.VerdictOf(shown.Outcome), $"{failed.Value.Key.Name}: {shown.Reason}");
        EvidenceFile evidence = BootEvidence.Of(shown, Name, Settings.Of(manifest), verdict, reason) with
        {
            Rows = [.. measured.Values],
            Metrics = Metrics(result),
            Artifacts = [.. boots.SelectMany(static pair => Artifacts(pair.Key, pair.Value))],
        };
        Print(parsed.InvocationConfiguration.Output, shown, result, run.Write(evidence), run, boot.Json(parsed));
        return (int)verdict;
    }

    private static GuestBoot Boot(
        ParseResult parsed, BootOptions boot, ManifestDocument manifest, FairMachine machine, int seconds, int runs, string folder)
    {
        manifest.Processes[0].Argument = string.Create(
            CultureInfo.InvariantCulture,
            $"millis={seconds * 1000} runs={(machine.Counted ? 1 : runs)} icount={(machine.Counted ? 1 : 0)}");
        MachineOptions options = boot.Machine(
            parsed, machine.Cpus, manifest.Host.MemoryMiB, manifest.Host.TimeoutSeconds ?? DefaultTimeout) with
        {
            InstructionCount = machine.Counted,
        };
        return GuestBoot.Run(
            RamdiskBuilder.Build(manifest, boot.Programs(parsed)), options, Path.Combine(folder, machine.Name),
            boot.Measure(parsed), Interruption.Token);
    }

    private static List<KeyValuePair<string, double>> Metrics(FairResult result)
    {
        List<KeyValuePair<string, double>> metrics = [];
        foreach (FairRow row in result.Rows)
        {
            if (row.Value is double value)
            {
                metrics.Add(new(row.Name, value));
            }

            if (row.Expectation.Most is double most)
            {
                metrics.Add(new(row.Name + ".bound", most));
            }
        }

        return metrics;
    }

    private static IEnumerable<KeyValuePair<string, string>> Artifacts(FairMachine machine, GuestBoot guest) =>
        guest.Artifacts.Select(artifact =>
            new KeyValuePair<string, string>($"{artifact.Key}-{machine.Name}", $"{machine.Name}/{artifact.Value}"));

    private static void Print(
        TextWriter output, GuestBoot boot, FairResult result, EvidenceFile evidence, EvidenceRun run, bool json)
    {
        if (json)
        {
            output.Write(evidence.ToJson());
            return;
        }

        if (boot.Outcome == Outcome.Pass)
        {
            Table table = Tables.Create("what", "time", " cpus", " measured", " at most", "unit", "", "peers");
            foreach (FairRow row in result.Rows)
            {
                FairExpectation expectation = row.Expectation;
                table.AddPlainRow(
                    expectation.What,
                    expectation.Counted ? "icount" : "host",
                    Tables.Number(expectation.Cpus),
                    Optional(row.Value),
                    Optional(expectation.Most),
                    expectation.Unit,
                    VerdictOf(row),
                    expectation.Peers);
            }

            Tables.Print(output, table);
        }

        BootEvidence.PrintVerdict(output, boot, evidence, run);
    }

    private static string VerdictOf(FairRow row) => row.Reached switch
    {
        true => "holds",
        false => "not reached",
        null => row.LongEnough ? "" : "too short to judge",
    };

    private static string Optional(double? value) =>
        value is double known ? known.ToString("#,0.####", CultureInfo.InvariantCulture) : "-";
}
