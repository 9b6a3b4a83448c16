using System;
using System.Collections.Generic;
using System.Linq;
using System.Threading;
using Lachesis.Abi;
using Lachesis.Simulator.Scenarios;
using Lachesis.Tools.Scenarios.Results;
using Xunit;
using static Lachesis.Tools.Tests.Scenarios.ScenarioText;

namespace Lachesis.Tools.Tests.Scenarios;

/// <summary>How much a scenario may be.</summary>
public sealed class ScenarioLimitTests
{
    private const string Endless = """{ "global": { "duration": 1000 }, "tasks": { "a": { "run": 1 } } }""";

    [Fact]
    public void There_may_be_4096_threads()
    {
        (ScenarioRun run, IReadOnlyList<ThreadReport> threads) = Simulate(
            """{ "tasks": { "t": { "instance": 4096, "loop": 1, "run1": 2, "sleep": 100, "run2": 1 } } }""", SchedulingPolicy.Fair);
        Assert.Equal(4096, threads.Count);
        Assert.All(threads, static thread => Assert.Equal((3000, 1), (thread.Figures.RunNs, thread.Figures.Runs)));
        Assert.Null(run.Problem);
    }

    [Fact]
    public void Threads_that_have_ended_make_room_for_others()
    {
        // Of so many, not all can have figures of their own.
        (ScenarioRun run, IReadOnlyList<ThreadReport> threads) = Simulate("""
            { "tasks": {
                "parent": { "loop": 10000, "fork": "child", "sem_wait": "done" },
                "child": { "instance": 0, "loop": 1, "run": 5, "sem_post": "done" }
            } }
            """);
        Assert.Null(run.Problem);
        Assert.Equal(10_001, threads.Sum(static thread => thread.Figures.Lives));
        Assert.Equal(ScenarioFigures.MaxThreads + 1, threads.Count);
        Assert.Equal(50_000_000, threads.Sum(static thread => thread.Figures.RunNs));
        Assert.Equal((5000, 1), (threads[1000].Figures.RunNs, threads[1000].Figures.Runs));
        Assert.Equal(("child-8191 to -9999", 1809), (threads[^1].Name, threads[^1].Figures.Lives));
    }

    [Fact]
    public void More_threads_at_a_time_than_there_can_be_are_an_error() => Assert.Equal(
        "at 0 ns more than 4096 threads at a time, with those that were forked",
        Assert.Throws<ScenarioException>(() => Simulate("""
            { "tasks": { "p": { "loop": 5000, "fork": "c" }, "c": { "instance": 0, "loop": 1, "sleep": 1000000 } } }
            """)).Message);

    [Fact]
    public void A_camera_use_case_of_42_pairs_that_wake_each_other_runs()
    {
        string pairs = string.Join(
            ", ", Enumerable.Range(0, 42).Select(static i =>
                $$""" "stage{{i}}": { "suspend": "", "run": 100, "resume": "stage{{i + 1}}" } """));
        (ScenarioRun run, IReadOnlyList<ThreadReport> threads) = Simulate(
            $$"""
            { "global": { "duration": 0.5 }, "tasks": {
                "sensor": { "run": 50, "resume": "stage0", "timer": { "ref": "unique", "period": 33000 } }, {{pairs}},
                "stage42": { "suspend", "run": 10 } } }
            """, SchedulingPolicy.Fair);
        Assert.Null(run.Problem);
        Assert.Equal(15, threads[^1].Figures.Runs);
    }

    [Fact]
    public void A_simulation_stops_when_it_is_told_to()
    {
        using var source = new CancellationTokenSource(TimeSpan.FromMilliseconds(200));
        Assert.Throws<OperationCanceledException>(() => ScenarioSimulation.Run(
            Parse(Endless).Encode(SchedulingPolicy.Fair), new ScenarioOptions { Cancellation = source.Token },
            new ScenarioFigures()));
    }

    [Fact]
    public void Listing_more_dispatches_than_can_be_kept_is_an_error()
    {
        var log = new DispatchLog(toleranceNs: 0, keep: true);
        Assert.StartsWith(
            "more than 4000000 dispatches to list",
            Assert.Throws<ScenarioException>(() =>
            {
                for (uint i = 0; i <= DispatchLog.MaxKept + 1; i++)
                {
                    log.Add(i & 1, Lachesis.Scenarios.ScenarioEvent.RunInterval(i, 1, 0));
                }
            }).Message,
            StringComparison.Ordinal);
    }
}
