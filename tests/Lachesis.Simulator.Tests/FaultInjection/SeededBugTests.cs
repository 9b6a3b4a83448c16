using System;
using System.Linq;
using Xunit;

namespace Lachesis.Simulator.Tests.FaultInjection;

/// <summary>Every mistake that can be put in is found within its budget.</summary>
public sealed class SeededBugTests
{
    private const long Million = 1_000_000;

    /// <summary>Budgets: choice points until it must be found. About ten times the most that four ranges of seeds took.</summary>
    public static TheoryData<Bug, long> Budgets => new()
    {
        { Bug.LostWakeup, 10 * Million },
        { Bug.DoubleEnqueue, Million },
        { Bug.MissingFence, 10 * Million },
        { Bug.LockOrderInversion, Million },
        { Bug.SuppressedInterrupt, Million },
        { Bug.SkippedCharge, Million },
        { Bug.ReusedGeneration, 5 * Million },
        { Bug.TornCount, Million },
        { Bug.TornLock, Million },
        { Bug.UnclampedLag, Million },
        { Bug.DroppedOldPolicyThread, Million },
        { Bug.UnscaledLag, Million },
        { Bug.OrphanedChildren, Million },
        { Bug.UnlockedRevoke, 10 * Million },
        { Bug.StaleBoundReceive, Million },
        { Bug.StaleCaller, Million },
        { Bug.StaleHandoffGeneration, Million },
        { Bug.UnrestoredRegister, 2 * Million },
        { Bug.RereadRequest, 20 * Million },
        { Bug.EarlyCompletion, 2 * Million },
        { Bug.CompletionOverrun, 2 * Million },
        { Bug.LeakedRing, Million },
        { Bug.UnlockedCapabilitySpace, Million },
    };

    [Theory]
    [MemberData(nameof(Budgets))]
    public void A_mistake_is_found_within_its_budget_and_found_again(Bug bug, long points)
    {
        HuntResult result = Hunter.Hunt(new HuntOptions { Bug = bug, Points = points });
        Assert.True(result.Failure != null, $"{bug} was not found in {result.Points} choice points");
        Assert.True(result.Failure.IsDeterministic, $"{result.Failure}");
    }

    [Fact]
    public void Every_mistake_has_a_budget() =>
        Assert.Equal(Enum.GetValues<Bug>().Where(bug => bug != Bug.None), Budgets.Select(row => (Bug)row[0]).Order());
}
