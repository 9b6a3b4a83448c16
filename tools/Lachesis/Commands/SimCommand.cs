using System;
using System.Collections.Generic;
using System.CommandLine;
using System.IO;
using Lachesis.Simulator.Scenarios;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Scenarios;

namespace Lachesis.Tools.Commands;

/// <summary>`lachesis sim`: runs a scenario on the kernel's own core in virtual time.</summary>
public static class SimCommand
{
    private const string Simulator = "simulator";
    private const string NoMachine = "none";

    /// <summary>The command.</summary>
    public static Command Create()
    {
        Command command = new(
            "sim", "Simulates a scenario: computing takes virtual CPU time exactly, the kernel's work takes none.");
        ScenarioSettings.Options options = ScenarioSettings.Options.AddTo(command);
        Option<ulong?> seed = Values.Seed("shuffles the CPUs that act at the same instant (default: by number)");
        Option<bool> dispatch = ScenarioOutput.DispatchOption();
        Option<bool> check = new("--check") { Description = "check the kernel's invariants after every entry; slow" };
        Option<bool> json = new("--json") { Description = "print the evidence as JSON instead of a table" };
        Option<string> folder = new("--out")
        {
            Description = "folder in which each run makes its own folder of evidence (default artifacts)",
        };
        foreach (Option option in (Option[])[seed, dispatch, check, json, folder])
        {
            command.Add(option);
        }

        command.SetAction(parsed =>
        {
            ScenarioSettings settings = options.Read(parsed);
            ScenarioTrace trace = settings.Simulate(parsed.GetValue(seed) ?? 0, parsed.GetValue(check));
            IReadOnlyList<ThreadReport> threads = ThreadReport.Of(settings.Scenario, trace);
            EvidenceFile evidence = Evidence(settings, trace, threads);
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
                output.WriteLine($"simulated {settings.Scenario.Name}: {evidence.Reason}");
                output.WriteLine($"evidence: {Path.Combine(place, EvidenceFile.FileName)}");
            }
        });
        return command;
    }

    private static EvidenceFile Evidence(
        ScenarioSettings settings, ScenarioTrace trace, IReadOnlyList<ThreadReport> threads) => new()
        {
            Name = $"sim-{settings.Scenario.Name}",
            Verdict = Verdict.Pass,
            Reason = settings.Describe(threads.Count, trace.ElapsedNs)
                + " of virtual time, in which the kernel's work takes none",
            Commit = Repository.Commit,
            Environment = new RunEnvironment(
                Simulator, NoMachine, InstructionCount: false, settings.Cpus, MemoryMiB: 0, NoMachine, Measured: true,
                Environment.ProcessorCount),
            Rows = ScenarioOutput.Rows(threads, verified: true),
            Metrics = [new("elapsedNs", trace.ElapsedNs), new("dispatches", trace.Dispatches().Count)],
        };
}
