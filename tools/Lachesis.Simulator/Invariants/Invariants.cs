using Lachesis.Core.Threads;

namespace Lachesis.Simulator;

/// <summary>
/// What must hold whenever every CPU is outside of the kernel. One walk over all that the kernel keeps: nothing is taken
/// on trust, counts are counted and links followed.
/// </summary>
internal static unsafe class Invariants
{
    /// <summary>Throws <see cref="InvariantException"/> if anything does not hold.</summary>
    public static void Check(SimulatedSystem system)
    {
        system.Walk.Begin(system);
        CheckCpus(system);
        ThreadInvariants.Check(system);
        TimerInvariants.Check(system);
        ProcessInvariants.Check(system);
        IpcInvariants.Check(system);
        SessionInvariants.Check(system);
        RingInvariants.Check(system);
        StopInvariants.Check(system);
        ReferenceInvariants.Check(system);
        CapabilityInvariants.Check(system);
        LedgerInvariants.Check(system);
        if (system.Interleaver == null)
        {
            CheckEntry(system);
        }
    }

    /// <summary>Of the same, what an entry is judged by that scheduled threads and did little else: where each thread is, what was
    /// picked, how long each ran and waited. No CPU was in the middle of another's entry.</summary>
    public static void CheckScheduling(SimulatedSystem system)
    {
        system.Walk.BeginThreads(system);
        CheckCpus(system);
        CheckEntry(system);
    }

    /// <summary>Throws if <paramref name="condition"/> does not hold.</summary>
    internal static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new InvariantException(message);
        }
    }

    /// <summary>Notes that a thread was found in a place; it may be found only once, and its state must say so.</summary>
    internal static void RecordLocation(KernelWalk census, Thread* thread, ThreadLocation place, uint cpu)
    {
        Require(census.MarkVisited(thread, VisitKind.Located), "a thread is in two places");
        ThreadState state = SimulatedSystem.StateOf(thread);
        if (state.Location != place || (place != ThreadLocation.Blocked && state.Cpu != cpu)
            || state.Generation != thread->Header.Generation)
        {
            throw new InvariantException(
                $"a thread is {place} on cpu {cpu}, its state says {state.Location} on cpu {state.Cpu}");
        }
    }

    private static void CheckCpus(SimulatedSystem system)
    {
        for (uint cpu = 0; cpu < system.Shape.Cpus; cpu++)
        {
            CpuInvariants.Check(system, cpu);
        }
    }

    private static void CheckEntry(SimulatedSystem system)
    {
        system.Times.Check(system);
        system.Picks.Check();
    }
}
