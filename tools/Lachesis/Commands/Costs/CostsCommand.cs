using System;
using System.Collections.Generic;
using System.CommandLine;
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

namespace Lachesis.Tools.Commands.Costs;

/// <summary>`lachesis costs`: what the kernel's operations cost, in guest instructions.</summary>
public static class CostsCommand
{
    private const string Name = "costs";
    private const int DefaultRuns = 1000;
    private const int DefaultTimeout = 300;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Option<int?> runs = OptionValues.Integer(
            "--runs", "RUNS", $"repetitions of each operation (default {DefaultRuns})", DefaultRuns, 1_000_000);
        Option<bool> accept = new("--accept") { Description = "make the new figures the accepted ones, in bench/costs.json" };
        Option<bool> markdown = new("--markdown") { Description = "measure nothing: print the accepted figures as README.md has them" };
        Command command = new(Name, "Measures operations in guest instructions, and compares with the accepted figures.")
        {
            runs, accept, markdown,
        };
        BootOptions boot = BootOptions.AddTo(command, alwaysInstructionCount: true);
        command.SetAction(parsed => parsed.GetValue(markdown)
            ? PrintAccepted(parsed)
            : Run(parsed, boot, parsed.GetValue(runs) ?? DefaultRuns, parsed.GetValue(accept)));
        return command;
    }

    private static int PrintAccepted(ParseResult parsed)
    {
        parsed.InvocationConfiguration.Output.Write(CostTable.Load(Repository.PathOf("bench/costs.json")).ToMarkdown());
        return 0;
    }

    private static int Run(ParseResult parsed, BootOptions boot, int runs, bool accept)
    {
        string tablePath = Repository.PathOf("bench/costs.json");
        CostTable table = CostTable.Load(tablePath);
        ManifestDocument manifest = ManifestDocument.Load(Repository.PathOf($"bench/guest/{Name}/manifest.json"));
        manifest.Processes[0].Argument = $"runs={runs}";
        byte[] ramdisk = RamdiskBuilder.Build(manifest, boot.Programs(parsed));
        using EvidenceRun run = boot.StartRun(parsed, Name);
        List<GuestBoot> boots = [];
        foreach (int cpus in Interruption.Until(table.Operations.Select(static operation => operation.Cpus).Distinct().Order()))
        {
            MachineOptions machine = boot.Machine(
                parsed, cpus, manifest.Host.MemoryMiB, manifest.Host.TimeoutSeconds ?? DefaultTimeout);
            boots.Add(GuestBoot.Run(
                ramdisk, machine, Path.Combine(run.Folder, $"smp{cpus}"), boot.Measure(parsed), Interruption.Token));
        }

        CostResult result = CostResult.Of(table, boots.Where(static guest => guest.Outcome == Outcome.Pass).ToDictionary(
            static guest => guest.Options.Cpus,
            static guest => (IReadOnlyDictionary<string, long>)guest.Report.Metrics.ToDictionary(StringComparer.Ordinal)));
        GuestBoot? failed = boots.Find(static guest => guest.Outcome != Outcome.Pass);
        (Verdict verdict, string reason) = failed is null
            ? result.Judge()
            : (BootEvidence.VerdictOf(failed.Outcome), $"at -smp {failed.Options.Cpus}: {failed.Reason}");
        EvidenceFile evidence = BootEvidence.Of(failed ?? boots[0], Name, Settings.Of(manifest), verdict, reason) with
        {
            Metrics = failed is null ? Metrics(result) : [],
            Artifacts = [.. boots.SelectMany(Artifacts)],
        };
        Print(parsed.InvocationConfiguration.Output, failed ?? boots[0], result, run.Write(evidence), run, boot.Json(parsed));
        if (accept && failed is null)
        {
            result.Accept().Save(tablePath);
        }

        return (int)verdict;
    }

    private static List<KeyValuePair<string, double>> Metrics(CostResult result)
    {
        List<KeyValuePair<string, double>> metrics = [];
        foreach (CostRow row in result.Rows)
        {
            Add(row.Operation.Name, row.Instructions);
            Add(row.Operation.Name + "Min", row.Least);
            Add(row.Operation.Name + "Max", row.Most);
        }

        return metrics;

        void Add(string name, long? value)
        {
            if (value is long known)
            {
                metrics.Add(new(name, known));
            }
        }
    }

    private static IEnumerable<KeyValuePair<string, string>> Artifacts(GuestBoot guest)
    {
        string folder = $"smp{guest.Options.Cpus}";
        return guest.Artifacts.Select(artifact =>
            new KeyValuePair<string, string>($"{artifact.Key}-{folder}", $"{folder}/{artifact.Value}"));
    }

    private static void Print(
        TextWriter output, GuestBoot boot, CostResult result, EvidenceFile evidence, EvidenceRun run, bool json)
    {
        if (json)
        {
            output.Write(evidence.ToJson());
            return;
        }

        if (boot.Outcome == Outcome.Pass)
        {
            Table table = Tables.Create(
                "operation", "what", " cpus", " instructions", " min", " max", " reach", "", " accepted", " change", "peers");
            foreach (CostRow row in result.Rows)
            {
                CostOperation operation = row.Operation;
                table.AddPlainRow(
                    operation.Name,
                    operation.What,
                    Tables.Number(operation.Cpus),
                    Optional(row.Instructions),
                    Optional(row.Least),
                    Optional(row.Most),
                    Optional(operation.Reach),
                    row.Instructions > operation.Reach ? "not reached" : "",
                    Optional(operation.Accepted),
                    row.Change is double change ? Tables.Percent(change) : "-",
                    operation.DescribePeers());
            }

            Tables.Print(output, table);
        }

        BootEvidence.PrintVerdict(output, boot, evidence, run);
    }

    private static string Optional(long? value) => value is long known ? Tables.Number(known) : "-";
}
