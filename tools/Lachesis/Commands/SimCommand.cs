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
        Option<string> place = RunStart.Option();
        foreach (Option option in (Option[])[seed, dispatch, check, json, place])
        {
            command.Add(option);
        }

        command.SetAction(parsed =>
        {
            ScenarioSettings settings = options.Read(parsed);
            ulong chosen = parsed.GetValue(seed) ?? 0;
            ScenarioTrace trace = settings.Simulate(chosen, parsed.GetValue(check));
            IReadOnlyList<ThreadReport> threads = ThreadReport.Of(settings.Scenario, trace);
            string name = $"sim-{settings.Scenario.Name}";
            using EvidenceRun run = parsed.StartRun(place, name);
            EvidenceFile evidence = run.Write(Evidence(name, settings, chosen, trace, threads));
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
                BootEvidence.PrintPlace(output, run);
            }
        });
        return command;
    }

    private static EvidenceFile Evidence(
        string name, ScenarioSettings settings, ulong seed, ScenarioTrace trace, IReadOnlyList<ThreadReport> threads) => new()
        {
            Name = name,
            Settings = settings.ForEvidence(seed),
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
