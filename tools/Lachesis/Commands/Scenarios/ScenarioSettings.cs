using System;
using System.CommandLine;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Simulator;
using Lachesis.Simulator.Scenarios;
using Lachesis.Tools.CommandLine;
using Lachesis.Tools.Evidence;
using Lachesis.Tools.Scenarios.Language;
using Lachesis.Tools.Scenarios.Results;

namespace Lachesis.Tools.Commands.Scenarios;

/// <summary>How a scenario runs, as both runners are told.</summary>
/// <param name="Scenario">The scenario.</param>
/// <param name="Cpus">Virtual CPUs.</param>
/// <param name="Policy">How they choose among threads.</param>
/// <param name="Features">Rules of the fair policy that are on.</param>
/// <param name="SliceNs">Request and quantum of tasks that name none; 0: the kernel's defaults.</param>
internal sealed record ScenarioSettings(
    Scenario Scenario, int Cpus, SchedulingPolicy Policy, FairFeatures Features, uint SliceNs)
{
    /// <summary>In one line.</summary>
    public string Describe(ScenarioRun run) =>
        $"{OptionValues.NameOf(Policy)}, {Cpus} {(Cpus == 1 ? "CPU" : "CPUs")}: "
        + $"{run.Threads.Sum(static thread => thread.Figures.Lives)} threads in {Tables.Number(run.End.ElapsedNs)} ns";

    /// <summary>As evidence names it.</summary>
    /// <param name="seed">What random choices began with, if there were any.</param>
    public RunSettings ForEvidence(ulong? seed = null) => Settings.Of(Policy, Features, SliceNs, seed);

    /// <summary>The binary program.</summary>
    public byte[] Program => Scenario.Encode(Policy, Features);

    /// <summary>Runs it in the simulator.</summary>
    public ScenarioRun Simulate(bool keepDispatches, ulong seed = 0, bool check = false)
    {
        var dispatches = new DispatchLog(toleranceNs: 0, keepDispatches);
        var figures = new ScenarioFigures(dispatches);
        try
        {
            Scenario.CheckPositions(Cpus, Policy);
            ScenarioEnd end = ScenarioSimulation.Run(
                Program,
                new ScenarioOptions
                {
                    Cpus = (uint)Cpus,
                    SliceNs = SliceNs,
                    Seed = seed,
                    Checking = check,
                    Cancellation = Interruption.Token,
                },
                figures);
            return new ScenarioRun(Scenario, figures, dispatches, end);
        }
        catch (ScenarioException problem)
        {
            throw new ToolException($"{Scenario.Source}: {problem.Message}");
        }
        catch (Exception problem) when (problem is InvariantException or KernelPanicException)
        {
            throw new ToolException($"{Scenario.Source}: the kernel's core fails in the simulator: {problem.Message}");
        }
        catch (NullReferenceException)
        {
            throw new ToolException($"{Scenario.Source}: the kernel's core follows a null pointer in the simulator");
        }
    }

    /// <summary>The options that say all this.</summary>
    public sealed class Options
    {
        private readonly Argument<string> _file = new("FILE") { Description = "scenario in rt-app's JSON grammar" };
        private readonly Option<int?> _cpus = OptionValues.Integer(
            "--cpus", "CPUS", "virtual CPUs (default 1)", 1, Platform.MaxCpus);

        private readonly Option<SchedulingPolicy?> _policy = OptionValues.Policy();
        private readonly Option<FairFeatures?> _features = OptionValues.Features();
        private readonly Option<int?> _slice = OptionValues.Slice();

        /// <summary>Adds them to a command.</summary>
        public static Options AddTo(Command command)
        {
            var options = new Options();
            command.Add(options._file);
            command.Add(options._cpus);
            command.Add(options._policy);
            command.Add(options._features);
            command.Add(options._slice);
            return options;
        }

        /// <summary>Loads the scenario and checks it against the rest.</summary>
        public ScenarioSettings Read(ParseResult parsed)
        {
            Scenario scenario = Scenario.Load(parsed.GetValue(_file)!);
            int cpus = parsed.GetValue(_cpus) ?? 1;
            scenario.CheckCpus(cpus);
            return new ScenarioSettings(
                scenario, cpus, parsed.GetValue(_policy) ?? scenario.Policy, parsed.GetValue(_features) ?? FairFeatures.All,
                (uint)(parsed.GetValue(_slice) ?? 0));
        }
    }
}
