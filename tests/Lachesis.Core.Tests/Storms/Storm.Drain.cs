using System.Collections.Generic;
using System.Linq;
using Lachesis.Core.Processes;
using Lachesis.Core.Tests.Machines;
using Lachesis.Core.Threads;

using Lachesis.Simulator;

namespace Lachesis.Core.Tests.Storms;

/// <summary>What must happen once nobody does anything new: whoever can run gets to run, and everything can end.</summary>
internal sealed unsafe partial class Storm
{
    private const int MostRounds = 3000;
    private const int RoundsUntilBusy = 3;

    /// <summary>Lets everything run, then ends every process; throws MachineExitException with the last.</summary>
    public void Drain()
    {
        System.OnPoint = null;
        Note(0, "drain");
        LetAllRun();
        foreach (nint process in System.Processes)
        {
            System.Kill((Process*)process);
        }

        for (int i = 0; i < MostRounds; i++)
        {
            Round();
        }

        throw new InvariantException("the system does not end");
    }

    /// <summary>Nothing may be left of processes, threads and pages.</summary>
    public void CheckLevels()
    {
        Invariants.That(System.Kernel->Threads.InUse == 0, "threads were left behind");
        Invariants.That(System.Kernel->Processes.InUse == 0, "processes were left behind");
        Invariants.That(System.Kernel->Pages.FreePages == System.Shape.Pages, "pages were left behind");
    }

    // The running threads run on and on: whoever waits for a CPU must get one after as many slices as there are threads.
    private void LetAllRun()
    {
        List<(nint Thread, uint Generation, ulong Switches)> waiting = [.. System.Threads
            .Where(thread => SimulatedSystem.StateOf((Thread*)thread).Place is Place.Queued or Place.Inbox)
            .Select(thread => (thread, ((Thread*)thread)->Header.Generation, ((Thread*)thread)->Ledger.Switches))];
        for (uint i = 0; i < 2 * System.Shape.Threads; i++)
        {
            Round();
            if (i > RoundsUntilBusy)
            {
                IdleInvariants.Check(System);
            }
        }

        foreach ((nint at, uint generation, ulong switches) in waiting)
        {
            Thread* thread = (Thread*)at;
            Invariants.That(
                thread->Header.Generation != generation || thread->Ledger.Switches > switches
                || SimulatedSystem.StateOf(thread).Place == Place.Dead,
                "a runnable thread never got to run");
        }
    }

    private void Round()
    {
        System.Advance(System.Shape.SliceNs);
        System.SettleOnce();
        System.SettleOnce();
    }
}
