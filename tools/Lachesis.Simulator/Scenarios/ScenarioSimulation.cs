using System;
using System.Collections.Generic;
using System.Linq;
using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Scenarios;

namespace Lachesis.Simulator.Scenarios;

/// <summary>
/// Runs a scenario on the kernel's own core in virtual time. Computing takes the CPU time that it says, to the nanosecond;
/// the kernel's work takes none. The same program with the same options gives the same notes.
/// </summary>
public sealed unsafe partial class ScenarioSimulation : IDisposable
{
    private const uint SpareThreads = 8;

    // Far more than any real crowd does at one instant.
    private const int MaxEntriesAtOnce = 200_000;
    private const int MaxEntriesOfOne = 100;

    private readonly SimulatedSystem _system;
    private readonly IScenarioSink _sink;
    private readonly EventBuffer _notes = new();
    private readonly ScenarioOptions _options;
    private readonly Dictionary<nint, SimulatedThread> _byThread = [];
    private readonly Queue<ulong> _endedHandles = [];
    private readonly (SimulatedThread? Thread, long Since)[] _running;
    private readonly SimulatedThread?[] _computing;
    private readonly uint[] _cpus;
    private readonly byte[] _program;
    private readonly GCHandle _pin;
    private readonly Random? _tieBreaker;
    private readonly ulong* _stopped;
    private readonly ScenarioPage* _pages;
    private readonly uint _mostThreads;
    private ScenarioContext _world;
    private Process* _process;
    private Thread* _starter;
    private uint _createdThreads;
    private int _entries;
    private long _lastProgress;

    private ScenarioSimulation(byte[] program, ScenarioOptions options, IScenarioSink sink)
    {
        _program = program;
        _options = options;
        _sink = sink;
        _pin = GCHandle.Alloc(_program, GCHandleType.Pinned);
        _tieBreaker = options.Seed == 0 ? null : new Random((int)(options.Seed ^ (options.Seed >> 32)));
        _world.Program = (ScenarioHeader*)_pin.AddrOfPinnedObject();
        _mostThreads = _world.MaxThreads(ScenarioLimits.Threads);
        uint pages = ScenarioContext.PagesFor(_world.Program->ResourceCount);
        _system = new SimulatedSystem(new SystemShape
        {
            Cpus = options.Cpus,
            Threads = _mostThreads + SpareThreads,
            Pages = 1024 + (2 * pages) + (_mostThreads / 16),
            ParkBuckets = 1024,
            SliceNs = options.SliceNs,
            Placement = options.Placement,
        })
        {
            Checking = options.Checking,
        };
        _running = new (SimulatedThread?, long)[options.Cpus];
        _computing = new SimulatedThread?[options.Cpus];
        _cpus = [.. Enumerable.Range(0, (int)options.Cpus).Select(static cpu => (uint)cpu)];
        _stopped = (ulong*)NativeMemory.AllocZeroed(sizeof(ulong));
        _pages = (ScenarioPage*)NativeMemory.AllocZeroed(pages + 1, (nuint)sizeof(ScenarioPage));
        _world.Stopped = _stopped;
        _world.Pages = _pages;
        _world.EventChunks = _notes.Pool;
    }

    /// <summary>Runs a program.</summary>
    /// <param name="program">The binary program.</param>
    /// <param name="options">How.</param>
    /// <param name="sink">Takes the notes of its threads as they come.</param>
    /// <exception cref="ScenarioException">It cannot be run to its end.</exception>
    /// <exception cref="OperationCanceledException">See <see cref="ScenarioOptions.Cancellation"/>.</exception>
    public static ScenarioEnd Run(byte[] program, ScenarioOptions options, IScenarioSink sink)
    {
        fixed (byte* start = program)
        {
            if (!ScenarioContext.IsValid((ScenarioHeader*)start, (ulong)program.Length))
            {
                throw new ScenarioException("not a scenario's program");
            }
        }

        using var simulation = new ScenarioSimulation(program, options, sink);
        simulation.Start();
        bool stuck = simulation.Loop();
        simulation.Finish();
        return new ScenarioEnd(simulation.EndOfAll - simulation._world.Begin, stuck);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SimulatedThread thread in _byThread.Values)
        {
            thread.Dispose();
        }

