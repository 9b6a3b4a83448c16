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
using Lachesis.Tools.Scenarios.Results;

namespace Lachesis.Tools.Commands.Scenarios;

/// <summary>`lachesis scenario`: runs a scenario in the guest.</summary>
public static class ScenarioCommand
{
    private const int DefaultTimeout = 600;

    // A reading of the clock takes some 20 instructions, an interrupt at least 400. By the host's clock, which goes on
    // whatever the host does, only gaps of the length of a real switch say something.
    private const int CountedGapNs = 200;
    private const int TimedGapNs = 5_000;

    private const string OneClock =
        "with --icount QEMU's virtual CPUs run in turns of many microseconds on one clock, which each thread's CPU time counts the others' "
        + "turns by too: these figures say nothing of several CPUs; ask the simulator (lachesis sim --cpus), or run without --icount";

    private enum Comparison
    {
        Order,
        Shares,
    }

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Command command = new("scenario", "Boots the guest and runs a scenario in it.");
        ScenarioSettings.Options options = ScenarioSettings.Options.AddTo(command);
        Option<bool> dispatch = ScenarioOutput.DispatchOption();
        Option<string> compare = CompareOption();
        command.Add(dispatch);
        command.Add(compare);
        BootOptions boot = BootOptions.AddTo(command);
        command.SetAction(parsed =>
        {
            ScenarioSettings settings = options.Read(parsed);
            Comparison? comparison = parsed.GetValue(compare) switch
            {
                "order" => Comparison.Order,
                "shares" => Comparison.Shares,
                _ => null,
            };
            return Run(parsed, boot, settings, comparison, parsed.GetValue(dispatch));
        });
        return command;
    }

    private static Option<string> CompareOption()
    {
        Option<string> option = new("--compare")
        {
            Description = "fail unless the simulator agrees: shares within 0.1%, and with 'order' every dispatch",
            HelpName = "order|shares",
        };
        option.CustomParser = result =>
        {
            string value = result.Tokens[0].Value;
            if (value is not ("order" or "shares"))
            {
                result.AddError($"COMPARE: '{value}' is not order or shares (--compare)");
            }

            return value;
        };
        return option;
    }

    private static int Run(
        ParseResult parsed, BootOptions boot, ScenarioSettings settings, Comparison? comparison, bool dispatch)
    {
        settings.Scenario.CheckGuest();
        string name = $"scenario-{settings.Scenario.Name}";
        ManifestDocument manifest = ManifestDocument.Load(Repository.PathOf("bench/guest/scenario/manifest.json"));
        using EvidenceRun folder = boot.StartRun(parsed, name);
        GuestBoot guest = Boot(parsed, boot, manifest, settings, folder.Folder);
        ScenarioRun? run = guest.Outcome == Outcome.Pass
            ? GuestTrace.Of(
                settings.Scenario, guest.Report, ScenarioOutput.KernelToleranceNs, keep: dispatch || comparison is not null)
            : null;
        EvidenceFile evidence = folder.Write(
            run is null ? Failure(guest, name, settings) : Evidence(guest, name, settings, run, comparison));
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (boot.Json(parsed))
        {
            output.Write(evidence.ToJson());
        }
        else if (dispatch && run is not null)
        {
            ScenarioOutput.PrintDispatches(output, run);
        }
        else
        {
            ScenarioOutput.PrintTables(output, run?.Threads ?? []);
            BootEvidence.PrintVerdict(output, guest, evidence, folder);
        }

        return (int)evidence.Verdict;
    }

    private static GuestBoot Boot(
        ParseResult parsed, BootOptions boot, ManifestDocument manifest, ScenarioSettings settings, string folder)
    {
        MachineOptions machine = boot.Machine(
            parsed, settings.Cpus, manifest.Host.MemoryMiB, manifest.Host.TimeoutSeconds ?? DefaultTimeout);
        manifest.SliceNs = settings.SliceNs;
        manifest.Processes[0].Data = settings.Program;
        manifest.Processes[0].Argument = $"gap={(machine.InstructionCount ? CountedGapNs : TimedGapNs)}";
        byte[] ramdisk = RamdiskBuilder.Build(manifest, boot.Programs(parsed));
        return GuestBoot.Run(ramdisk, machine, folder, boot.Measure(parsed), Interruption.Token);
    }

    private static EvidenceFile Failure(GuestBoot guest, string name, ScenarioSettings settings)
    {
        (Verdict verdict, string reason) = guest.Outcome == Outcome.Pass
            ? (Verdict.Fail, "the guest's notes are not those of this scenario")
            : (BootEvidence.VerdictOf(guest.Outcome), guest.Reason);
        return BootEvidence.Of(guest, name, settings.ForEvidence(), verdict, reason);
    }

    private static EvidenceFile Evidence(
        GuestBoot guest, string name, ScenarioSettings settings, ScenarioRun run, Comparison? comparison)
    {
        List<KeyValuePair<string, double>> metrics =
            [new("elapsedNs", run.End.ElapsedNs), new("dispatches", run.Dispatches.Count)];
        (Verdict verdict, string reason) = Judge(guest, settings, run);
        if (comparison is not null)
        {
            Agreement agreement = Agreement.Of(settings.Simulate(keepDispatches: true), run);
            bool agree = agreement.SameShares && (comparison == Comparison.Shares || agreement.SameOrder);
            verdict = verdict == Verdict.Pass && !agree ? Verdict.Fail : verdict;
            reason = $"{reason}; {agreement.Describe()}";
            metrics.AddRange([new("dispatchesInOrder", agreement.Dispatches), new("shareDifference", agreement.ShareDifference)]);
        }

        return BootEvidence.Of(guest, name, settings.ForEvidence(), verdict, reason) with
        {
            Rows = ScenarioOutput.Rows(run.Threads, verified: verdict == Verdict.Pass),
            Metrics = metrics,
        };
    }

    private static (Verdict Verdict, string Reason) Judge(GuestBoot guest, ScenarioSettings settings, ScenarioRun run)
    {
        string what = settings.Describe(run);
        return run.Problem is not null ? (Verdict.Fail, run.Problem)
            : guest.Options.InstructionCount && settings.Cpus > 1 ? (Verdict.Inconclusive, $"{what}; {OneClock}")
            : GuestTrace.MetricOf(guest.Report, GuestTrace.Unclear) is > 0
                ? (Verdict.Inconclusive, $"{what}; threads were ended as if all waited for each other, and one did not")
            : (Verdict.Pass, what);
    }
}
