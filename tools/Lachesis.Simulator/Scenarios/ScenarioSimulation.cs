using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Scenarios;

namespace Lachesis.Simulator.Scenarios;

/// <summary>
/// Runs a scenario on the kernel's own core in virtual time. Computing takes the CPU time that it says, to the nanosecond;
/// the kernel's work takes none. The same program with the same options gives the same trace.
/// </summary>
public sealed unsafe partial class ScenarioSimulation : IDisposable
{
    private const uint SpareThreads = 8;

    // Far more than any real crowd does at one instant.
    private const int MostEntriesAtOnce = 200_000;

    private readonly SimulatedSystem _system;
    private readonly List<SimulatedThread> _threads = [];
    private readonly Dictionary<nint, SimulatedThread> _byThread = [];
    private readonly (SimulatedThread? Thread, long Since, bool Continued)[] _running;
    private readonly byte[] _program;
    private readonly GCHandle _pin;
    private readonly Random? _order;
    private ScenarioWorld _world;
    private Process* _process;
    private int _entries;
    private int _live;
    private long _lastAct;

    private ScenarioSimulation(byte[] program, ScenarioOptions options)
    {
        _program = program;
        _pin = GCHandle.Alloc(_program, GCHandleType.Pinned);
        _order = options.Seed == 0 ? null : new Random((int)(options.Seed ^ (options.Seed >> 32)));
        _system = new SimulatedSystem(new SystemShape
        {
            Cpus = options.Cpus,
            Threads = ScenarioLimits.Threads + SpareThreads,
            Pages = 1024,
            ParkBuckets = 64,
            SliceNs = options.SliceNs,
        })
        {
            Checking = options.Checking,
        };
        _running = new (SimulatedThread?, long, bool)[options.Cpus];
        _world.Program = (ScenarioHeader*)_pin.AddrOfPinnedObject();
    }

    /// <summary>Runs a program.</summary>
    /// <param name="program">The binary program.</param>
    /// <param name="options">How.</param>
    /// <exception cref="ScenarioException">It cannot be run to its end.</exception>
    public static ScenarioTrace Run(byte[] program, ScenarioOptions options)
    {
        using var simulation = new ScenarioSimulation(program, options);
        if (!ScenarioWorld.IsSound(simulation._world.Program, (ulong)program.Length))
        {
            throw new ScenarioException("not a scenario's program");
        }

        simulation.Start();
        simulation.Loop();
        return new ScenarioTrace(
            [.. simulation._threads.Select(static thread => thread.Trace())], simulation.EndOfAll - simulation._world.Begin);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _threads.ForEach(static thread => thread.Dispose());
        _pin.Free();
        _system.Dispose();
    }

    // With a duration, all that follows the last thread's end belongs to it too.
    private long EndOfAll => _world.End == long.MaxValue ? _lastAct : _world.End;

    private void Loop()
    {
        while (_system.Clock < _world.End)
        {
            Act();
            if (_live == 0)
            {
                break;
            }

            long limit = NextOwnEvent();
            Instant? next = _system.NextEvent;
            if (limit == long.MaxValue && next is null && _world.End == long.MaxValue)
            {
                throw new ScenarioException(
                    $"at {_lastAct - _world.Begin} ns {_live} of {_threads.Count} threads wait for ever");
            }

            Pass(limit);
        }

        NoteSwitches(ended: true);
        NoteThoseThatWait();
    }

    // A thread that was to go on computing and had no CPU at the end waited up to then.
    private void NoteThoseThatWait()
    {
        foreach (nint thread in _system.Threads)
        {
            bool waits = SimulatedSystem.StateOf((Thread*)thread).Place is Place.Queued or Place.Inbox;
            if (waits && _byThread.TryGetValue(thread, out SimulatedThread? simulated) && simulated.IsComputing)
            {
                simulated.NoteStretch(ScenarioEvent.Stretch(_system.Clock - _world.Begin, 0, FirstCpu, continued: true));
            }
        }
    }

    // Lets time pass up to the next event, of the machine or of a thread that computes.
    private void Pass(long limit)
    {
        long before = _system.Clock;
        SimulatedThread?[] computing = [.. _running.Select(static running => running.Thread)];
        _system.AdvanceToNextEvent(new Instant(Math.Min(limit, _world.End)));
        long passed = _system.Clock - before;
        _entries = passed > 0 ? 0 : _entries;
        foreach (SimulatedThread? thread in computing)
        {
            thread?.Consume(passed);
        }

        NoteSwitches();
    }

    // Until every thread that runs computes, and no CPU has anything waiting for it.
    private void Act()
    {
        bool any = true;
        while (any)
        {
            _system.Settle();
            NoteSwitches();
            any = false;
            foreach (uint cpu in OrderOfCpus())
            {
                any |= ActOn(cpu);
            }
        }
    }

    private bool ActOn(uint cpu)
    {
        SimulatedThread? thread = _running[cpu].Thread;
        if (thread is null || (thread.IsComputing && thread.ComputesUntil(_system.Clock) > _system.Clock))
        {
            return false;
        }

        if (_entries++ > MostEntriesAtOnce)
        {
            throw new ScenarioException(
                $"time stands still at {_system.Clock - _world.Begin} ns: threads wake each other and do no work");
        }

        _lastAct = _system.Clock;
        thread.Advance(in _world, _system.Clock);
        Do(cpu, thread);
        NoteSwitches();
        return true;
    }

    private void Do(uint cpu, SimulatedThread thread)
    {
        ScenarioStep step = thread.Step;
        switch (step.Kind)
        {
            case ScenarioStepKind.Call:
                SimulatedSystem.CallResult result = _system.Syscall(cpu, step.Number, step.A0, step.A1, step.A2, step.A3);
                if (result.WentOn)
                {
                    thread.Return(result);
                }

                break;
            case ScenarioStepKind.Fork:
                AddThread(cpu, (uint)step.A0);
                break;
            case ScenarioStepKind.End:
                _live--;
                _system.Syscall(cpu, SystemCall.ThreadExit);
                break;
            default:
                break;
        }
    }

    private IEnumerable<uint> OrderOfCpus()
    {
        uint[] cpus = [.. Enumerable.Range(0, _running.Length).Select(static cpu => (uint)cpu)];
        _order?.Shuffle(cpus);
        return cpus;
    }

    private long NextOwnEvent() => _running.Min(running =>
        running.Thread is { IsComputing: true } thread ? thread.ComputesUntil(_system.Clock) : long.MaxValue);

    // Compares what each CPU runs with what it ran, and notes the stretches that are over.
    private void NoteSwitches(bool ended = false)
    {
        for (uint cpu = 0; cpu < _running.Length; cpu++)
        {
            SimulatedThread? now = _byThread.GetValueOrDefault((nint)_system.Cpu(cpu)->Current);
            (SimulatedThread? before, long since, bool continued) = _running[cpu];
            if (now == before && !ended)
            {
                continue;
            }

            long length = _system.Clock - since;
            if (before is not null && (length > 0 || continued))
            {
                before.NoteStretch(ScenarioEvent.Stretch(since - _world.Begin, length, cpu, continued));
            }

            _running[cpu] = (now, _system.Clock, now is { IsComputing: true });
        }
    }
}
