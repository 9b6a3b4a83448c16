using System.Collections.Generic;
using System.Linq;
using Xunit;

namespace Lachesis.Simulator.Tests.Schedules;

public sealed class ExhaustiveTests
{
    [Fact]
    public void The_schedules_of_a_small_case_are_all_tried_and_hardly_one_twice()
    {
        using var crew = new VirtualCpuThreads(Plan.MaxCpus);
        Plan plan = Enumerable.Range(1, 5000).Select(seed => Plan.Of(seed))
            .First(plan => plan.Strategy == Strategy.Exhaustive && plan.MaxTurns == 8);
        var fingerprints = new List<ulong>();
        Assert.Null(Attempt.Run(plan, crew, run => fingerprints.Add(run.Fingerprint)));
        int different = fingerprints.Distinct().Count();
        Assert.True(different > 100, $"only {different} different runs");
        Assert.True(different > fingerprints.Count * 9 / 10, $"only {different} of {fingerprints.Count} runs are different");
    }
}
