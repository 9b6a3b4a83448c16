using System;
using System.Linq;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Xunit;

namespace Lachesis.Simulator.Tests.Scenarios;

/// <summary>Whoever changes where woken threads go finds out what does not hold, not that the simulator lost a thread.</summary>
public sealed unsafe class PlacementTests
{
    private const int Seeds = 30;

    public static TheoryData<string> Rules => [.. PlacementRules.ByName.Keys];

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_hunt_goes_on_or_says_what_does_not_hold(string rule)
    {
        using var crew = new VirtualCpuThreads(Plan.MaxCpus);
        int held = 0;
        for (int seed = 1; seed <= Seeds; seed++)
        {
            Outcome outcome = Run(seed, PlacementRules.ByName[rule], crew);
            held += outcome.Failure == null ? 1 : 0;
            Assert.True(
                outcome.Failure == null || outcome.Details.StartsWith(nameof(InvariantException), StringComparison.Ordinal),
                $"seed {seed}: {outcome.Details}");
        }

        Assert.NotEqual(0, held);
    }

    [Fact]
    public void A_rule_that_names_a_cpu_which_does_not_exist_is_a_failure_of_the_core() =>
        Assert.StartsWith(nameof(NullReferenceException), FirstFailure(PlacementRules.Nowhere).Details, StringComparison.Ordinal);

    [Theory]
    [MemberData(nameof(Rules))]
    public void The_first_process_comes_to_run_wherever_it_is_put(string rule)
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Cpus = 4, Placement = PlacementRules.ByName[rule] });
        Thread* first = (Thread*)system.Threads.Single();

        Assert.Equal(first->Header.Reference, system.RunningOn(system.CpuOf(first)));
        Assert.Equal(system.CpuOf(first), system.BusyCpu());
    }

    [Fact]
    public void A_call_from_an_idle_cpu_is_told_as_such()
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Cpus = 2 });

        Assert.Equal(
            "cpu 1 is idle: no thread there could call the kernel",
            Assert.Throws<InvariantException>(() => system.StartThread(1)).Message);
    }

    [Fact]
    public void A_thread_that_never_runs_is_told_as_such()
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape());
        Thread* thread = system.ThreadOf(0, system.CreateThread(0));

        Assert.Matches(
            "^thread 1, which is to call the kernel, does not come to run: it is ",
            Assert.Throws<InvariantException>(() => system.CpuOf(thread)).Message);
    }

    private static Outcome FirstFailure(PlacementRule rule)
    {
        using var crew = new VirtualCpuThreads(Plan.MaxCpus);
        return Enumerable.Range(1, Seeds).Select(seed => Run(seed, rule, crew)).First(static outcome => outcome.Failure != null);
    }

    private static Outcome Run(int seed, PlacementRule rule, VirtualCpuThreads crew)
    {
        Plan plan = Plan.Of(seed);
        plan = plan with { Shape = plan.Shape with { Placement = rule } };
        return Simulation.Run(plan, plan.NewSchedule(), crew);
    }
}
