using Lachesis.Abi;
using Lachesis.Scenarios;
using Lachesis.User;

namespace Lachesis.ScenarioGuest;

/// <summary>A thread of the scenario: does what its machine says. When it has ended, its place is another's.</summary>
internal unsafe struct Runner
{
    /// <summary>Nobody was here yet.</summary>
    internal const ulong Fresh = 0;

    /// <summary>A thread is here.</summary>
    internal const ulong Busy = 1;

    /// <summary>The thread that was here has noted its end and is about to exit, or has.</summary>
    internal const ulong Ended = 2;

    internal UserThread Thread;

    internal ScenarioThread Machine;

    /// <summary><see cref="Fresh"/>, <see cref="Busy"/> or <see cref="Ended"/>.</summary>
    internal ulong State;

    /// <summary>CPU time that the scenario asked for so far, in nanoseconds.</summary>
    internal long Asked;

    /// <summary>CPU time that stands in its notes, in nanoseconds.</summary>
    internal long Noted;

    /// <summary>Nanoseconds that it could have run and did not, as the kernel's ledger said last.</summary>
    internal long Waited;

    /// <summary>The thread's function: argument is the address of its <see cref="Runner"/>.</summary>
    internal static ulong Run(ulong argument)
    {
        Runner* runner = (Runner*)argument;
        ScenarioThread* machine = &runner->Machine;
        SystemResult last = default;
        bool called = false;
        Look(runner);
        while (true)
        {
            // What it waited while it computed, its stretches of CPU time tell; in a system call, the ledger.
            long before = runner->Waited;
            if (called)
            {
                Look(runner);
            }

            long now = Clock.Now();
            ScenarioStep step = machine->Next(in ScenarioState.World, now, last, called ? now - (runner->Waited - before) : now);
            called = step.Kind is ScenarioStepKind.Call or ScenarioStepKind.Fork;
            switch (step.Kind)
            {
                case ScenarioStepKind.Compute:
                    Computation.Perform(runner, (long)step.A0, long.MaxValue);
                    break;
                case ScenarioStepKind.ComputeUntil:
                    Computation.Perform(runner, long.MaxValue, (long)step.A0);
                    break;
                case ScenarioStepKind.Call:
                    ScenarioState.RecordCall(step.Number);
                    last = Sys.Call(step.Number, step.A0, step.A1, step.A2, step.A3);
                    ScenarioState.RecordState(step.Number, last);
                    break;
                case ScenarioStepKind.Fork:
                    ScenarioState.Fork((uint)step.A0);
                    break;
                default:
                    NoteLedger(machine);
                    ScenarioState.RecordEnd(runner);
                    return 0;
            }
        }
    }

    /// <summary>Reads the kernel's ledger of a thread: what it has computed, in nanoseconds. What it waited stands in the
    /// runner.</summary>
    internal static long Look(Runner* runner)
    {
        Ledgers.OfThread(runner->Machine.Handle, out LedgerReading reading);
        runner->Waited = (long)reading.Sum.WaitNs;
        return (long)reading.Sum.RuntimeNs;
    }

    private static void NoteLedger(ScenarioThread* machine)
    {
        if (Ledgers.OfThread(machine->Handle, out LedgerReading reading) != Error.None)
        {
            return;
        }

        machine->RecordLedger(in ScenarioState.World, ScenarioLedger.RuntimeNs, reading.Sum.RuntimeNs);
        machine->RecordLedger(in ScenarioState.World, ScenarioLedger.WaitNs, reading.Sum.WaitNs);
        machine->RecordLedger(in ScenarioState.World, ScenarioLedger.Switches, reading.Sum.Switches);
        machine->RecordLedger(in ScenarioState.World, ScenarioLedger.Preemptions, reading.Sum.Preemptions);
        machine->RecordLedger(in ScenarioState.World, ScenarioLedger.Migrations, reading.Sum.Migrations);
    }
}
