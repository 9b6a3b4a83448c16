using System.Collections.Generic;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>Reference counts add up: handles, waiters, and the object's own life.</summary>
internal static unsafe class ReferenceInvariants
{
    internal static void Check(SimulatedSystem system)
    {
        var holders = new Dictionary<nint, ulong>();
        HashSet<nint> kept = KeptUntilTold(system);
        foreach (nint at in system.Processes)
        {
            Process* process = (Process*)at;
            Add(holders, &process->Header, process->Phase == ProcessPhase.Dead && !kept.Contains(at) ? 0ul : 1);
            AddHandles(system, process, holders);
        }

        foreach (nint at in system.Threads)
        {
            Thread* thread = (Thread*)at;
            Add(holders, &thread->Header, SimulatedSystem.StateOf(thread).Place == Place.Dead && !kept.Contains(at) ? 0ul : 1);
            if (thread->WaitingFor != null)
            {
                Add(holders, thread->WaitingFor, 1);
            }
        }

        foreach ((nint header, ulong count) in holders)
        {
            ulong references = ((ObjectHeader*)header)->References;
            if (references != count)
            {
                throw new InvariantException($"an object counts {references} references and {count} hold it");
            }
        }
    }

    // Dead objects that still have their life's reference, since not all who wait for their end have been told.
    private static HashSet<nint> KeptUntilTold(SimulatedSystem system)
    {
        var kept = new HashSet<nint>();
        for (uint cpu = 0; cpu < system.Shape.Cpus; cpu++)
        {
            for (Thread* thread = system.Cpu(cpu)->Farewells; thread != null; thread = thread->SiblingNext)
            {
                That(kept.Add((nint)thread), "the joiners of a thread are told twice");
            }

            for (Process* process = system.Cpu(cpu)->Teardown; process != null; process = process->TeardownNext)
            {
                kept.Add((nint)process);
            }
        }

        return kept;
    }

    private static void AddHandles(SimulatedSystem system, Process* process, Dictionary<nint, ulong> holders)
    {
        bool closing = process->Phase == ProcessPhase.ClosingHandles;
        uint first = closing ? (uint)process->TeardownCursor : 0;
        for (uint i = first; i < process->Handles.Used; i++)
        {
            HandleSlot* slot = process->Handles.SlotAt(i);
            if (slot->Kind == ObjectKind.Thread)
            {
                Thread* thread = system.Kernel->ThreadOf(slot->Object);
                That(thread != null, "a handle names a thread whose life is over");
                Add(holders, &thread->Header, 1);
            }
            else if (slot->Kind == ObjectKind.Process)
            {
                Process* named = system.Kernel->ProcessOf(slot->Object);
                That(named != null, "a handle names a process whose life is over");
                Add(holders, &named->Header, 1);
            }
        }
    }

    private static void Add(Dictionary<nint, ulong> holders, ObjectHeader* header, ulong count) =>
        holders[(nint)header] = holders.GetValueOrDefault((nint)header) + count;
}