        _notes.Dispose();
        NativeMemory.Free(_stopped);
        NativeMemory.Free(_pages);
        _pin.Free();
        _system.Dispose();
    }

    // With a duration, all that follows the last thread's end belongs to it too.
    private long EndOfAll => _world.End == long.MaxValue || _world.IsStopped ? _lastProgress : _world.End;

    // Whether all that are left wait for ever.
    private bool Loop()
    {
        while (_system.Clock < _world.End)
        {
            RunUntilComputing();
            if (_byThread.Count == 0 || _world.IsStopped)
            {
                return false;
            }

            long limit = NextOwnEvent();
            if (limit == long.MaxValue && _world.End == long.MaxValue && _system.NextEvent is null)
            {
                *_stopped = 1;
                return true;
            }

            AdvanceTime(limit);
        }

        return false;
    }

    // What threads were at, and what they still waited for.
    private void Finish()
    {
        NoteSwitches(ended: true);
        long now = _world.IsStopped ? _lastProgress : _system.Clock;
        foreach (SimulatedThread thread in _byThread.Values.OrderBy(static thread => thread.Number))
        {
            ThreadState state = SimulatedSystem.StateOf(thread.Kernel);
            ThreadLocation place = state.Location;
            bool running = place == ThreadLocation.Running;
            if (!thread.IsComputing)
            {
                thread.FinishAtEnd(in _world, now, blocked: place == ThreadLocation.Blocked);
            }
            else if (!running)
            {
                // It was to go on computing, had no CPU, and so waited up to now.
                thread.NoteLostCpu(in _world, now, thread.Kernel->RunnableSince.Nanoseconds);
            }

            thread.NoteLedger(
                in _world,
                running ? _system.Clock - _system.Cpu(state.Cpu)->AccountedUntil.Nanoseconds : 0,
                running || place == ThreadLocation.Blocked ? 0 : _system.Clock - thread.Kernel->RunnableSince.Nanoseconds);
            _notes.Drain(thread, _sink);
            _sink.Ended(thread.Number);
        }
    }

    // Lets time pass up to the next event, of the machine or of a thread that computes.
    private void AdvanceTime(long limit)
    {
        long before = _system.Clock;
        for (int cpu = 0; cpu < _running.Length; cpu++)
        {
            _computing[cpu] = _running[cpu].Thread;
        }

        _system.AdvanceToNextEvent(new Instant(Math.Min(limit, _world.End)));
        long passed = _system.Clock - before;
        _entries = passed > 0 ? 0 : _entries;
        foreach (SimulatedThread? thread in _computing)
        {
            thread?.Consume(passed);
        }

        NoteSwitches();
    }

    // Until every thread that runs computes, and no CPU has anything waiting for it.
    private void RunUntilComputing()
    {
        bool any = true;
        while (any)
        {
            _options.Cancellation.ThrowIfCancellationRequested();
            _system.RunPendingWork();
            NoteSwitches();
            any = false;
            _tieBreaker?.Shuffle(_cpus);
            foreach (uint cpu in _cpus)
            {
                any |= !_world.IsStopped && RunCpu(cpu);
            }
        }
    }

    private bool RunCpu(uint cpu)
    {
        SimulatedThread? thread = _running[cpu].Thread;
        if (thread is null || (thread.IsComputing && thread.ComputesUntil(_system.Clock) > _system.Clock))
        {
            return false;
        }

        if (_entries++ > Math.Max(MaxEntriesAtOnce, MaxEntriesOfOne * _byThread.Count))
        {
            throw new ScenarioException(
                $"time stands still at {_system.Clock - _world.Begin} ns: threads wake each other and do no work");
        }

        _lastProgress = _system.Clock;
        thread.Advance(in _world, _system.Clock);
        _notes.Drain(thread, _sink);
        PerformStep(cpu, thread);
        NoteSwitches();
        return true;
    }

    private void PerformStep(uint cpu, SimulatedThread thread)
    {
        ScenarioStep step = thread.Step;
        switch (step.Kind)
        {
            case ScenarioStepKind.Call:
                SimulatedSystem.CallResult result = _system.Syscall(cpu, step.Number, step.A0, step.A1, step.A2, step.A3);
                if (result.WentOn)
                {
                    thread.SetCallResult(result);
                }

                break;
            case ScenarioStepKind.Fork:
                AddThread(thread.Kernel, (uint)step.A0);
                break;
            case ScenarioStepKind.End:
                EndThread(cpu, thread);
                break;
            default:
                break;
        }
    }

    // Its place in the kernel is free once its handle is closed, which the next fork does.
    private void EndThread(uint cpu, SimulatedThread thread)
    {
        if (_world.IsStopped)
        {
            return;
        }

        _system.Syscall(cpu, SystemCall.ThreadExit);
        NoteSwitches();
        thread.NoteLedger(in _world);
        _notes.Drain(thread, _sink);
        _sink.Ended(thread.Number);
        _byThread.Remove((nint)thread.Kernel);
        _endedHandles.Enqueue(thread.Handle);
        thread.Dispose();
    }

    private long NextOwnEvent()
    {
        long next = long.MaxValue;
        foreach ((SimulatedThread? thread, _) in _running)
        {
            next = thread is { IsComputing: true } ? Math.Min(next, thread.ComputesUntil(_system.Clock)) : next;
        }

        return next;
    }

    // Compares what each CPU runs with what it ran, and notes the stretches that are over.
    private void NoteSwitches(bool ended = false)
    {
        for (uint cpu = 0; cpu < _running.Length; cpu++)
        {
            SimulatedThread? now = _byThread.GetValueOrDefault((nint)_system.Cpu(cpu)->Current);
            (SimulatedThread? before, long since) = _running[cpu];
            if (now == before && !ended)
            {
                continue;
            }

            long length = _system.Clock - since;
            if (before is not null && length > 0)
            {
                _sink.Note(before.Number, before.Task, ScenarioEvent.RunInterval(since - _world.Begin, length, cpu));
            }

            _running[cpu] = (now, _system.Clock);
            if (now is { IsComputing: true } && !ended)
            {
                now.NoteWaited(in _world, _system.Clock);
                _notes.Drain(now, _sink);
            }
        }
    }
}
