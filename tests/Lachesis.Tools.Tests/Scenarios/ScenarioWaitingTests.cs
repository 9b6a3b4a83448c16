using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Tools.Scenarios.Results;
using Xunit;
using static Lachesis.Tools.Tests.Scenarios.ScenarioText;

namespace Lachesis.Tools.Tests.Scenarios;

/// <summary>What threads waited for, how long, and what is told of it.</summary>
public sealed class ScenarioWaitingTests
{
    [Fact]
    public void A_wait_that_is_still_open_at_the_end_counts()
    {
        // "late" was never woken, it only began; "woken" was, so that it has a latency too.
        (_, IReadOnlyList<ThreadReport> threads) = Simulate(
            """
            { "global": { "duration": 0.5 }, "tasks": {
                "late": { "policy": "SCHED_FIFO", "priority": 1, "delay": 1000, "run": 10 },
                "woken": { "policy": "SCHED_FIFO", "priority": 1, "sleep": 1000, "run": 10 },
                "hog": { "policy": "SCHED_FIFO", "priority": 2, "delay": 500, "run": -1 }
            } }
            """, SchedulingPolicy.Priority);
        Assert.Equal((499_000_000, 499_000_000), (threads[0].Figures.WaitNs, threads[0].Figures.LongestWaitNs));
        Assert.Equal(0, threads[0].Figures.Latency.Count);
        Assert.Equal(499_000_000, threads[1].Figures.WaitNs);
        Assert.Equal([499_000_000], Values(threads[1].Figures.Latency));
    }

    [Fact]
    public void The_longest_wait_is_one_piece_of_all()
    {
        (_, IReadOnlyList<ThreadReport> threads) = Simulate(
            """{ "global": { "duration": 0.009 }, "tasks": { "t": { "instance": 3, "run": 10 } } }""");
        Assert.Equal(
            [(6_000_000, 2_000_000), (6_000_000, 2_000_000), (6_000_000, 2_000_000)],
            threads.Select(static thread => (thread.Figures.WaitNs, thread.Figures.LongestWaitNs)));
    }

    [Fact]
    public void What_was_slept_before_a_preemption_at_the_instant_of_the_wake_is_no_wait()
    {
        // Both are due at 1000; the second takes the CPU from the first before it has had any of it.
        (_, IReadOnlyList<ThreadReport> threads) = Simulate(
            """
            { "tasks": {
                "low": { "policy": "SCHED_FIFO", "priority": 1, "loop": 1, "run1": 10, "sleep": 990, "run2": 10 },
                "high": { "policy": "SCHED_FIFO", "priority": 2, "loop": 1, "sleep": 1000, "run": 100 }
            } }
            """, SchedulingPolicy.Priority);
        Assert.Equal(100_000, threads[0].Figures.WaitNs);
    }

    [Fact]
    public void A_cpu_that_is_lost_in_a_system_call_is_waited_for()
    {
        // The signal wakes a thread of a higher priority, which takes the CPU before the call returns.
        (_, IReadOnlyList<ThreadReport> threads) = Simulate(
            """
            { "tasks": {
                "high": { "policy": "SCHED_FIFO", "priority": 2, "loop": 1, "sem_wait": "s", "run": 700 },
                "low": { "policy": "SCHED_FIFO", "priority": 1, "loop": 1, "run1": 10, "sem_post": "s", "run2": 10 }
            } }
            """, SchedulingPolicy.Priority);
        Assert.Equal((700_000, 20_000), (threads[1].Figures.WaitNs, threads[1].Figures.RunNs));
        Assert.Equal(700_000ul, threads[1].Figures.Ledger(Lachesis.Scenarios.ScenarioLedger.WaitNs));
    }

    [Fact]
    public void Latency_is_measured_from_a_threads_own_wake()
    {
        // Signals at 100 and at 900, when the first one woken has not run yet.
        (_, IReadOnlyList<ThreadReport> threads) = Simulate("""
            { "tasks": {
                "w": { "instance": 2, "loop": 1, "lock": "m", "wait": { "ref": "c", "mutex": "m" }, "unlock": "m", "run": 10 },
                "s": { "loop": 1, "sleep": 100, "signal1": "c", "run": 800, "signal2": "c" }
            } }
            """);
        Assert.Equal([800_000], Values(threads[0].Figures.Latency));
        Assert.Equal([10_000], Values(threads[1].Figures.Latency));
    }

    [Fact]
    public void An_inversion_shows_on_which_mutex_and_behind_whom()
    {
        (ScenarioRun run, IReadOnlyList<ThreadReport> threads) = Simulate(
            """
            { "tasks": {
                "low": { "policy": "SCHED_FIFO", "priority": 1, "loop": 1, "lock": "m", "run": 500, "unlock": "m" },
                "mid": { "policy": "SCHED_FIFO", "priority": 5, "loop": 1, "delay": 100, "run": 2000 },
                "high": { "policy": "SCHED_FIFO", "priority": 9, "loop": 1, "delay": 200, "lock": "m", "run": 10, "unlock": "m" }
            } }
            """, SchedulingPolicy.Priority);
        (string obstacle, string holder, Simulator.Scenarios.BlockedFigures figures) = Assert.Single(threads[2].Blocked);
        Assert.Equal(("mutex m", "low"), (obstacle, holder));
        Assert.Equal((1, 2_300_000, 2_300_000, false), (figures.Times, figures.TotalNs, figures.LongestNs, figures.IsOpen));
        Assert.Equal((2_300_000, 0), (threads[2].BlockedNs, threads[2].Figures.WaitNs));
        Assert.Contains(new KeyValuePair<string, long>("blockedNs: mutex m held by low", 2_300_000), threads[2].Metrics());
        Assert.Null(run.Problem);
    }

