using System;
using System.Globalization;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Simulator.Tests.Scenarios;
using Xunit;

namespace Lachesis.Simulator.Tests;

/// <summary>A hunt ends, and says where, if a CPU does not leave the kernel any more: a new rule makes such a loop sooner or
/// later.</summary>
public sealed unsafe class EndlessLoopTests
{
    private const int Seeds = 100;

    public static TheoryData<string> Rules => ["zero", "poll"];

    [Theory]
    [MemberData(nameof(Rules))]
    public void A_loop_that_passes_choice_points_is_a_failure_found_twice(string rule)
    {
        HuntResult result = Hunter.Hunt(new HuntOptions { Seeds = Seeds, Placement = RuleOf(rule) });

        Assert.NotNull(result.Failure);
        Assert.Matches(@"^cpu \d does not leave the kernel: .+ passed more than 200000 choice points$", result.Failure.Message);
        Assert.True(result.Failure.IsDeterministic, $"{result.Failure}");
    }

    // From entry to entry: each of them ends.
    [Fact]
    public void A_thread_that_is_sent_to_and_fro_is_told_as_one_that_does_not_come_to_run()
    {
        using SimulatedSystem system = SimulatedSystem.Running(new SystemShape { Cpus = 3, Placement = PlacementRules.ToAndFro });
        Thread* first = (Thread*)system.Threads.Single();
        system.Syscall(system.BusyCpu(), SystemCall.ThreadSetAffinity, BootHandle.MainThread, CpuMask.Of(2).Bits);

        // After each of the many entries until then it would tell no more.
        system.Checking = false;
        Assert.Equal("no thread comes to run", Assert.Throws<InvariantException>(() => system.BusyCpu()).Message);
        Assert.Matches(
            "^thread 0, which is to call the kernel, does not come to run: it is ",
            Assert.Throws<InvariantException>(() => system.CpuOf(first)).Message);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_bound_holds_whether_entries_are_interleaved_or_atomic(bool interleaved)
    {
        using var crew = new VirtualCpuThreads(Plan.MaxCpus);
        Outcome failed = Enumerable.Range(1, Seeds)
            .Select(static seed => Plan.Of(seed))
            .Where(plan => plan.Interleaved == interleaved)
            .Select(static plan => plan with { Shape = plan.Shape with { Placement = OnceUnderWay(Poll) } })
            .Select(plan => Simulation.Run(plan, plan.NewSchedule(), crew))
            .First(static outcome => outcome.Failure != null);

        Assert.Matches(@"^cpu \d does not leave the kernel: ", failed.Failure);
    }

    [Fact]
    public void A_loop_that_passes_no_choice_point_ends_the_hunt_with_where_it_was()
    {
        bool released = false;
        uint WaitForRelease(Cpu* cpu, Thread* thread, CpuMask allowed)
        {
            while (!System.Threading.Volatile.Read(ref released))
            {
            }

            return allowed.NearestTo(0);
        }

        HuntResult result = Hunter.Hunt(new HuntOptions
        {
            Seeds = Seeds,
            Workers = 1,
            MostCpuTime = TimeSpan.FromSeconds(2),
            Placement = OnceUnderWay(WaitForRelease),
        });
        System.Threading.Volatile.Write(ref released, true);

        Assert.NotNull(result.Failure);
        Assert.Matches(@"^a run hangs, and passes no choice point: cpu \d is in the kernel \(\w+\)", result.Failure.Message);
        Assert.Contains(
            string.Create(CultureInfo.InvariantCulture, $"again: lachesis fuzz --seed {result.Failure.Seed} "),
            result.Failure.ToString(),
            StringComparison.Ordinal);
    }

    // Waits for ever for another CPU, and looks through the machine: it passes choice points.
    private static uint Poll(Cpu* cpu, Thread* thread, CpuMask allowed)
    {
        while (SimulatedMachine.Load(&cpu->RunQueue.Count) != ulong.MaxValue)
        {
        }

        return 0;
    }

    private static PlacementRule RuleOf(string name) => name == "zero" ? PlacementRules.Zero : Poll;

    // Another rule for what programs do, not yet for the first process and its threads.
    private static PlacementRule OnceUnderWay(PlacementRule rule) => (cpu, thread, allowed) =>
        SimulatedSystem.OfThisThread.FaultInjection != null ? rule(cpu, thread, allowed) : allowed.NearestTo(0);
}
