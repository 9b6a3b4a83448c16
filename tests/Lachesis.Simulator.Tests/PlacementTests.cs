using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Xunit;

namespace Lachesis.Simulator.Tests;

/// <summary>Whoever changes where woken threads go finds out what does not hold, not that the simulator lost a thread.</summary>
public sealed unsafe class PlacementTests
{
    private const int Seeds = 30;

    private static readonly Dictionary<string, PlacementRule> s_rules = new()
    {
        ["first"] = static (cpu, thread, allowed) => allowed.NearestTo(0),
        ["last"] = static (cpu, thread, allowed) => Last(allowed),
        ["next"] = static (cpu, thread, allowed) => allowed.NearestTo((cpu->Id + 1) % cpu->Kernel->CpuCount),
        ["busiest"] = Busiest,
    };

    public static TheoryData<string> Rules => [.. s_rules.Keys];

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_hunt_goes_on_or_says_what_does_not_hold(string rule)
    {
        using var crew = new Crew(Plan.MostCpus);
        int held = 0;
        for (int seed = 1; seed <= Seeds; seed++)
        {
            Plan plan = Plan.Of(seed);
            plan = plan with { Shape = plan.Shape with { Placement = s_rules[rule] } };
            Outcome outcome = Simulation.Run(plan, plan.NewSchedule(), crew);
            held += outcome.Failure == null ? 1 : 0;
            Assert.True(
                outcome.Failure == null || outcome.Details.StartsWith(nameof(InvariantException), StringComparison.Ordinal),
                $"seed {seed}: {outcome.Details}");
        }

        Assert.NotEqual(0, held);
    }

    [Theory]
    [MemberData(nameof(Rules))]
    public void The_first_process_comes_to_run_wherever_it_is_put(string rule)
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Cpus = 4, Placement = s_rules[rule] });
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

    private static uint Last(CpuMask allowed)
    {
        uint last = 0;
        for (uint cpu = 0; cpu < 64; cpu++)
        {
            last = allowed.Has(cpu) ? cpu : last;
        }

        return last;
    }

    private static uint Busiest(Cpu* cpu, Thread* thread, CpuMask allowed)
    {
        uint busiest = allowed.NearestTo(cpu->Id);
        for (uint other = 0; other < cpu->Kernel->CpuCount; other++)
        {
            bool more = cpu->Kernel->CpuAt(other)->RunQueue.Count > cpu->Kernel->CpuAt(busiest)->RunQueue.Count;
            busiest = allowed.Has(other) && more ? other : busiest;
        }

        return busiest;
    }
}
