using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Text.RegularExpressions;
using Lachesis.Abi;
using Lachesis.Tools.Boots;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Manifests;
using Lachesis.Tools.Qemu;
using Lachesis.Tools.Ramdisk;
using Lachesis.Tools.Reports;
using Spectre.Console;

namespace Lachesis.Tools.Commands.Boots;

/// <summary>`lachesis run`: boots one manifest and judges it.</summary>
public static partial class RunCommand
{
    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string> manifest = new("MANIFEST") { Description = "JSON manifest" };
        Option<string> name = new("--name") { Description = "name of the evidence (default: the manifest's)" };
        Option<int?> cpus = OptionValues.Integer("--cpus", "CPUS", "virtual CPUs (default 1)", 1, Platform.MaxCpus);
        Option<string> argument = new("--argument") { Description = "argument string of the first process" };
        Command command = new("run", "Boots a manifest once, prints its checks and figures, and writes the evidence.")
        {
            manifest, name, cpus, argument,
        };
        BootOptions boot = BootOptions.AddTo(command);
        command.SetAction(parsed =>
        {
            ManifestDocument document = ManifestDocument.Load(parsed.GetValue(manifest)!);
            if (parsed.GetValue(argument) is { } text)
            {
                document.Processes[0].Argument = ProgramArguments.ErrorFor(document.Processes[0], text) is { } complaint
                    ? throw new ToolException(complaint, ToolException.BadUsage)
                    : text;
            }

            MachineOptions machine = boot.Machine(
                parsed, parsed.GetValue(cpus) ?? 1, document.Host.MemoryMiB, document.Host.TimeoutSeconds ?? 60);
            string runName = parsed.GetValue(name) ?? document.Name;
            if (!NamePattern().IsMatch(runName))
            {
                throw new ToolException($"--name: '{runName}' is not letters, digits, '-' and '_'", ToolException.BadUsage);
            }

            byte[] ramdisk = RamdiskBuilder.Build(document, boot.Programs(parsed));
            using EvidenceRun run = boot.StartRun(parsed, runName);
            GuestBoot guest = GuestBoot.Run(ramdisk, machine, run.Folder, boot.Measure(parsed), Interruption.Token);
            EvidenceFile evidence = run.Write(BootEvidence.Of(
                guest, runName, Settings.Of(document), BootEvidence.VerdictOf(guest.Outcome), guest.Reason));
            Print(parsed.InvocationConfiguration.Output, guest, evidence, run, boot.Json(parsed));
            return (int)evidence.Verdict;
        });
        return command;
    }

    private static void Print(TextWriter output, GuestBoot guest, EvidenceFile evidence, EvidenceRun run, bool json)
    {
        if (json)
        {
            output.Write(evidence.ToJson());
            return;
        }

        foreach (KeyValuePair<string, bool> check in guest.Report.Checks)
        {
            output.WriteLine($"{(check.Value ? "held  " : "FAILED")} {check.Key}");
        }

        if (evidence.Verdict == Verdict.Pass)
        {
            PrintFigures(output, guest.Report, evidence);
        }

        BootEvidence.PrintVerdict(output, guest, evidence, run);
    }

    private static void PrintFigures(TextWriter output, GuestReport report, EvidenceFile evidence)
    {
        Table table = Tables.Create("case", "figure", " median", " spread", " runs");
        foreach (KeyValuePair<string, long> metric in report.Metrics)
        {
            table.AddPlainRow("", metric.Key, Tables.Number(metric.Value), "", "1");
        }

        foreach (EvidenceRow row in evidence.Rows)
        {
            foreach (KeyValuePair<string, IReadOnlyList<long>> metric in row.Metrics)
            {
                table.AddPlainRow(
                    row.Key,
                    metric.Key,
                    Tables.Number(Statistics.Median(metric.Value)),
                    Tables.Percent(Statistics.Spread([.. metric.Value])),
                    Tables.Number(metric.Value.Count));
            }
        }

        if (table.Rows.Count > 0)
        {
            Tables.Print(output, table);
        }
    }

    // The name becomes a folder below the one for evidence, and must not lead out of it.
    [GeneratedRegex("^[A-Za-z0-9_-]+$")]
    private static partial Regex NamePattern();
}
