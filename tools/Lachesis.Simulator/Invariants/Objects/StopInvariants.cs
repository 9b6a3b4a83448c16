using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>What must hold for threads that are suspended or killed: none runs on, and whatever is still due to one, a CPU knows
/// of.</summary>
internal static unsafe class StopInvariants
{
    /// <summary>Also notes the references that remote stops hold.</summary>
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
            Require(system.Walk.WasVisited(thread, VisitKind.InUse), "a remote stop is pending for a thread whose slot is free");
            Require(system.Walk.MarkVisited(thread, VisitKind.RemoteStopPending), "two remote stops are pending for one thread");
            system.Walk.ThreadHolders[thread->Header.Index]++;
        }

        bool works = (cpu->WorkPending & (ulong)PendingWork.RemoteStops) != 0;
        Require(cpu->RemoteStops == 0 || works || system.HasInterrupt(cpu->Id), "a remote stop is pending that no interrupt announces");
    }

    private static void CheckThread(Thread* thread, KernelWalk census)
    {
        ThreadState state = SimulatedSystem.StateOf(thread);
        bool requested = census.WasVisited(thread, VisitKind.RemoteStopPending);
        Require(requested == (thread->RemoteStopPending != 0), "a thread does not know whether a remote stop is pending for it");
        Require((thread->PendingStop == 0) == (thread->EffectiveAffinity != 0), "a thread with a pending stop may run, or one without may not");
        Require(thread->PendingStop != 0 || state.Location != ThreadLocation.Suspended, "a thread stands still though nobody wants it to");
        bool placed = state.Location is ThreadLocation.Running or ThreadLocation.Queued or ThreadLocation.Inbox;
        Require(!placed || thread->PendingStop == 0 || requested, "a thread with a pending stop is left where it could run");
        bool killed = (thread->PendingStop & (ulong)PendingStops.Killed) != 0;
        Require(!killed || requested || state.Location == ThreadLocation.Dead, "a killed thread is left alive");
    }
}
