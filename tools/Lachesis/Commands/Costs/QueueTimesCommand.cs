using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Commands.Boots;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Host;
using Lachesis.Tools.QueueTimes;
using Lachesis.Tools.Queues;
using Spectre.Console;

namespace Lachesis.Tools.Commands.Costs;

/// <summary>`lachesis queue-times`: how long the run queue's operations take on this host, beside a plain sorted set. A
/// report: it fails only if it cannot be made.</summary>
public static class QueueTimesCommand
{
    private const string Name = "queue-times";
    private const string HistoryFolder = "machines";
    private const string NoMachine = "none";
    private const int QuickSize = 1000;
    private const int DefaultRounds = 5;
    private const int DefaultTimeout = 900;
    private const int RatioDigits = 6;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Option<bool> quick = new("--quick") { Description = "only among 1,000 runnable threads" };
        Option<bool> json = new("--json") { Description = "print the evidence as JSON instead of a table" };
        Option<int?> rounds = OptionValues.Integer(
            "--rounds", "ROUNDS", $"rounds, in each of which every case is measured once (default {DefaultRounds})", 1, 1000);
        Option<int?> timeout = OptionValues.Integer(
            "--timeout", "TIMEOUT", $"seconds that all rounds may take (default {DefaultTimeout})", 1, 86400);
        Option<string> program = new("--program")
        {
            Description = "what measures (default artifacts/bin/Lachesis.Benchmarks/release/lachesis-benchmarks)",
        };
        Option<string> place = RunStart.Option();
        Command command = new(
            Name, "Reports how long the run queue's operations take on this host, beside a plain sorted set. No gate.")
        {
            quick, json, rounds, timeout, program, place,
        };
        command.SetAction(parsed =>
        {
            using EvidenceRun run = parsed.StartRun(place, Name);
            BenchmarkProgram benchmarks = new(
                parsed.GetValue(program)
                    ?? Repository.PathOf("artifacts/bin/Lachesis.Benchmarks/release/lachesis-benchmarks"),
                Path.Combine(run.Folder, "measured.json"),
                parsed.GetValue(rounds) ?? DefaultRounds,
                TimeSpan.FromSeconds(parsed.GetValue(timeout) ?? DefaultTimeout));
            string[] names = Names(parsed.GetValue(quick));
            CaseTimes[] measured =
            [
                .. benchmarks.Measure(names, Interruption.Token).OrderBy(one => Array.IndexOf(names, one.Name)),
            ];
            string history = Path.Combine(parsed.GetValue(place) ?? Repository.PathOf("artifacts"), HistoryFolder);
            return Report(parsed.InvocationConfiguration.Output, measured, history, run, parsed.GetValue(json));
        });
        return command;
    }

    private static string[] Names(bool quick) =>
    [
        .. QueueTable.Load(Repository.PathOf("bench/queues.json")).Cases
            .Where(one => !quick || one.Runnable == QuickSize).Select(static one => one.Name),
    ];

    private static int Report(
        TextWriter output, CaseTimes[] measured, string historyFolder, EvidenceRun run, bool json)
    {
        HostMachine machine = HostMachine.Find();
        TimesHistory history = TimesHistory.Load(historyFolder, machine);
        TimesRow[] rows = [.. measured.Select(now => new TimesRow(now, history.Find(now.Name)))];
        (Verdict verdict, string reason) = Judge(machine, rows);
        EvidenceFile evidence = run.Write(Evidence(rows, verdict, reason));
        if (measured.Length > 0)
        {
            history.With(new TimesRun(Repository.Commit, measured)).Save(historyFolder);
        }

        if (json)
        {
            output.Write(evidence.ToJson());
        }
        else
        {
            Print(output, rows);
            output.WriteLine($"{verdict.ToString().ToLowerInvariant()} {Name}: {reason}");
            BootEvidence.PrintPlace(output, run);
        }

        return (int)verdict;
    }

    private static (Verdict Verdict, string Reason) Judge(HostMachine machine, TimesRow[] rows)
    {
        if (Interruption.Token.IsCancellationRequested)
        {
            int rounds = rows.Select(static row => row.Now.KernelNs.Count).DefaultIfEmpty().Max();
            return (Verdict.Inconclusive, $"interrupted, rounds that were complete: {rounds}");
        }

        if (rows.Length == 0)
        {
            return (Verdict.Inconclusive, "not one round was complete when the time was over (TIMEOUT)");
        }

        int Count(TimesChange change) => rows.Count(row => row.Change == change);
        return (Verdict.Pass,
            $"a report, no gate; beside earlier figures of this machine ({machine.Processor}, {machine.Cpus} CPUs): "
            + $"{Count(TimesChange.Faster)} faster, {Count(TimesChange.Slower)} slower, {Count(TimesChange.None)} as before, "
            + $"{Count(TimesChange.NoEarlier)} with none to compare, {Count(TimesChange.Noise)} noise");
    }

    private static EvidenceFile Evidence(TimesRow[] rows, Verdict verdict, string reason)
    {
        List<KeyValuePair<string, double>> metrics = [];
        foreach (TimesRow row in rows)
        {
            metrics.Add(new($"{row.Now.Name}/ratio", Math.Round(row.Now.Ratio, RatioDigits)));
            metrics.Add(new($"{row.Now.Name}/leastRatio", Math.Round(row.Now.Least, RatioDigits)));
            metrics.Add(new($"{row.Now.Name}/mostRatio", Math.Round(row.Now.Most, RatioDigits)));
            metrics.Add(new($"{row.Now.Name}/kernelNs", Math.Round(row.Now.Kernel, 2)));
            metrics.Add(new($"{row.Now.Name}/yardstickNs", Math.Round(row.Now.Yardstick, 2)));
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

    private static void Print(TextWriter output, TimesRow[] rows)
    {
        if (rows.Length == 0)
        {
            return;
        }

        Table table = Tables.Create(
            "case", " ns", " sorted set ns", " times as fast", " ratio", " least", " most", " rounds", " before", "beside before");
        foreach (TimesRow row in rows)
        {
            table.AddPlainRow(
                row.Now.Name,
                Tables.Number(row.Now.Kernel, 1),
                Tables.Number(row.Now.Yardstick, 1),
                Tables.Number(1 / row.Now.Ratio, 1),
                Tables.Number(row.Now.Ratio, 4),
                Tables.Number(row.Now.Least, 4),
                Tables.Number(row.Now.Most, 4),
                Tables.Number(row.Now.KernelNs.Count),
                row.Before is null ? "-" : Tables.Number(row.Before.Ratio, 4),
                Describe(row));
        }

        Tables.Print(output, table);
    }

    private static string Describe(TimesRow row) => row.Change switch
    {
        TimesChange.Noise => $"noise: rounds {Tables.Percent(row.Now.Spread)} apart",
        TimesChange.NoEarlier => "-",
        TimesChange.None => "as before",
        TimesChange.Faster => $"faster, {Tables.Percent(row.Difference!.Value)}",
        _ => $"slower, +{Tables.Percent(row.Difference!.Value)}",
    };
}
