using System;
using System.Collections.Generic;

namespace Lachesis.Simulator;

/// <summary>What trying one seed means: one run, or for an exhaustive plan one for each schedule.</summary>
internal static class Attempt
{
    /// <summary>The most decisions of a schedule of an exhaustive plan.</summary>
    private const int MaxDecisions = 2;

    /// <summary>Runs a plan; gives the run that failed, or null. <paramref name="add"/> hears of every run.</summary>
    public static Outcome? Run(Plan plan, VirtualCpuThreads crew, Action<Outcome> add)
    {
        if (plan.Strategy == Strategy.Exhaustive)
        {
            return RunExhaustively(plan, crew, add);
        }

        Outcome outcome = Simulation.Run(plan, plan.NewSchedule(), crew);
        add(outcome);
        return outcome.Failure == null ? null : outcome;
    }

    // Schedules with few decisions first: those who fail by them are the easiest to understand.
    private static Outcome? RunExhaustively(Plan plan, VirtualCpuThreads crew, Action<Outcome> add)
    {
        var left = new Queue<IReadOnlyList<ScheduleEvent>>([[]]);
        for (int run = 0; run < plan.MaxSchedules && left.TryDequeue(out IReadOnlyList<ScheduleEvent>? events); run++)
        {
            var schedule = new ExhaustiveSchedule(events);
            Outcome outcome = Simulation.Run(plan, schedule, crew);
            add(outcome);
            if (outcome.Failure != null)
            {
                return outcome;
            }

            foreach (ScheduleEvent next in events.Count < MaxDecisions ? schedule.Alternatives : [])
            {
                left.Enqueue([.. events, next]);
            }
        }

        return null;
    }
}
