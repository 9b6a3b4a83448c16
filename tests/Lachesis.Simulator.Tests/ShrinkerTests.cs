using System.Linq;
using Xunit;

namespace Lachesis.Simulator.Tests;

public sealed class ShrinkerTests
{
    [Theory]
    [InlineData(Bug.MissingFence)]
    [InlineData(Bug.DoubleEnqueue)]
    public void What_remains_fails_in_the_same_way_with_far_less(Bug bug)
    {
        using var crew = new Crew(Plan.MostCpus);
        (Plan plan, Outcome failed) = Enumerable.Range(1, 5000)
            .Select(seed => Plan.Of(seed, bug))
            .Where(plan => plan.Strategy != Strategy.Exhaustive)
            .Select(plan => (plan, Outcome: Simulation.Run(plan, plan.NewSchedule(), crew)))
            .First(run => run.Outcome.Failure != null && run.Outcome.Events.Count + run.Outcome.Turns.Count > 50);
        Shrinker shrunk = Shrinker.Shrink(plan, failed, crew);
        Outcome least = Simulation.Run(plan, new ReplaySchedule(shrunk.Events), crew, shrunk.Skipped);
        Assert.Equal(failed.Failure, least.Failure);
        int before = failed.Events.Count + failed.Turns.Count;
        int after = least.Events.Count + least.Turns.Count;
        Assert.True(2 * after < before, $"{after} decisions and turns remain of {before}");
    }
}
