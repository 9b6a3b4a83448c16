using System;
using System.Runtime.InteropServices;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Threads;
using Lachesis.Scenarios;

namespace Lachesis.Simulator.Scenarios;

/// <summary>One thread of a simulated scenario: the machine that says what it wants, and how far it has got with
/// it.</summary>
internal sealed unsafe class SimulatedThread : IDisposable
{
    private readonly ScenarioThread* _machine;
    private readonly Thread* _thread;
    private long _waitedBefore;

    public SimulatedThread(Thread* thread, in ScenarioContext world, uint number, uint task, ulong handle)
    {
        _thread = thread;
        _machine = (ScenarioThread*)NativeMemory.AllocZeroed((nuint)sizeof(ScenarioThread));
        _machine->Number = number;
        _machine->Handle = handle;
        _machine->Prepare(in world, task, SimulatedSystem.OfThisThread.Clock);
    }

    /// <summary>Its number.</summary>
    public uint Number => _machine->Number;

    /// <summary>Its task.</summary>
    public uint Task => _machine->Task;

    /// <summary>Its handle in the process.</summary>
    public ulong Handle => _machine->Handle;

    /// <summary>The kernel's thread.</summary>
    public Thread* Kernel => _thread;

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
    public void Advance(in ScenarioContext world, long now)
    {
        var last = new SystemResult { Error = (Error)_thread->Context.Rax, Value = _thread->Context.Rdx };
        Step = _machine->Next(in world, now, last, now - TakeWaitTime());
        IsComputing = Step.Kind is ScenarioStepKind.Compute or ScenarioStepKind.ComputeUntil;
    }

    /// <summary>It goes on computing: notes what it waited since it was looked at last.</summary>
    public void NoteWaited(in ScenarioContext world, long now)
    {
        long waited = TakeWaitTime();
        if (waited > 0)
        {
            NoteLostCpu(in world, now, now - waited);
        }
    }

    /// <summary>Notes that it lost the CPU in the midst of computing.</summary>
    public void NoteLostCpu(in ScenarioContext world, long now, long runnableSince) =>
        _machine->RecordLostCpu(in world, now, runnableSince);

    /// <summary>The scenario is over at that instant, and it does not compute: notes what it still waits for.</summary>
    /// <param name="world">The scenario.</param>
    /// <param name="now">The instant.</param>
    /// <param name="blocked">Whether it is blocked, so that its call has given nothing yet.</param>
    public void FinishAtEnd(in ScenarioContext world, long now, bool blocked)
    {
        var last = new SystemResult { Error = blocked ? Error.TimedOut : (Error)_thread->Context.Rax };
        _machine->Next(in world, now, last, _thread->RunnableSince.Nanoseconds);
    }

    /// <summary>Notes the kernel's ledger of it.</summary>
    /// <param name="world">The scenario.</param>
    /// <param name="uncharged">CPU time in nanoseconds that it is still to be charged for.</param>
    /// <param name="waiting">Nanoseconds for which it can run by now and does not.</param>
    public void NoteLedger(in ScenarioContext world, long uncharged = 0, long waiting = 0)
    {
        ref Ledger ledger = ref _thread->Ledger;
        _machine->RecordLedger(in world, ScenarioLedger.RuntimeNs, (ulong)(ledger.Runtime.Nanoseconds + uncharged));
        _machine->RecordLedger(in world, ScenarioLedger.WaitNs, (ulong)(ledger.RunDelay.Nanoseconds + waiting));
        _machine->RecordLedger(in world, ScenarioLedger.Switches, ledger.Switches);
        _machine->RecordLedger(in world, ScenarioLedger.Preemptions, ledger.Preemptions);
        _machine->RecordLedger(in world, ScenarioLedger.Migrations, ledger.Migrations);
    }

    /// <summary>What a system call gave that it went on from at once.</summary>
    public void SetCallResult(SimulatedSystem.CallResult result)
    {
        _thread->Context.Rax = (ulong)result.Error;
        _thread->Context.Rdx = result.Value;
    }

    /// <summary>Its notes have been read: the next go where others' may have been.</summary>
    public void ForgetNotes() => _machine->Log.Clear();

    // What it waited since the last time.
    private long TakeWaitTime()
    {
        long all = _thread->Ledger.RunDelay.Nanoseconds;
        long waited = all - _waitedBefore;
        _waitedBefore = all;
        return waited;
    }

    /// <inheritdoc/>
    public void Dispose() => NativeMemory.Free(_machine);
}
