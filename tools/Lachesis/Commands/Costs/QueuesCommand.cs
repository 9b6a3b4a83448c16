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
using Lachesis.Tools.Queues;
using Lachesis.Tools.Ramdisk;
using Spectre.Console;

namespace Lachesis.Tools.Commands.Costs;

/// <summary>`lachesis queues`: what the run queue's operations cost, in guest instructions.</summary>
public static class QueuesCommand
{
    private const string Name = "queues";
    private const string TablePath = "bench/queues.json";
    private const int DefaultTimeout = 600;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Option<bool> accept = new("--accept") { Description = $"make the new figures the accepted ones, in {TablePath}" };
        Option<bool> markdown = new("--markdown")
        {
            Description = "measure nothing: print the accepted figures as docs/benchmarks.md has them",
        };
        Command command = new(
            Name, "Measures the run queue's operations in guest instructions, and compares with the accepted figures.")
        {
            accept, markdown,
        };
        BootOptions boot = BootOptions.AddTo(command, alwaysInstructionCount: true);
        command.SetAction(parsed => parsed.GetValue(markdown)
            ? PrintAccepted(parsed)
            : Run(parsed, boot, parsed.GetValue(accept)));
        return command;
    }

    private static int PrintAccepted(ParseResult parsed)
    {
        parsed.InvocationConfiguration.Output.Write(QueueTable.Load(Repository.PathOf(TablePath)).ToMarkdown());
        return 0;
    }

    private static int Run(ParseResult parsed, BootOptions boot, bool accept)
    {
        string path = Repository.PathOf(TablePath);
        QueueTable table = QueueTable.Load(path);
        ManifestDocument manifest = ManifestDocument.Load(Repository.PathOf($"bench/guest/{Name}/manifest.json"));
        using EvidenceRun run = boot.StartRun(parsed, Name);
        MachineOptions machine = boot.Machine(
            parsed, 1, manifest.Host.MemoryMiB, manifest.Host.TimeoutSeconds ?? DefaultTimeout);
        GuestBoot guest = GuestBoot.Run(
            RamdiskBuilder.Build(manifest, boot.Programs(parsed)), machine, run.Folder, boot.Measure(parsed), Interruption.Token);
        bool measured = guest.Outcome == Outcome.Pass;
        QueueResult result = QueueResult.Of(
            table, measured ? guest.Report.Metrics.ToDictionary(StringComparer.Ordinal) : new Dictionary<string, long>());
        if (accept && measured)
        {
            table = result.Accept();
            table.Save(path);
            result = QueueResult.Of(table, guest.Report.Metrics.ToDictionary(StringComparer.Ordinal));
        }

        (Verdict verdict, string reason) = measured
            ? result.Judge()
            : (BootEvidence.VerdictOf(guest.Outcome), guest.Reason);
        EvidenceFile evidence = run.Write(
            BootEvidence.Of(guest, Name, Settings.Of(manifest), verdict, reason) with { Metrics = Metrics(result) });
        Print(parsed.InvocationConfiguration.Output, guest, result, evidence, run, boot.Json(parsed));
        return (int)verdict;
    }

    private static List<KeyValuePair<string, double>> Metrics(QueueResult result)
    {
        List<KeyValuePair<string, double>> metrics = [];
        foreach (QueueRow row in result.Rows)
        {
            if (row.Now is QueueCost now)
            {
                metrics.Add(new($"{row.Case.Name}/mean", now.Mean));
                metrics.Add(new($"{row.Case.Name}/median", now.Median));
                metrics.Add(new($"{row.Case.Name}/least", now.Least));
                metrics.Add(new($"{row.Case.Name}/most", now.Most));
            }
        }

        return metrics;
    }

    private static void Print(
        TextWriter output, GuestBoot guest, QueueResult result, EvidenceFile evidence, EvidenceRun run, bool json)
    {
        if (json)
        {
            output.Write(evidence.ToJson());
            return;
        }

        if (guest.Outcome == Outcome.Pass)
        {
            PrintRows(output, result);
            PrintGrowths(output, result);
        }

        BootEvidence.PrintVerdict(output, guest, evidence, run);
    }

    private static void PrintRows(TextWriter output, QueueResult result)
    {
        Table table = Tables.Create(
            "case", " mean instructions", " median", " least", " most", " accepted", " change", " most accepted");
        foreach (QueueRow row in result.Rows)
        {
            table.AddPlainRow(
                row.Case.Name,
                Optional(row.Now?.Mean, 1),
                Optional(row.Now?.Median),
                Optional(row.Now?.Least),
                Optional(row.Now?.Most),
                Optional(row.Case.Accepted?.Mean, 1),
                row.Change is double change ? Tables.Percent(change) : "-",
                Optional(row.Case.Accepted?.Most));
        }

        Tables.Print(output, table);
    }

    private static void PrintGrowths(TextWriter output, QueueResult result)
    {
        Table table = Tables.Create("growth", " from", " to", " factor", " at most");
        foreach ((QueueGrowth growth, double? factor) in result.Growths())
        {
            table.AddPlainRow(
                growth.Operation, Tables.Number(growth.From), Tables.Number(growth.To), Optional(factor, 3),
                Tables.Number(growth.Most, 3));
        }

        Tables.Print(output, table);
    }

    private static string Optional(double? value, int digits = 0) =>
        value is double known ? Tables.Number(known, digits) : "-";
}
