using System;
using System.CommandLine;
using System.IO;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Commands.Boots;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Scenarios.Results;

namespace Lachesis.Tools.Commands.Scenarios;

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
        Option<ulong?> seed = OptionValues.Seed("shuffles the CPUs that act at the same instant (default: by number)");
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
            bool lists = parsed.GetValue(dispatch) && !parsed.GetValue(json);
            ScenarioRun run = settings.Simulate(lists, chosen, parsed.GetValue(check));
            string name = $"sim-{settings.Scenario.Name}";
            using EvidenceRun folder = parsed.StartRun(place, name);
            EvidenceFile evidence = folder.Write(Evidence(name, settings, chosen, run));
            TextWriter output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(json))
            {
                output.Write(evidence.ToJson());
            }
            else if (lists)
            {
                ScenarioOutput.PrintDispatches(output, run);
            }
            else
            {
                ScenarioOutput.PrintTables(output, run.Threads);
                string verdict = run.Problem is null ? $"simulated {settings.Scenario.Name}" : $"fail {evidence.Name}";
                output.WriteLine($"{verdict}: {evidence.Reason}");
                BootEvidence.PrintPlace(output, folder);
            }

            if (lists && run.Problem is not null)
            {
                parsed.InvocationConfiguration.Error.WriteLine($"{settings.Scenario.Source}: {run.Problem}");
            }

            return (int)evidence.Verdict;
        });
        return command;
    }

    private static EvidenceFile Evidence(string name, ScenarioSettings settings, ulong seed, ScenarioRun run) => new()
    {
        Name = name,
        Settings = settings.ForEvidence(seed),
        Verdict = run.Problem is null ? Verdict.Pass : Verdict.Fail,
        Reason = run.Problem
                ?? settings.Describe(run) + " of virtual time, in which the kernel's work takes none",
        Commit = Repository.Commit,
        Environment = new RunEnvironment(
                Simulator, NoMachine, InstructionCount: false, settings.Cpus, MemoryMiB: 0, NoMachine, Measured: true,
                Environment.ProcessorCount),
        Rows = ScenarioOutput.Rows(run.Threads, verified: run.Problem is null),
        Metrics = [new("elapsedNs", run.End.ElapsedNs), new("dispatches", run.Dispatches.Count)],
    };
}
