using System;
using System.Collections.Generic;
using System.Linq;
using Lachesis.Abi;
using Lachesis.Core.Sched;
using Lachesis.Core.Tests.Machines;

using Lachesis.Simulator;

namespace Lachesis.Core.Tests.Storms;

/// <summary>
/// Random entries of random CPUs: system calls with arguments good and bad, interrupts and timers at random moments, CPUs
/// that go on in the middle of what another one does. Everything follows from the seed.
/// </summary>
internal sealed unsafe partial class Storm : IDisposable
{
    private const int MostInside = 3;
    private const int TraceShown = 60;

    private readonly int _seed;
    private readonly Random _random;
    private readonly List<(uint Cpu, string What)> _trace = [];
    private readonly int _interleaving;

    /// <param name="seed">Decides everything.</param>
    /// <param name="cpus">How many CPUs.</param>
    /// <param name="interleaving">At one of how many points another CPU goes on; 0: never.</param>
    public Storm(int seed, uint cpus, int interleaving)
    {
        _seed = seed;
        _random = new Random(seed);
        _interleaving = interleaving;
        System = SimulatedSystem.Running(new SystemShape { Cpus = cpus, Threads = 24, Processes = 6, Pages = 170 });
        System.ClockStep = 3;
        if (interleaving != 0)
        {
            System.OnPoint = MaybeInterleave;
        }
    }

    /// <summary>The system.</summary>
    public SimulatedSystem System { get; }

    /// <summary>Runs a storm, then drains it; a failure names the seed and shows the last steps.</summary>
    public static void Run(int seed, uint cpus, int interleaving, int steps)
    {
        using var storm = new Storm(seed, cpus, interleaving);
        try
        {
            storm.Rage(steps);
            storm.Drain();
        }
        catch (Exception failure) when (failure is not MachineExitException)
        {
            throw new InvariantException(storm.Describe(failure));
        }
        catch (MachineExitException)
        {
            // The last process ended: fine, as long as it left nothing behind.
            storm.CheckLevels();
        }
    }

    /// <inheritdoc/>
    public void Dispose() => System.Dispose();

    /// <summary>Takes so many steps.</summary>
    public void Rage(int steps)
    {
        for (int i = 0; i < steps; i++)
        {
            Step((uint)_random.Next((int)System.Shape.Cpus));
        }
    }

    private void MaybeInterleave()
    {
        if (System.Depth < MostInside && _random.Next(_interleaving) == 0)
        {
            // Often one step of another CPU, sometimes so many that a whole teardown fits in between.
            uint cpu = (uint)_random.Next((int)System.Shape.Cpus);
            int steps = _random.Next(8) == 0 ? _random.Next(12) : 1;
            for (int i = 0; i < steps && System.IsOutside(cpu); i++)
            {
                Step(cpu);
            }
        }
    }

    private void Step(uint cpu)
    {
        if (System.HasInterrupt(cpu) && _random.Next(3) != 0)
        {
            Note(cpu, "interrupt");
            System.DeliverIpi(cpu);
        }
        else if (System.IsTimerDue(cpu) && _random.Next(3) != 0)
        {
            Note(cpu, "timer");
            System.FireTimer(cpu);
        }
        else if (System.HasIdleWork(cpu) && _random.Next(2) != 0)
        {
            Note(cpu, "idle work");
            System.RunIdleWork(cpu);
        }
        else if (System.Cpu(cpu)->Current != null && _random.Next(8) != 0)
        {
            Call(cpu);
        }
        else
        {
            System.Advance(_random.Next(10) == 0 ? 3 * System.Shape.SliceNs : _random.Next((int)System.Shape.SliceNs / 4));
        }
    }

    private void Note(uint cpu, string what) => _trace.Add((cpu, what));

    private string Describe(Exception failure)
    {
        IEnumerable<string> steps = _trace.TakeLast(TraceShown).Select(step => $"  cpu {step.Cpu}: {step.What}");
        return $"""
            seed {_seed}, {System.Shape.Cpus} cpus, interleaving {_interleaving}, step {_trace.Count}: {failure.Message}
            {failure.StackTrace}
            {System.Dump()}
            the last steps:
            {string.Join(Environment.NewLine, steps)}
            """;
    }
}