    [Theory]
    [InlineData("\"global\": { \"duration\": 0.1 }, ", "")]
    [InlineData("", "at 30000 ns 2 of 3 threads wait for ever: ")]
    public void A_deadlock_names_its_threads_and_mutexes_with_a_duration_too(string global, string prefix)
    {
        (ScenarioRun run, _) = Simulate($$"""
            { {{global}}"tasks": {
                "a": { "loop": 1, "lock1": "m", "sleep": 10, "lock2": "n" },
                "b": { "loop": 1, "lock1": "n", "sleep": 10, "lock2": "m" },
                "c": { "loop": 1, "run": 30 }
            } }
            """);
        Assert.Equal(
            prefix + "deadlock: a waits for mutex n, which b holds; b waits for mutex m, which a holds", run.Problem);
    }

    [Fact]
    public void Who_waits_behind_a_deadlock_or_for_one_that_has_ended_is_named_too()
    {
        (ScenarioRun run, _) = Simulate("""
            { "tasks": {
                "self": { "loop": 1, "lock1": "m", "run": 10, "lock2": "m" },
                "behind": { "loop": 1, "sleep": 5, "lock": "m" },
                "gone": { "loop": 1, "lock": "n" },
                "late": { "loop": 1, "sleep": 5, "lock": "n" }
            } }
            """);
        Assert.Equal(
            "at 15000 ns 3 of 4 threads wait for ever: deadlock: self waits for mutex m, which self holds; "
            + "behind waits for mutex m, which self holds; late waits for mutex n, which gone holds and has ended",
            run.Problem);
    }

    [Fact]
    public void A_mutex_that_changes_hands_while_others_wait_is_no_deadlock()
    {
        // At the end a waits for m, which c has taken from b meanwhile; b waits for n, which a holds. c is only asleep.
        (ScenarioRun run, _) = Simulate("""
            { "global": { "duration": 0.001 }, "tasks": {
                "b": { "loop": 1, "lock": "m", "sleep": 100, "unlock": "m", "lock2": "n" },
                "c": { "loop": 1, "sleep": 10, "lock": "m", "sleep2": 5000, "unlock": "m" },
                "a": { "loop": 1, "lock": "n", "sleep": 20, "lock2": "m" }
            } }
            """);
        Assert.Null(run.Problem);
    }

    [Theory]
    [InlineData(
        "\"run\": 5, \"unlock\": \"m\"", "at 5000 ns t unlocks mutex m, which it does not hold: no thread holds it")]
    [InlineData(
        "\"sleep\": 20, \"unlock\": \"n\"", "at 20000 ns t unlocks mutex n, which it does not hold: other holds it")]
    [InlineData(
        "\"wait\": { \"ref\": \"c\", \"mutex\": \"m\" }",
        "at 0 ns t waits for a condition with mutex m, which it does not hold: no thread holds it")]
    public void A_mutex_used_as_it_may_not_be_ends_the_run(string events, string problem)
    {
        (ScenarioRun run, _) = Simulate($$"""
            { "global": { "duration": 1 }, "tasks": {
                "t": { "loop": 1, {{events}}, "run9": 100 }, "other": { "loop": 1, "lock": "n", "sleep": 900000 } } }
            """);
        Assert.Equal(problem, run.Problem);
        Assert.True(run.End.ElapsedNs < 1_000_000);
    }

    [Fact]
    public void A_semaphore_lets_as_many_go_on_as_were_posted()
    {
        (ScenarioRun run, IReadOnlyList<ThreadReport> threads) = Simulate("""
            { "global": { "duration": 0.01 }, "tasks": {
                "w": { "instance": 3, "loop": 1, "sem_wait": "s", "run": 10 },
                "p": { "loop": 2, "run": 100, "sem_post": "s" }
            } }
            """);
        Assert.Equal([1L, 1, 0, 2], threads.Select(static thread => thread.Figures.Runs));
        Assert.Equal(
            [("semaphore s", 100_000, false), ("semaphore s", 200_000, false), ("semaphore s", 10_000_000, true)],
            threads.Take(3).Select(static thread => (
                thread.Blocked[0].Obstacle, thread.Blocked[0].Figures.TotalNs, thread.Blocked[0].Figures.IsOpen)));
        Assert.Null(run.Problem);
    }

    [Fact]
    public void A_semaphore_that_was_posted_before_holds_nobody_up() => Assert.Equal(
        ["0 0 t 30"],
        Dispatches("""{ "tasks": { "t": { "loop": 1, "sem_post1": "s", "sem_post2": "s", "sem_wait1": "s", "sem_wait2": "s", "run": 30 } } }"""));

    [Fact]
    public void Cpus_and_moves_are_counted()
    {
        (_, IReadOnlyList<ThreadReport> threads) = Simulate(
            """
            { "global": { "duration": 0.1 }, "tasks": { "free": { "instance": 3, "run": 10 }, "pinned": { "cpus": [1], "run": 10 } } }
            """, SchedulingPolicy.Fair, cpus: 2);
        Assert.Equal((2ul, 0), (threads[3].Figures.Cpus, threads[3].Figures.Migrations));
        Assert.Contains(threads, static thread => thread.Figures.Cpus == 3 && thread.Figures.Migrations > 0);
        Assert.All(threads, static thread => Assert.Equal(
            (ulong)thread.Figures.Migrations, thread.Figures.Ledger(Lachesis.Scenarios.ScenarioLedger.Migrations)));
    }
}
