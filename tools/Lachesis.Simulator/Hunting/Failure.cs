using System;
using System.Collections.Generic;
using System.Reflection;
using Lachesis.Core.Check;

namespace Lachesis.Simulator;

/// <summary>A seed that fails, and the shortest way to it that was found.</summary>
public sealed record Failure
{
    private const int LinesShown = 150;

    /// <summary>The seed.</summary>
    public required long Seed { get; init; }

    /// <summary>What did not hold.</summary>
    public required string Message { get; init; }

    /// <summary>Whether a second run took the same steps to the same failure.</summary>
    public required bool IsDeterministic { get; init; }

    /// <summary>The plan, the decisions, the state and the last steps, for people to read.</summary>
    public required string Description { get; init; }

    /// <summary>What was compiled: the commit, if the build knew it.</summary>
    public static string Commit { get; } = typeof(Failure).Assembly
        .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[^1] ?? "unknown";

    /// <summary>Whether it was run a second time.</summary>
    public bool IsExamined { get; init; } = true;

    /// <summary>The mistake that was put in.</summary>
    public SeededBug Bug { get; init; }

    /// <summary>How to see it again.</summary>
    public string Command => $"lachesis fuzz --seed {Seed} --seeds 1" + (Bug == SeededBug.None ? "" : $" --bug {Bug}");

    /// <summary>All of it.</summary>
    public override string ToString() =>
        $"""
        {Description}
        {Message}
        {Repeats}
        seed {Seed}, commit {Commit}; again: {Command}
        """;

    private string Repeats => !IsExamined ? "not run a second time"
        : IsDeterministic ? "found twice, by the same steps" : "not deterministic: the second run went another way";

    /// <summary>A run that does not end.</summary>
    internal static Failure OfHang(Simulation run) => new()
    {
        Seed = run.Plan.Seed,
        Bug = run.Plan.Bug,
        IsExamined = false,
        Message = $"a run hangs, and passes no choice point: {run.Describe()}",
        IsDeterministic = false,
        Description = run.Plan.ToString(),
    };

    /// <summary>A seed that fails, which there was no time to look into.</summary>
    internal static Failure Unexamined(Plan plan) => new()
    {
        Seed = plan.Seed,
        Bug = plan.Bug,
        IsExamined = false,
        Message = "a run fails; interrupted before it was looked into",
        IsDeterministic = false,
        Description = plan.ToString(),
    };

    /// <summary>Runs a seed that fails again and again, each time with less.</summary>
    internal static Failure Examine(Plan plan, VirtualCpuThreads crew)
    {
        Outcome? first = Attempt.Run(plan, crew, static _ => { });
        Outcome? second = first == null ? null : Simulation.Run(plan, new ReplaySchedule(first.Events), crew);
        if (first?.Failure == null || first.Failure != second!.Failure || first.Fingerprint != second.Fingerprint)
        {
            return new Failure
            {
                Seed = plan.Seed,
                Bug = plan.Bug,
                Message = first?.Failure ?? "nothing the second time",
                IsDeterministic = false,
                Description = $"the first run: {first?.Details}\nreplayed: {second?.Details}",
            };
        }

        Shrinker shrunk = Shrinker.Shrink(plan, first, crew);
        var recorder = new Recorder(LinesShown);
        Outcome last = Simulation.Run(plan, new ReplaySchedule(shrunk.Events), crew, shrunk.Skipped, recorder);
        return new Failure
        {
            Seed = plan.Seed,
            Bug = plan.Bug,
            Message = last.Failure ?? first.Failure,
            IsDeterministic = true,
            Description = Describe(plan, first, shrunk, last, recorder.Lines),
        };
    }

    private static string Describe(
        Plan plan, Outcome first, Shrinker shrunk, Outcome last, IReadOnlyCollection<string> lines) =>
        $"""
        {plan}
        found at choice point {first.Points} with {first.Events.Count} decisions and {first.Turns.Count} turns of programs;
        the shortest way found: choice point {last.Points}, {last.Events.Count} decisions, {last.Turns.Count} turns
        decisions: {string.Join(' ', last.Events)}
        {last.Details}
        the last steps:
        {string.Join(Environment.NewLine, lines)}
        """;
}
