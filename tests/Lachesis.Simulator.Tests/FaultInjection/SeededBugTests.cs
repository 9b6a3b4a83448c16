using System;
using System.Linq;
using Lachesis.Core.Check;
using Xunit;

namespace Lachesis.Simulator.Tests.FaultInjection;

/// <summary>Every bug that can be seeded is found within its budget.</summary>
public sealed class SeededBugTests
{
    private const long Million = 1_000_000;

    /// <summary>Budgets: choice points until it must be found. About ten times the most that four ranges of seeds took.</summary>
    public static TheoryData<SeededBug, long> Budgets => new()
    {
        { SeededBug.LostWakeup, 10 * Million },
        { SeededBug.DoubleEnqueue, Million },
        { SeededBug.MissingFence, 10 * Million },
        { SeededBug.LockOrderInversion, Million },
        { SeededBug.SuppressedInterrupt, Million },
        { SeededBug.SkippedCharge, Million },
        { SeededBug.ReusedGeneration, 5 * Million },
        { SeededBug.TornCount, Million },
        { SeededBug.TornLock, Million },
        { SeededBug.UnclampedLag, Million },
        { SeededBug.DroppedOldPolicyThread, Million },
        { SeededBug.UnscaledLag, Million },
        { SeededBug.OrphanedChildren, Million },
        { SeededBug.UnlockedRevoke, 10 * Million },
        { SeededBug.StaleBoundReceive, Million },
        { SeededBug.StaleCaller, Million },
        { SeededBug.StaleHandoffGeneration, Million },
        { SeededBug.UnrestoredRegister, 2 * Million },
        { SeededBug.RereadRequest, 20 * Million },
        { SeededBug.EarlyCompletion, 2 * Million },
        { SeededBug.CompletionOverrun, 2 * Million },
        { SeededBug.LeakedRing, Million },
    };

    [Theory]
    [MemberData(nameof(Budgets))]
    public void A_seeded_bug_is_found_within_its_budget_and_found_again(SeededBug bug, long points)
    {
        HuntResult result = Hunter.Hunt(new HuntOptions { Bug = bug, Points = points });
        Assert.True(result.Failure != null, $"{bug} was not found in {result.Points} choice points");
        Assert.True(result.Failure.IsDeterministic, $"{result.Failure}");
    }

    // SkippedDeadlineCheck needs a timer between two accesses of one call: DeadlineRaceTests puts it there.
    [Fact]
    public void Every_seeded_bug_has_a_budget() => Assert.Equal(
        Enum.GetValues<SeededBug>().Except([SeededBug.None, SeededBug.SkippedDeadlineCheck]),
        Budgets.Select(row => (SeededBug)row[0]).Order());
}
