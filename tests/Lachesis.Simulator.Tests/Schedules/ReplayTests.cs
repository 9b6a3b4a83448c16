using System.Collections.Generic;
using Xunit;

namespace Lachesis.Simulator.Tests.Schedules;

public sealed class ReplayTests
{
    private const int Seeds = 300;

    [Fact]
    public void A_seed_gives_the_same_run_every_time()
    {
        using var crew = new VirtualCpuThreads(Plan.MaxCpus);
        for (int seed = 1; seed <= Seeds; seed++)
        {
            Plan plan = Plan.Of(seed);
            Assert.Equal(Essence(plan, plan.NewSchedule(), crew), Essence(plan, plan.NewSchedule(), crew));
        }
    }

    [Fact]
    public void The_decisions_of_a_run_give_the_same_run_again()
    {
        using var crew = new VirtualCpuThreads(Plan.MaxCpus);
        for (int seed = 1; seed <= Seeds; seed++)
        {
            Plan plan = Plan.Of(seed);
            Outcome first = Simulation.Run(plan, plan.NewSchedule(), crew);
            Assert.Equal(Essence(first), Essence(plan, new ReplaySchedule(first.Events), crew));
        }
    }

    [Fact]
    public void Writing_a_run_down_does_not_change_it()
    {
        using var crew = new VirtualCpuThreads(Plan.MaxCpus);
        for (int seed = 1; seed <= Seeds / 10; seed++)
        {
            Plan plan = Plan.Of(seed);
            var recorder = new Recorder(100);
            Outcome written = Simulation.Run(plan, plan.NewSchedule(), crew, recorder: recorder);
            Assert.Equal(Essence(plan, plan.NewSchedule(), crew), Essence(written));
            Assert.NotEmpty(recorder.Lines);
        }
    }

    private static (ulong, long, long, ulong, int) Essence(Plan plan, Schedule schedule, VirtualCpuThreads crew) =>
        Essence(Simulation.Run(plan, schedule, crew));

    private static (ulong, long, long, ulong, int) Essence(Outcome run) =>
        (run.Fingerprint, run.Points, run.Entries, run.Dispatches, run.Turns.Count);
}
