using System.Linq;
using Lachesis.Core.Check;
using Xunit;

namespace Lachesis.Simulator.Tests.Hunting;

public sealed class ShrinkerTests
{
    // Runs differ much in how far they shrink; of this many the majority does not depend on one seed more or less.
    private const int Runs = 7;

    [Theory]
    [InlineData(SeededBug.MissingFence)]
    [InlineData(SeededBug.DoubleEnqueue)]
    public void What_remains_fails_in_the_same_way_and_mostly_with_far_less(SeededBug bug)
    {
        using var crew = new VirtualCpuThreads(Plan.MaxCpus);
        var found = Enumerable.Range(1, 20_000)
            .Select(seed => Plan.Of(seed, bug))
            .Where(plan => plan.Strategy != Strategy.Exhaustive)
            .Select(plan => (Plan: plan, Outcome: Simulation.Run(plan, plan.NewSchedule(), crew)))
            .Where(run => run.Outcome.Failure != null && LengthOf(run.Outcome) > 200)
            .Take(Runs)
            .ToList();
        Assert.Equal(Runs, found.Count);
        int halved = found.Count(run =>
        {
            Shrinker shrunk = Shrinker.Shrink(run.Plan, run.Outcome, crew);
            Outcome least = Simulation.Run(run.Plan, new ReplaySchedule(shrunk.Events), crew, shrunk.Skipped);
            Assert.Equal(run.Outcome.Failure, least.Failure);
            return 2 * LengthOf(least) < LengthOf(run.Outcome);
        });
        Assert.True(2 * halved > Runs, $"only {halved} of {Runs} runs shrank to less than half");
    }

    private static int LengthOf(Outcome outcome) => outcome.Events.Count + outcome.Turns.Count;
}
