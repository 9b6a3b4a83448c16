using System;
using Lachesis.Abi;
using Lachesis.Simulator.Scenarios;
using Lachesis.Tools.Scenarios.Language;
using Xunit;
using static Lachesis.Tools.Tests.Scenarios.ScenarioText;

namespace Lachesis.Tools.Tests.Scenarios;

/// <summary>
/// A long scenario takes no more memory than a short one. What is measured is the memory of the whole process, so that no other test
/// may run meanwhile.
/// </summary>
[CollectionDefinition(nameof(ScenarioMemoryTests), DisableParallelization = true)]
[Collection(nameof(ScenarioMemoryTests))]
public sealed class ScenarioMemoryTests
{
    [Fact]
    public void A_million_values_take_no_more_memory_than_a_thousand()
    {
        long before = GC.GetTotalMemory(forceFullCollection: true);
        var distribution = new Distribution();
        foreach (long value in DistributionTests.ValuesOf(1_000_000, seed: 3))
        {
            distribution.Add(value);
        }

        long grown = GC.GetTotalMemory(forceFullCollection: true) - before;
        Assert.Equal(1_000_000, distribution.Count);
        Assert.InRange(grown, long.MinValue, 1_500_000);
    }

    [Fact]
    public void Memory_does_not_grow_with_time()
    {
        Simulate("""{ "global": { "duration": 0.01 }, "tasks": { "a": { "run": 1, "timer": { "ref": "unique", "period": 3 } } } }""");
        long before = GC.GetTotalMemory(forceFullCollection: true);
        Scenario scenario = Parse("""
            { "global": { "duration": 0.15 }, "tasks": { "a": { "run": 1, "timer": { "ref": "unique", "period": 3 } } } }
            """);
        var figures = new ScenarioFigures(new DispatchLog(0, keep: false));
        ScenarioSimulation.Run(scenario.Encode(SchedulingPolicy.Fair), new ScenarioOptions(), figures);
        long grown = GC.GetTotalMemory(forceFullCollection: true) - before;

        // 50,000 periods: kept, their notes alone would be 4 MB.
        Assert.Equal(49_999, figures.Threads[0].Runs);
        Assert.InRange(grown, long.MinValue, 1_000_000);
    }
}
