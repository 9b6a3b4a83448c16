using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;

namespace Lachesis.Simulator;

/// <summary>Another CPU failed: this one is to leave the kernel, wherever it is.</summary>
internal sealed class UnwindException : Exception;

/// <summary>One run: a system, a plan, a schedule. Everything that happens follows from the last two.</summary>
internal sealed unsafe class Simulation
{
    private readonly Interleaver? _interleaver;
    private Exception? _failure;
    private long _checks;
    private long _step;

    private Simulation(Plan plan, Schedule schedule, VirtualCpuThreads crew, IReadOnlySet<ProgramStep> skipped, Recorder? recorder)
    {
        Plan = plan;
        crew.Current = this;
        Skipped = skipped;
        Recorder = recorder;
        System = SimulatedSystem.Running(plan.Shape);
        recorder?.Follow(System);
        FaultInjection = new FaultInjection(plan, this);
        Workload = new Workload(this);
        _interleaver = plan.Interleaved ? new Interleaver(this, crew, schedule) : null;
    }

    /// <summary>What decides it.</summary>
    public Plan Plan { get; }

    /// <summary>The system.</summary>
    public SimulatedSystem System { get; }

    /// <summary>What goes wrong with the hardware.</summary>
    public FaultInjection FaultInjection { get; }

    /// <summary>What programs do.</summary>
    public Workload Workload { get; }

    /// <summary>Who writes down what happens, or null.</summary>
    public Recorder? Recorder { get; }

    /// <summary>Turns in which programs are to do nothing.</summary>
    public IReadOnlySet<ProgramStep> Skipped { get; }

    /// <summary>The turns in which programs did something.</summary>
    public List<ProgramStep> Turns { get; } = [];

    /// <summary>Programs ask for nothing more.</summary>
    public bool IsOver { get; set; }

    /// <summary>Something did not hold.</summary>
    public bool IsStopping => _failure != null;

    /// <summary>Where the run is.</summary>
    public long Step => _interleaver?.Step ?? _step;

    /// <summary>Grows as long as anything happens. May be asked by any thread.</summary>
    public long Progress => System == null ? 0 : System.Entries + System.Points + Step + _checks;

    /// <summary>Where the run is, for people to read. May be asked by any thread while nothing happens.</summary>
    public string Describe() => System == null ? "the first process is being started"
        : _interleaver == null ? System.DescribeEntries() : $"{System.DescribeEntries()}; {_interleaver.DescribeLast()}";

    /// <summary>Runs a plan.</summary>
    public static Outcome Run(
        Plan plan, Schedule schedule, VirtualCpuThreads crew, IReadOnlySet<ProgramStep>? skipped = null, Recorder? recorder = null)
    {
        Simulation simulation;
        try
        {
            simulation = new Simulation(plan, schedule, crew, skipped ?? new HashSet<ProgramStep>(), recorder);
        }
        catch (Exception failure) when (failure is InvariantException or KernelPanicException or NullReferenceException)
        {
            return StartFailure(failure);
        }

        using (simulation.System)
        {
            simulation.Run();
            return simulation.Outcome();
        }
    }

    // The first process does not come to run, so that there is no system to look at.
    private static Outcome StartFailure(Exception failure) => new()
    {
        Failure = failure.Message,
        Details = DetailsOf(failure),
        Events = [],
        Turns = [],
        Counters = new ulong[(int)Counter.Count],
    };

    private static string DetailsOf(Exception failure) => $"{failure.GetType().Name}: {failure.Message}\n{failure.StackTrace}\n";

    /// <summary>A program did something.</summary>
    public void OnStep(ProgramStep turn)
    {
        Turns.Add(turn);
        IsOver |= Turns.Count >= Plan.MaxTurns;
    }

    /// <summary>Something did not hold. The first failure counts; what follows from it does not.</summary>
    public void Fail(Exception failure) => _failure ??= failure;

