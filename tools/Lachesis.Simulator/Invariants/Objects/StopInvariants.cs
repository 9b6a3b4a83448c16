using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>What must hold for threads that are suspended or killed: none runs on, and whatever is still due to one, a CPU knows
/// of.</summary>
internal static unsafe class StopInvariants
{
    /// <summary>Also notes the references that summons hold.</summary>
    internal static void Check(SimulatedSystem system)
    {
        for (uint id = 0; id < system.Shape.Cpus; id++)
        {
            CheckSummons(system, system.Cpu(id));
        }

        foreach (nint at in system.Walk.Threads)
        {
            CheckThread((Thread*)at, system.Walk);
        }
    }

    private static void CheckSummons(SimulatedSystem system, Cpu* cpu)
    {
        for (Thread* thread = (Thread*)cpu->RemoteStops; thread != null; thread = thread->RemoteStopNext)
        {
            Require(system.Walk.WasVisited(thread, VisitKind.InUse), "a cpu is summoned for a thread whose slot is free");
            Require(system.Walk.MarkVisited(thread, VisitKind.RemoteStopPending), "two cpus are summoned for one thread");
            system.Walk.ThreadHolders[thread->Header.Index]++;
        }

        bool works = (cpu->WorkPending & (ulong)PendingWork.RemoteStops) != 0;
        Require(cpu->RemoteStops == 0 || works || system.HasInterrupt(cpu->Id), "a cpu is summoned that nobody tells");
    }

    private static void CheckThread(Thread* thread, KernelWalk census)
    {
        ThreadState state = SimulatedSystem.StateOf(thread);
        bool summoned = census.WasVisited(thread, VisitKind.RemoteStopPending);
        Require(summoned == (thread->RemoteStopPending != 0), "a thread does not know whether a cpu is summoned for it");
        Require((thread->PendingStop == 0) == (thread->EffectiveAffinity != 0), "a thread with a fate may run, or one without may not");
        Require(thread->PendingStop != 0 || state.Location != ThreadLocation.Suspended, "a thread stands still though nobody wants it to");
        bool placed = state.Location is ThreadLocation.Running or ThreadLocation.Queued or ThreadLocation.Inbox;
        Require(!placed || thread->PendingStop == 0 || summoned, "a thread with a fate is left where it could run");
        bool killed = (thread->PendingStop & (ulong)PendingStops.Killed) != 0;
        Require(!killed || summoned || state.Location == ThreadLocation.Dead, "a killed thread is left alive");
    }
}
