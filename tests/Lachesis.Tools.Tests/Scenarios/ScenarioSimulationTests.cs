using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Simulator.Scenarios;
using Lachesis.Tools.Scenarios.Results;
using Xunit;
using static Lachesis.Tools.Tests.Scenarios.ScenarioText;

namespace Lachesis.Tools.Tests.Scenarios;

/// <summary>What scenarios mean, to the microsecond: the simulator's time is exact.</summary>
public sealed class ScenarioSimulationTests
{
    [Fact]
    public void Hogs_take_turns_under_round_robin() => Assert.Equal(
        ["0 0 a 1000", "1000 0 b 1000", "2000 0 c 1000", "3000 0 a 1000", "4000 0 b 500"],
        Dispatches("""
            { "global": { "duration": 0.0045 }, "tasks": { "a": { "run": 10 }, "b": { "run": 10000 }, "c": { "run": 10 } } }
            """));

    [Fact]
    public void Weights_divide_the_cpu_under_the_fair_policy()
    {
        (_, IReadOnlyList<ThreadReport> threads) = Simulate(
            """
            { "global": { "duration": 3 },
              "tasks": { "a": { "run": 100 }, "b": { "run": 100 }, "c": { "nice": 5, "run": 100 } } }
            """, SchedulingPolicy.Fair);
        double total = (2 * Nice.WeightOf(0)) + Nice.WeightOf(5);
        Assert.Equal(Nice.WeightOf(0) / total, threads[0].Share, 3);
        Assert.Equal(Nice.WeightOf(0) / total, threads[1].Share, 3);
        Assert.Equal(Nice.WeightOf(5) / total, threads[2].Share, 3);
        Assert.Equal(3_000_000_000, threads.Sum(static thread => thread.Figures.RunNs));
    }

    [Fact]
    public void Higher_priorities_go_first_and_take_the_cpu_when_they_wake() => Assert.Equal(
        ["0 0 high 300", "300 0 low 700", "1000 0 high 300", "1300 0 low 200"],
        Dispatches(
            """
            { "global": { "duration": 0.0015 },
              "tasks": {
                "low": { "policy": "SCHED_FIFO", "priority": 1, "run": 100 },
                "high": { "policy": "SCHED_FIFO", "priority": 2, "run": 300, "sleep": 700 }
              } }
            """, SchedulingPolicy.Priority));

    [Fact]
    public void Two_cpus_run_two_threads_at_a_time()
    {
        (ScenarioRun run, IReadOnlyList<ThreadReport> threads) = Simulate(
            """{ "tasks": { "t": { "instance": 3, "loop": 10, "run": 1000 } } }""", SchedulingPolicy.Fair, cpus: 2);
        Assert.Equal(["t-0", "t-1", "t-2"], threads.Select(static thread => thread.Name));
        Assert.All(threads, static thread => Assert.Equal((10, 10_000_000), (thread.Figures.Runs, thread.Figures.RunNs)));
        Assert.InRange(run.End.ElapsedNs, 15_000_000, 16_000_000);
    }

    [Fact]
    public void Run_is_cpu_time_and_runtime_is_elapsed_time()
    {
        (_, IReadOnlyList<ThreadReport> threads) = Simulate("""
            { "tasks": {
                "own": { "loop": 1, "run": 3000 },
                "elapsed": { "loop": 1, "runtime": 3000 }
            } }
            """);

        // Turns of 1000 us: when those 3000 us have passed since it began at 1000, "elapsed" has had two of them.
        Assert.Equal((3_000_000, 2_000_000), (threads[0].Figures.RunNs, threads[0].Figures.WaitNs));
        Assert.Equal((2_000_000, 3_000_000), (threads[1].Figures.RunNs, threads[1].Figures.WaitNs));
    }

    [Fact]
    public void Delays_put_the_first_operation_off_and_loops_count() => Assert.Equal(
        ["0 0 now 200", "500 0 later 50"],
        Dispatches("""
            { "tasks": {
                "now": { "loop": 1, "run1": 100, "yield": "", "run2": 100 },
                "later": { "delay": 500, "loop": 1, "run": 50 }
            } }
            """));

    [Theory]
    [InlineData("relative", new long[] { -200, 900, 900, 900 })]
    [InlineData("absolute", new long[] { -200, 700, 900, 900 })]
    public void A_missed_period_shifts_relative_timers_and_not_absolute_ones(string mode, long[] slacks)
    {
        (_, IReadOnlyList<ThreadReport> threads) = Simulate($$"""
            { "tasks": { "t": { "loop": 1, "phases": {
                "late": { "run": 1200, "timer": { "ref": "unique", "period": 1000, "mode": "{{mode}}" } },
                "early": { "loop": 3, "run": 100, "timer": { "ref": "unique", "period": 1000, "mode": "{{mode}}" } }
            } } } }
            """);
        Assert.Equal(slacks.Select(static slack => slack * 1000), Values(threads[0].Figures.Slack));
        Assert.Equal(1, threads[0].Figures.Misses);
    }

    [Fact]
    public void Timers_keep_their_period_whatever_the_run_takes() => Assert.Equal(
        ["0 0 t 300", "1000 0 t 300", "2000 0 t 300"],
        Dispatches("""{ "tasks": { "t": { "loop": 3, "run": 300, "timer": { "ref": "unique", "period": 1000 } } } }"""));

