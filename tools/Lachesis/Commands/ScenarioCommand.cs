using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Simulator.Scenarios;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Manifests;
using Lachesis.Tools.Qemu;
using Lachesis.Tools.Ramdisk;
using Lachesis.Tools.Scenarios;

namespace Lachesis.Tools.Commands;

/// <summary>`lachesis scenario`: runs a scenario in the guest.</summary>
public static class ScenarioCommand
{
    private const int DefaultTimeout = 600;

    // A reading of the clock takes some 20 instructions, an interrupt at least 400. By the host's clock, which stops for
    // whatever the host does, only gaps of the length of a real switch say something.
    private const int CountedGapNs = 200;
    private const int TimedGapNs = 5_000;

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string> file = new("FILE") { Description = "scenario in rt-app's JSON grammar" };
        Option<int?> cpus = Values.Integer("--cpus", "CPUS", "virtual CPUs (default 1)", 1, Platform.MaxCpus);
        Option<SchedulingPolicy?> policy = Values.Policy();
        Option<int?> slice = Values.Slice();
        Option<bool> dispatch = new("--dispatch")
        {
            Description = "print one line a dispatch instead of the table: START_NS CPU TASK RAN_NS",
        };
        Command command = new("scenario", "Boots the guest and runs a scenario in it.") { file, cpus, policy, slice, dispatch };
        BootOptions boot = BootOptions.AddTo(command);
        command.SetAction(parsed =>
        {
            Scenario scenario = Scenario.Load(parsed.GetValue(file)!);
            int count = parsed.GetValue(cpus) ?? 1;
            scenario.CheckCpus(count);
            return Run(
                parsed, boot, scenario, count, parsed.GetValue(policy) ?? scenario.Policy, parsed.GetValue(slice) ?? 0,
                parsed.GetValue(dispatch));
        });
        return command;
    }

    private static int Run(
        ParseResult parsed, BootOptions boot, Scenario scenario, int cpus, SchedulingPolicy policy, int slice, bool dispatch)
    {
        ManifestDocument manifest = ManifestDocument.Load(Repository.PathOf("bench/guest/scenario/manifest.json"));
        MachineOptions machine = boot.Machine(
            parsed, cpus, manifest.Host.MemoryMiB, manifest.Host.TimeoutSeconds ?? DefaultTimeout);
        manifest.SliceNs = (uint)slice;
        manifest.Processes[0].Data = scenario.Encode(policy);
        manifest.Processes[0].Argument = $"gap={(machine.InstructionCount ? CountedGapNs : TimedGapNs)}";
        string name = $"scenario-{scenario.Name}";
        string folder = boot.EvidenceFolder(parsed, name);
        byte[] ramdisk = RamdiskBuilder.Build(manifest, boot.Programs(parsed));
        GuestBoot guest = GuestBoot.Run(ramdisk, machine, folder, boot.Measure(parsed), Interruption.Token);
        ScenarioTrace? trace = guest.Outcome == Outcome.Pass ? GuestTrace.Of(scenario, guest.Report) : null;
        IReadOnlyList<ThreadReport> threads = trace is null ? [] : ThreadReport.Of(scenario, trace);
        EvidenceFile evidence = Evidence(guest, name, policy, trace, threads);
        evidence.Write(folder);
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (boot.Json(parsed))
        {
            output.Write(evidence.ToJson());
        }
        else if (dispatch && trace is not null)
        {
            ScenarioOutput.PrintDispatches(output, trace.Dispatches(ScenarioOutput.KernelToleranceNs), threads);
        }
        else
        {
            ScenarioOutput.PrintTable(output, threads);
            BootEvidence.PrintVerdict(output, guest, evidence, folder);
        }

        return (int)evidence.Verdict;
    }

    private static EvidenceFile Evidence(
        GuestBoot guest, string name, SchedulingPolicy policy, ScenarioTrace? trace, IReadOnlyList<ThreadReport> threads)
    {
        if (trace is null)
        {
            return guest.Outcome == Outcome.Pass
                ? BootEvidence.Of(guest, name, Verdict.Fail, "the guest's notes are not those of this scenario")
                : BootEvidence.Of(guest, name, BootEvidence.VerdictOf(guest.Outcome), guest.Reason);
        }

        IReadOnlyDictionary<long, IReadOnlyList<KeyValuePair<string, long>>> ledgers = GuestTrace.Ledgers(guest.Report);
        string reason = $"{Values.NameOf(policy)}, {guest.Options.Cpus} CPUs: {threads.Count} threads in "
            + $"{Tables.Number(trace.ElapsedNs)} ns";
        return BootEvidence.Of(guest, name, Verdict.Pass, reason) with
        {
            Rows =
            [
                .. ScenarioOutput.Rows(threads, verified: true).Select((row, index) => row.With(
                    ledgers.TryGetValue(index, out IReadOnlyList<KeyValuePair<string, long>>? ledger) ? ledger : [])),
            ],
            Metrics =
            [
                new("elapsedNs", trace.ElapsedNs),
                new("dispatches", trace.Dispatches(ScenarioOutput.KernelToleranceNs).Count),
            ],
        };
    }
}
