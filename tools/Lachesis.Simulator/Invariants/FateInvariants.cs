using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>What must hold for threads that are suspended or killed: none runs on, and whatever is still due to one, a CPU knows
/// of.</summary>
internal static unsafe class FateInvariants
{
    /// <summary>Also notes the references that summons hold.</summary>
    internal static void Check(SimulatedSystem system)
    {
        for (uint id = 0; id < system.Shape.Cpus; id++)
        {
            CheckSummons(system, system.Cpu(id));
        }

        foreach (nint at in system.Census.Threads)
        {
            CheckThread((Thread*)at, system.Census);
        }
    }

    private static void CheckSummons(SimulatedSystem system, Cpu* cpu)
    {
        for (Thread* thread = (Thread*)cpu->Summons; thread != null; thread = thread->SummonsNext)
        {
            That(system.Census.Has(thread, Seen.InUse), "a cpu is summoned for a thread whose slot is free");
            That(system.Census.Meet(thread, Seen.Summoned), "two cpus are summoned for one thread");
            system.Census.ThreadHolders[thread->Header.Index]++;
        }

        bool works = (cpu->WorkPending & (ulong)PendingWork.Summons) != 0;
        That(cpu->Summons == 0 || works || system.HasInterrupt(cpu->Id), "a cpu is summoned that nobody tells");
    }

    private static void CheckThread(Thread* thread, Census census)
    {
        ThreadState state = SimulatedSystem.StateOf(thread);
        bool summoned = census.Has(thread, Seen.Summoned);
        That(summoned == (thread->Summoned != 0), "a thread does not know whether a cpu is summoned for it");
        That((thread->Fate == 0) == (thread->AffinityBits != 0), "a thread with a fate may run, or one without may not");
        That(thread->Fate != 0 || state.Place != Place.Suspended, "a thread stands still though nobody wants it to");
        bool placed = state.Place is Place.Running or Place.Queued or Place.Inbox;
        That(!placed || thread->Fate == 0 || summoned, "a thread with a fate is left where it could run");
        bool killed = (thread->Fate & (ulong)ThreadFate.Killed) != 0;
        That(!killed || summoned || state.Place == Place.Dead, "a killed thread is left alive");
    }
}
