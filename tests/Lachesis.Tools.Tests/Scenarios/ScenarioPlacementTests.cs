using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Simulator;
using Lachesis.Simulator.Tests.Scenarios;
using Lachesis.Tools.Scenarios.Results;
using Xunit;
using static Lachesis.Tools.Tests.Scenarios.ScenarioText;

namespace Lachesis.Tools.Tests.Scenarios;

/// <summary>Scenarios run wherever the kernel puts their threads, the one that starts them among them.</summary>
public sealed unsafe class ScenarioPlacementTests
{
    private const string Busy = """
        { "tasks": {
            "parent": { "loop": 5, "run": 31, "fork": "child", "sem_wait": "done" },
            "child": { "instance": 0, "loop": 2, "run": 53, "sleep": 17, "lock": "m", "run1": 5, "unlock": "m", "sem_post": "done" },
            "hog": { "instance": 3, "loop": 4, "run": 1009, "lock": "m", "run1": 11, "sleep": 7, "unlock": "m" },
            "sleeper": { "loop": 9, "sleep": 101, "run": 13 }
        } }
        """;

    public static TheoryData<string, uint, SchedulingPolicy> Cases
    {
        get
        {
            var cases = new TheoryData<string, uint, SchedulingPolicy>();
            foreach (string rule in PlacementRules.ByName.Keys)
            {
                foreach (uint cpus in (uint[])[1, 2, 4])
                {
                    cases.Add(rule, cpus, SchedulingPolicy.Fair);
                    cases.Add(rule, cpus, SchedulingPolicy.RoundRobin);
                    cases.Add(rule, cpus, SchedulingPolicy.Priority);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_scenario_comes_to_its_end(string rule, uint cpus, SchedulingPolicy policy)
    {
        (ScenarioRun run, IReadOnlyList<ThreadReport> threads) = Simulate(
            Busy, policy, cpus, check: true, placement: PlacementRules.ByName[rule]);

        Assert.Null(run.Problem);
        Assert.Equal(10, threads.Sum(static thread => thread.Figures.Lives));
        Assert.Equal(
            1000 * ((5 * 31) + (5 * 2 * 58) + (3 * 4 * 1020) + (9 * 13)), threads.Sum(static thread => thread.Figures.RunNs));
    }

    [Fact]
    public void The_starter_calls_from_where_the_rule_has_put_it()
    {
        List<uint> wakers = [];
        Simulate(Busy, cpus: 4, placement: (cpu, thread, allowed) =>
        {
            wakers.Add(cpu->Id);
            return PlacementRules.ByName["last"](cpu, thread, allowed);
        });

        // Itself, from a CPU that is idle, and the five that are there from the beginning.
        Assert.Equal([3, 3, 3, 3, 3, 3], wakers.Take(6));
    }

    [Theory]
    [InlineData(1, "Suspended")]
    [InlineData(2, "Queued")]
    [InlineData(4, "Queued")]
    public void A_rule_that_takes_the_starters_cpu_from_it_is_told_as_such(uint cpus, string place) => Assert.Equal(
        $"thread 0, which is to call the kernel, does not come to run: it is {place}",
        Assert.Throws<InvariantException>(() => Simulate(Busy, cpus: cpus, placement: PlacementRules.Banish)).Message);
}