    /// <summary>Checks all invariants; no CPU is in the kernel.</summary>
    public void Check()
    {
        _checks++;
        Invariants.Check(System);
        Workload.Words.Check();
    }

    /// <summary>Makes happen at once what would happen later: interrupts arrive, else time passes until a timer fires.
    /// False if there is nothing.</summary>
    public bool ForceProgress()
    {
        bool any = false;
        for (uint cpu = 0; cpu < Plan.Shape.Cpus; cpu++)
        {
            any |= System.HasInterrupt(cpu) && !FaultInjection.IsInterruptDelivered(cpu);
            FaultInjection.DeliverInterrupt(cpu);
        }

        return any || System.AdvanceToTimer();
    }

    private void Run()
    {
        SeededRandom dice = new(Plan.Seed, 's', 0);
        if (!Begin())
        {
            return;
        }

        System.Checking = false;
        System.ClockStep = Plan.ClockStepNs;
        System.FaultInjection = FaultInjection;
        System.RepeatsInterrupts = Plan.DuplicateOneIn != 0;
        for (uint cpu = 0; cpu < Plan.Shape.Cpus && Plan.SkewNs != 0; cpu++)
        {
            System.SkewOf(cpu) = dice.Below(Plan.SkewNs);
        }

        System.Interleaver = _interleaver;
        System.Bug = Plan.Bug;
        System.BindToThread();
        if (_interleaver != null)
        {
            _interleaver.Run();
        }
        else
        {
            RunAtomically();
        }

        System.Interleaver = null;
        System.Times.Forget();
        System.FaultInjection = null;
        if (!IsStopping)
        {
            CheckLiveness();
        }
    }

    private bool Begin()
    {
        try
        {
            Workload.Begin();
            return true;
        }
        catch (Exception failure)
        {
            Fail(failure);
            return false;
        }
    }

    // One entry after the other, of CPUs in random order; after each is checked what the plan says.
    private void RunAtomically()
    {
        SeededRandom dice = new(Plan.Seed, 'a', 0);
        try
        {
            while (_step < Plan.Steps)
            {
                _step++;
                uint cpu = (uint)dice.Below((int)Plan.Shape.Cpus);
                if (Workload.HasWork(cpu))
                {
                    Workload.RunNext(cpu);
                    CheckEntry();
                }
                else if (IsAsleep && !ForceProgress())
                {
                    return;
                }
            }
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    private void CheckEntry()
    {
        if (_step % Plan.CheckAllEvery == 0)
        {
            Check();
        }
        else
        {
            Invariants.CheckScheduling(System);
        }
    }

    private bool IsAsleep
    {
        get
        {
            bool asleep = true;
            for (uint cpu = 0; cpu < Plan.Shape.Cpus; cpu++)
            {
                asleep &= !Workload.HasWork(cpu);
            }

            return asleep;
        }
    }

    private void CheckLiveness()
    {
        try
        {
            Check();
            new LivenessCheck(System).Run();
        }
        catch (MachineExitException)
        {
            // The last process ended, as it should.
        }
        catch (Exception failure)
        {
            Fail(failure);
        }
    }

    private Outcome Outcome() => new()
    {
        Failure = _failure?.Message,
        Details = _failure == null ? "" : DetailsOf(_failure) + SafeDump(),
        Events = _interleaver?.Events ?? [],
        Turns = Turns,
        Fingerprint = _interleaver?.Fingerprint ?? (ulong)System.Clock,
        Points = _interleaver?.Step ?? 0,
        Entries = System.Entries,
        Checks = _checks,
        Counters = [.. Enumerable.Range(0, (int)Counter.Count).Select(counter => System.Total((Counter)counter))],
    };

    // A failure may have left anything.
    private string SafeDump()
    {
        try
        {
            return System.Dump();
        }
        catch (Exception broken) when (broken is InvariantException or NullReferenceException)
        {
            return broken.Message;
        }
    }
}
