using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using Lachesis.ThreadScale;
using Lachesis.Tools.Boots;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Commands.Boots;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Manifests;
using Lachesis.Tools.Qemu;
using Lachesis.Tools.Ramdisk;

namespace Lachesis.Tools.Commands.ThreadScale;

/// <summary>`lachesis thread-scale`: how a fixed amount of work scales over threads and CPUs.</summary>
public static class ThreadScaleCommand
{
    private const string Name = "thread-scale";
    private const int DefaultRuns = 5;
    // Long enough that starting and ending the workers is lost in it; under -icount, where that is not the question, short.
    private static readonly Dictionary<(WorkLoopKind Loop, bool Counted), int> s_defaultWork = new()
    {
        [(WorkLoopKind.Chain, false)] = 4_000_000,
        [(WorkLoopKind.Chain, true)] = 400_000,
        [(WorkLoopKind.Throughput, false)] = 200_000_000,
        [(WorkLoopKind.Throughput, true)] = 2_000_000,
    };

    private const ulong DefaultSeed = 1;

    // What a boot and each run of a row may take: some twenty times what they do on a host of their own, as others may use it too.
    private const int SecondsForBoot = 60;
    private const int SecondsForRun = 10;

    // How long the guest is idle after each turn: time for the host to notice and to stop it between two turns.
    private const int PauseMilliseconds = 50;

    private static readonly Shape[] s_defaultShapes = [new(1, 1), new(1, 2), new(2, 2), new(4, 2), new(16, 2), new(128, 2)];

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Option<int[]?> cpus = OptionValues.Cpus("CPU counts, paired with every worker count (default 1,2 if --workers is given)");
        Option<int[]?> workers = OptionValues.Workers(
            "worker counts, paired with every CPU count (default 1,2,4,16,128 if --cpus is given)");
        Option<Shape[]?> shapes = OptionValues.Shapes(
            $"the rows themselves, WORKERSxCPUS each (default {string.Join(',', s_defaultShapes)})");
        Option<int?> runs = OptionValues.Integer("--runs", "RUNS", $"runs of each row (default {DefaultRuns})", 1, 1000);
        Option<int?> work = OptionValues.Integer(
            "--work",
            "WORK",
            $"elements that each run computes, {DependentChain.StepsPerElement} steps each in the chain (default "
            + $"{DefaultWork(WorkLoopKind.Chain)}, with --loop throughput {DefaultWork(WorkLoopKind.Throughput)})",
            1,
            2_000_000_000);
        Option<WorkLoopKind?> loop = OptionValues.Loop();
        Option<ulong?> seed = OptionValues.Seed($"seed of the work's sequence (default {DefaultSeed})");
        Command command = new(Name, "Measures how a fixed amount of work scales over threads and CPUs, and verifies it.")
        {
            cpus, workers, shapes, runs, loop, work, seed,
        };
        BootOptions boot = BootOptions.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(shapes) is not null && (result.GetResult(cpus) ?? result.GetResult(workers)) is not null)
            {
                result.AddError("SHAPES: give either the rows themselves, or CPUS and WORKERS");
            }
        });
        command.SetAction(parsed =>
        {
            Shape[] rows = parsed.Given(shapes) is { } given
                ? WithBase(given)
                : Cross(parsed.Given(workers), parsed.Given(cpus));
            return Run(
                parsed, boot, rows, parsed.GetValue(runs) ?? DefaultRuns, parsed.GetValue(loop) ?? WorkLoopKind.Chain, parsed.GetValue(work),
                parsed.GetValue(seed) ?? DefaultSeed);
        });
        return command;
    }

    /// <summary>Every pair of the worker and CPU counts, after the base; the default rows if neither is given.</summary>
    internal static Shape[] Cross(int[]? workers, int[]? cpus) => workers is null && cpus is null
        ? s_defaultShapes
        : WithBase((cpus ?? [1, 2]).SelectMany(c => (workers ?? [1, 2, 4, 16, 128]).Select(w => new Shape(w, c))));

    private static Shape[] WithBase(IEnumerable<Shape> shapes) => [.. shapes.Prepend(new Shape(1, 1)).Distinct()];

    private static int Run(
        ParseResult parsed, BootOptions boot, Shape[] shapes, int runs, WorkLoopKind loop, int? workAsked, ulong seed)
    {
        ManifestDocument manifest = ManifestDocument.Load(Repository.PathOf($"bench/guest/{Name}/manifest.json"));
        int defaultWork = s_defaultWork[(loop, boot.InstructionCount(parsed))];
        int work = workAsked ?? defaultWork;
        MachineOptions machine = boot.Machine(
            parsed, shapes.Max(static shape => shape.Cpus), manifest.Host.MemoryMiB,
            TimeLimitSeconds(shapes.Length * runs, (double)work / defaultWork));
        HostTurns? host = machine.InstructionCount ? null : new HostTurns(loop, ThreadCounts(shapes), runs, shapes.Length);
        int pause = host is null ? 0 : PauseMilliseconds;
        manifest.Processes[0].Argument = $"shapes={string.Join(',', shapes)} runs={runs} "
            + $"loop={loop.ToString().ToLowerInvariant()} work={work} seed={seed} pause={pause}";
        byte[] ramdisk = RamdiskBuilder.Build(manifest, boot.Programs(parsed));
        using EvidenceRun run = boot.StartRun(parsed, Name);
        host?.RunHostTurn();
        GuestBoot guest = GuestBoot.Run(ramdisk, machine, run.Folder, boot.Measure(parsed), Interruption.Token, host);
        ulong checksum = WorkSequence.Checksum(loop, seed, work);
        ThreadScaleResult? result = guest.Outcome == Outcome.Pass
            ? ThreadScaleResult.Of(guest.Report.Cases, shapes, runs, checksum, host?.Conditions)
            : null;
        EvidenceFile evidence = run.Write(Evidence(guest, Settings.Of(manifest), result, checksum));
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (boot.Json(parsed))
        {
            output.Write(evidence.ToJson());
        }
        else
        {
            ThreadScaleTable.Print(output, result);
            BootEvidence.PrintVerdict(output, guest, evidence, run);
        }

        return (int)evidence.Verdict;
    }

    /// <summary>The time limit, if none is given, of so many runs that each compute so many times the default work.</summary>
    internal static int TimeLimitSeconds(int runs, double work) =>
        (int)Math.Min(int.MaxValue / 1000, SecondsForBoot + (SecondsForRun * runs * Math.Max(1, work)));

    private static string DefaultWork(WorkLoopKind loop) =>
        $"{s_defaultWork[(loop, false)]}, {s_defaultWork[(loop, true)]} under --icount";

    // As many threads as a row can use; one and two in any case.
    private static int[] ThreadCounts(Shape[] shapes) =>
        [.. shapes.Select(static shape => Math.Min(shape.Workers, shape.Cpus)).Append(1).Append(2).Distinct().Order()];

    private static EvidenceFile Evidence(
        GuestBoot guest, RunSettings settings, ThreadScaleResult? result, ulong checksum)
    {
        Verdict verdict = result?.Verdict ?? BootEvidence.VerdictOf(guest.Outcome);
        return BootEvidence.Of(guest, Name, settings, verdict, result?.Reason ?? guest.Reason) with
        {
            Rows = ThreadScaleResult.Evidence(guest.Report.Cases, checksum, result?.Host),
            Metrics = result?.Metrics() ?? [],
        };
    }
}
