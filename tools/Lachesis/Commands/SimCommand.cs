using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using Lachesis.Abi;
using Lachesis.Simulator.Scenarios;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Scenarios;

namespace Lachesis.Tools.Commands;

/// <summary>`lachesis sim`: runs a scenario on the kernel's own core in virtual time.</summary>
public static class SimCommand
{
    private const string Simulator = "simulator";

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Argument<string> file = new("FILE") { Description = "scenario in rt-app's JSON grammar" };
        Option<int?> cpus = Values.Integer("--cpus", "CPUS", "virtual CPUs (default 1)", 1, Platform.MaxCpus);
        Option<SchedulingPolicy?> policy = Values.Policy();
        Option<int?> slice = Values.Slice();
        Option<ulong?> seed = Values.Seed("shuffles the CPUs that act at the same instant (default: by number)");
        Option<bool> dispatch = new("--dispatch")
        {
            Description = "print one line a dispatch instead of the table: START_NS CPU TASK RAN_NS",
        };
        Option<bool> check = new("--check") { Description = "check the kernel's invariants after every entry; slow" };
        Option<bool> json = new("--json") { Description = "print the evidence as JSON instead of a table" };
        Option<string> folder = new("--out") { Description = "folder in which each run makes its own folder of evidence (default artifacts)" };
        Command command = new(
            "sim", "Simulates a scenario: computing takes virtual CPU time exactly, the kernel's work takes none.")
        {
            file, cpus, policy, slice, seed, dispatch, check, json, folder,
        };
        command.SetAction(parsed =>
        {
            Scenario scenario = Scenario.Load(parsed.GetValue(file)!);
            var options = new ScenarioOptions
            {
                Cpus = (uint)(parsed.GetValue(cpus) ?? 1),
                SliceNs = (uint)(parsed.GetValue(slice) ?? 0),
                Seed = parsed.GetValue(seed) ?? 0,
                Checking = parsed.GetValue(check),
            };
            scenario.CheckCpus((int)options.Cpus);
            SchedulingPolicy chosen = parsed.GetValue(policy) ?? scenario.Policy;
            ScenarioTrace trace = Run(scenario, chosen, options);
            IReadOnlyList<ThreadReport> threads = ThreadReport.Of(scenario, trace);
            EvidenceFile evidence = Evidence(scenario, chosen, options, trace, threads);
            string place = Path.Combine(parsed.GetValue(folder) ?? Repository.PathOf("artifacts"), evidence.Name);
            Directory.CreateDirectory(place);
            evidence.Write(place);
            TextWriter output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
            {
                output.Write(evidence.ToJson());
            }
            else if (parsed.GetValue(dispatch))
            {
                ScenarioOutput.PrintDispatches(output, trace.Dispatches(), threads);
            }
            else
            {
                ScenarioOutput.PrintTable(output, threads);
                output.WriteLine($"{evidence.Reason}; evidence: {Path.Combine(place, EvidenceFile.FileName)}");
            }
        });
        return command;
    }

    private static ScenarioTrace Run(Scenario scenario, SchedulingPolicy policy, ScenarioOptions options)
    {
        try
        {
            return ScenarioSimulation.Run(scenario.Encode(policy), options);
        }
        catch (ScenarioException problem)
        {
            throw new ToolException($"{scenario.Source}: {problem.Message}");
        }
    }

    private static EvidenceFile Evidence(
        Scenario scenario, SchedulingPolicy policy, ScenarioOptions options, ScenarioTrace trace,
        IReadOnlyList<ThreadReport> threads) => new()
        {
            Name = $"sim-{scenario.Name}",
            Verdict = Verdict.Pass,
            Reason = $"{Values.NameOf(policy)}, {options.Cpus} CPUs: {threads.Count} threads in {Tables.Number(trace.ElapsedNs)} "
            + "virtual ns; the kernel's work takes none",
            Commit = Repository.Commit,
            Environment = new RunEnvironment(
            Simulator, "none", InstructionCount: false, (int)options.Cpus, MemoryMiB: 0, Qemu: "none", Measured: true,
            Environment.ProcessorCount),
            Rows = ScenarioOutput.Rows(threads, verified: true),
            Metrics = [new("elapsedNs", trace.ElapsedNs), new("dispatches", trace.Dispatches().Count)],
        };
}