    [Fact]
    public void Sleeps_begin_where_they_stand() => Assert.Equal(
        ["0 0 t 300", "1300 0 t 300"],
        Dispatches("""{ "tasks": { "t": { "loop": 2, "run": 300, "sleep": 1000 } } }"""));

    [Fact]
    public void A_mutex_keeps_others_out() => Assert.Equal(
        ["0 0 a 1500", "1500 0 b 1500"],
        Dispatches("""
            { "tasks": {
                "a": { "loop": 1, "lock": "m", "run": 1500, "unlock": "m" },
                "b": { "loop": 1, "lock": "m", "run": 1500, "unlock": "m" }
            } }
            """));

    [Fact]
    public void A_signal_wakes_one_and_a_broadcast_all()
    {
        const string waiter = """
            "instance": 3, "loop": 1, "lock": "m", "wait": { "ref": "c", "mutex": "m" }, "unlock": "m", "run": 10
            """;
        (_, IReadOnlyList<ThreadReport> signalled) = Simulate($$"""
            { "global": { "duration": 0.01 }, "tasks": { "w": { {{waiter}} }, "s": { "loop": 1, "sleep": 100, "signal": "c" } } }
            """);
        (_, IReadOnlyList<ThreadReport> broadcast) = Simulate($$"""
            { "tasks": { "w": { {{waiter}} }, "s": { "loop": 1, "sleep": 100, "broad": "c" } } }
            """);
        Assert.Equal([1L, 0, 0], signalled.Take(3).Select(static thread => thread.Figures.Runs));
        Assert.Equal([1L, 1, 1], broadcast.Take(3).Select(static thread => thread.Figures.Runs));
    }

    [Fact]
    public void A_resume_wakes_who_suspended_under_that_name() => Assert.Equal(
        ["0 0 waker 100", "100 0 sleeper 50"],
        Dispatches("""
            { "tasks": {
                "sleeper": { "loop": 1, "suspend": "", "run": 50 },
                "waker": { "loop": 1, "run": 100, "resume": "sleeper" }
            } }
            """));

    [Fact]
    public void Nobody_passes_a_barrier_before_all_have_come() => Assert.Equal(
        ["0 0 fast 100", "100 0 slow 910", "1010 0 fast 10"],
        Dispatches("""
            { "tasks": {
                "fast": { "loop": 1, "run1": 100, "barrier": "b", "run2": 10 },
                "slow": { "loop": 1, "run1": 900, "barrier": "b", "run2": 10 }
            } }
            """));

    [Fact]
    public void A_fork_starts_one_more_thread_of_a_task()
    {
        (_, IReadOnlyList<ThreadReport> threads) = Simulate("""
            { "tasks": { "parent": { "loop": 3, "run": 10, "fork": "child" }, "child": { "instance": 0, "loop": 2, "run": 5 } } }
            """);
        Assert.Equal(["parent", "child-0", "child-1", "child-2"], threads.Select(static thread => thread.Name));
        Assert.All(threads.Skip(1), static thread => Assert.Equal((2, 10_000), (thread.Figures.Runs, thread.Figures.RunNs)));
    }

    [Fact]
    public void Latency_is_from_the_wake_to_the_run()
    {
        // Due at 500 and 600, in the midst of the hog's turn, which ends at 1000. A first delay is no wake.
        (_, IReadOnlyList<ThreadReport> threads) = Simulate("""
            { "global": { "duration": 0.0015 },
              "tasks": {
                "late": { "delay": 500, "loop": 1, "run": 10 },
                "napper": { "loop": 1, "sleep": 600, "run": 10 },
                "hog": { "run": 100 }
              } }
            """);
        Assert.Equal(0, threads[0].Figures.Latency.Count);
        Assert.Equal(500_000, threads[0].Figures.WaitNs);
        Assert.Equal([410_000], Values(threads[1].Figures.Latency));
    }

    [Fact]
    public void The_same_program_gives_the_same_trace_whatever_it_is()
    {
        const string json = """
            { "global": { "duration": 0.05 }, "tasks": {
                "a": { "instance": 3, "run": 70, "lock": "m", "run2": 30, "unlock": "m", "sleep": 50 },
                "b": { "instance": 2, "run": 500, "timer": { "ref": "unique", "period": 900 } } } }
            """;
        Assert.Equal(Dispatches(json, SchedulingPolicy.Fair, cpus: 3), Dispatches(json, SchedulingPolicy.Fair, cpus: 3));
    }

    [Fact]
    public void Threads_that_wait_for_ever_are_an_error_if_nothing_ends_the_scenario()
    {
        (ScenarioRun run, _) = Simulate("""
            { "tasks": { "a": { "loop": 1, "run": 10, "suspend": "" }, "b": { "loop": 1, "run": 5 } } }
            """);
        Assert.Equal("at 15000 ns 1 of 2 threads wait for ever: a waits for suspend a", run.Problem);
    }

    [Fact]
    public void Threads_that_do_no_work_are_an_error()
    {
        string message = Assert.Throws<ScenarioException>(() => Simulate("""
            { "global": { "duration": 1 }, "tasks": {
                "a": { "instance": 2, "lock": "m", "broad": "c", "wait": { "ref": "c", "mutex": "m" }, "unlock": "m" } } }
            """)).Message;
        Assert.StartsWith("time stands still at 0 ns", message, StringComparison.Ordinal);
    }
}
