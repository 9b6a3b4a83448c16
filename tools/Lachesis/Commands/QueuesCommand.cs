using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Queues;
using Spectre.Console;

namespace Lachesis.Tools.Commands;

/// <summary>`lachesis queues`: what the run queue's operations cost, beside a plain sorted set.</summary>
public static class QueuesCommand
{
    private const string Name = "queues";
    private const string NoMachine = "none";
    private const string QuickSuffix = "/1000";
    private const int DefaultRounds = 7;
    private const int DefaultTimeout = 300;
    private const int Attempts = 5;
    private const int RatioDigits = 6;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Option<bool> quick = new("--quick") { Description = "only among 1,000 runnable threads" };
        Option<bool> accept = new("--accept") { Description = "make the new figures the accepted ones, in bench/queues.json" };
        Option<bool> json = new("--json") { Description = "print the evidence as JSON instead of a table" };
        Option<int?> rounds = Values.Integer(
            "--runs", "RUNS", $"rounds, in each of which every case is measured once (default {DefaultRounds})", 1, 1000);
        Option<int?> timeout = Values.Integer(
            "--timeout", "TIMEOUT", $"seconds that all rounds may take (default {DefaultTimeout})", 1, 86400);
        Option<string> program = new("--program")
        {
            Description = "what measures (default artifacts/bin/Lachesis.Benchmarks/release/lachesis-benchmarks)",
        };
        Option<string> place = RunStart.Option();
        Command command = new(Name, "Measures the run queue beside a plain sorted set, and compares with the accepted figures.")
        {
            quick, accept, json, rounds, timeout, program, place,
        };
        command.SetAction(parsed =>
        {
            using EvidenceRun run = parsed.StartRun(place, Name);
            QueueBenchmarks benchmarks = new(
                parsed.GetValue(program)
                    ?? Repository.PathOf("artifacts/bin/Lachesis.Benchmarks/release/lachesis-benchmarks"),
                run.Folder,
                parsed.GetValue(rounds) ?? DefaultRounds,
                TimeSpan.FromSeconds(parsed.GetValue(timeout) ?? DefaultTimeout));
            return Run(parsed, benchmarks, run, parsed.GetValue(quick), parsed.GetValue(accept), parsed.GetValue(json));
        });
        return command;
    }

    private static int Run(
        ParseResult parsed, QueueBenchmarks benchmarks, EvidenceRun run, bool quick, bool accept, bool json)
    {
        string path = Repository.PathOf("bench/queues.json");
        QueueTable table = QueueTable.Load(path);
        IEnumerable<QueueCase> cases = table.Cases.Where(
            one => !quick || one.Name.EndsWith(QuickSuffix, StringComparison.Ordinal));
        QueueResult result = accept
            ? QueueResult.MeasureTypical(cases, Attempts, names => benchmarks.Measure(names, Interruption.Token))
            : QueueResult.Measure(cases, Attempts, names => benchmarks.Measure(names, Interruption.Token));
        if (accept)
        {
            table = result.Accept(table);
            table.Save(path);
            result = result.Against(table);
        }

        (Verdict verdict, string reason) = result.Judge();
        EvidenceFile evidence = run.Write(Evidence(result, verdict, reason));
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (json)
        {
            output.Write(evidence.ToJson());
        }
        else
        {
            Print(output, result);
            output.WriteLine($"{verdict.ToString().ToLowerInvariant()} {Name}: {reason}");
            BootEvidence.PrintPlace(output, run);
        }

        return (int)verdict;
    }

    private static EvidenceFile Evidence(QueueResult result, Verdict verdict, string reason)
    {
        List<KeyValuePair<string, double>> metrics = [];
        foreach (QueueRow row in result.Rows)
        {
            if (row.Figures is QueueFigures figures)
            {
                metrics.Add(new($"{row.Case.Name}/ratio", Math.Round(figures.Ratio, RatioDigits)));
                metrics.Add(new($"{row.Case.Name}/kernelNs", Math.Round(figures.Kernel, 2)));
                metrics.Add(new($"{row.Case.Name}/yardstickNs", Math.Round(figures.Yardstick, 2)));
                metrics.Add(new($"{row.Case.Name}/bytes", figures.Bytes));
            }
        }

        return new EvidenceFile
        {
            Name = Name,
            Verdict = verdict,
            Reason = reason,
            Commit = Repository.Commit,
            Environment = new RunEnvironment(
                "host", NoMachine, InstructionCount: false, Cpus: 1, MemoryMiB: 0, NoMachine, Measured: false,
                Environment.ProcessorCount),
            Metrics = metrics,
        };
    }

    private static void Print(TextWriter output, QueueResult result)
    {
        Table table = Tables.Create(
            "case", " ns", " sorted set ns", " ratio", " accepted", " spread", " change", " times as fast", " reach", "", " bytes",
            " attempts");
        foreach (QueueRow row in result.Rows)
        {
            table.AddPlainRow(
                row.Case.Name,
                Optional(row.Figures?.Kernel, 1),
                Optional(row.Figures?.Yardstick, 1),
                Optional(row.Figures?.Ratio, 4),
                Optional(row.Case.Accepted, 4),
                row.Case.Spread is double spread ? Tables.Percent(spread) : "-",
                row.Change is double change ? Tables.Percent(change) : "-",
                Optional(1 / row.Figures?.Ratio, 1),
                Optional(row.Case.Reach, 0),
                row.Reaches == false ? "not reached" : "",
                Optional(row.Figures?.Bytes, 0),
                Tables.Number(row.Attempts));
        }

        Tables.Print(output, table);
    }

    private static string Optional(double? value, int digits) =>
        value is double known ? Tables.Number(known, digits) : "-";
}
