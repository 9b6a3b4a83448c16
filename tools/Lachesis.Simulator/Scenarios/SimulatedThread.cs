using System;
using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core.Threads;
using Lachesis.Scenarios;

namespace Lachesis.Simulator.Scenarios;

/// <summary>One thread of a simulated scenario: the machine that says what it wants, and how far it has got with
/// it.</summary>
internal sealed unsafe class SimulatedThread : IDisposable
{
    private const uint FirstCapacity = 256;

    /// <summary>The most notes that a single step makes, with room to spare.</summary>
    private const uint MostAtOnce = 2048;

    private readonly ScenarioThread* _machine;
    private readonly Thread* _thread;

    public SimulatedThread(Thread* thread, in ScenarioWorld world, uint task, ulong handle)
    {
        _thread = thread;
        _machine = (ScenarioThread*)NativeMemory.AllocZeroed((nuint)sizeof(ScenarioThread));
        _machine->Log.Capacity = FirstCapacity;
        _machine->Log.Entries = (ScenarioEvent*)NativeMemory.Alloc(FirstCapacity * (nuint)sizeof(ScenarioEvent));
        _machine->Prepare(in world, task, handle, SimulatedSystem.OfThisThread.Clock);
    }

    /// <summary>What it does now.</summary>
    public ScenarioStep Step { get; private set; }

    /// <summary>Whether it computes, or would if it had a CPU.</summary>
    public bool IsComputing { get; private set; }

    /// <summary>The instant up to which it wants its CPU, if it keeps it.</summary>
    public long ComputesUntil(long now) => Step.Kind == ScenarioStepKind.Compute ? now + (long)Step.A0 : (long)Step.A0;

    /// <summary>It had a CPU for so long.</summary>
    public void Consume(long nanoseconds)
    {
        if (IsComputing && Step.Kind == ScenarioStepKind.Compute)
        {
            Step = Step with { A0 = Step.A0 - (ulong)nanoseconds };
        }
    }

    /// <summary>Its last step is done: takes the next one.</summary>
    public void Advance(in ScenarioWorld world, long now)
    {
        MakeRoom();
        var last = new SystemResult { Error = (Error)_thread->Context.Rax, Value = _thread->Context.Rdx };
        Step = _machine->Next(in world, now, last);
        IsComputing = Step.Kind is ScenarioStepKind.Compute or ScenarioStepKind.ComputeUntil;
    }

    /// <summary>What a system call gave that it went on from at once.</summary>
    public void Return(SimulatedSystem.CallResult result)
    {
        _thread->Context.Rax = (ulong)result.Error;
        _thread->Context.Rdx = result.Value;
    }

    /// <summary>Notes a stretch of CPU time.</summary>
    public void NoteStretch(ScenarioEvent stretch)
    {
        MakeRoom();
        _machine->Log.Add(stretch);
    }

    /// <summary>Its notes.</summary>
    public ScenarioThreadTrace Trace() => new(
        _machine->Task, new ReadOnlySpan<ScenarioEvent>(_machine->Log.Entries, (int)_machine->Log.Count).ToArray());

    /// <inheritdoc/>
    public void Dispose()
    {
        NativeMemory.Free(_machine->Log.Entries);
        NativeMemory.Free(_machine);
    }

    private void MakeRoom()
    {
        ref ScenarioLog log = ref _machine->Log;
        if (log.Capacity - log.Count < MostAtOnce)
        {
            log.Capacity = (log.Capacity * 2) + MostAtOnce;
            log.Entries = (ScenarioEvent*)NativeMemory.Realloc(log.Entries, log.Capacity * (nuint)sizeof(ScenarioEvent));
        }
    }
}
