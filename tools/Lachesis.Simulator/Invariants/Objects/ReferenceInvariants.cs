using System.Collections.Generic;
using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;
using Lachesis.Core.Timers;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>Reference counts add up: trees of capabilities, waiters, and the object's own life.</summary>
internal static unsafe class ReferenceInvariants
{
    internal static void Check(SimulatedSystem system)
    {
        KernelWalk census = system.Walk;
        AddDeadWithJoiners(system);
        foreach (nint at in census.Processes)
        {
            Process* process = (Process*)at;
            bool lives = process->Phase != ProcessPhase.Dead || census.WasVisited(process, VisitKind.Ending);
            census.ProcessHolders[process->Header.Index] += lives ? 1ul : 0;
            AddTrees(system, process);
        }

        foreach (nint at in census.Threads)
        {
            Thread* thread = (Thread*)at;
            bool lives = SimulatedSystem.StateOf(thread).Location != ThreadLocation.Dead || census.WasVisited(thread, VisitKind.Ending);
            census.ThreadHolders[thread->Header.Index] += lives ? 1ul : 0;
            Require(thread->Process->Header.References != 0, "the process of a thread is gone, or another's");
            census.ProcessHolders[thread->Process->Header.Index]++;
            AddObject(system, ObjectKind.Notification, (ObjectHeader*)thread->Ipc.BoundNotification);
            AddObject(system, ObjectKind.Ring, (ObjectHeader*)thread->Context.Ring);
            if (thread->WaitingFor != null && thread->WaitingForKind is ObjectKind.Thread or ObjectKind.Process)
            {
                Require(IsEventPending(system, thread), "a thread waits for an end that has come, and nobody will tell it");
                (thread->WaitingForKind == ObjectKind.Thread ? census.ThreadHolders : census.ProcessHolders)
                    [thread->WaitingFor->Index]++;
            }
        }

        foreach (nint timer in census.Timers)
        {
            AddObject(system, ObjectKind.Notification, (ObjectHeader*)((Timer*)timer)->Target);
        }

        foreach (nint at in census.Processes)
        {
            CheckCount(&((Process*)at)->Header, census.ProcessHolders);
        }

        CheckObjects(census, ObjectKind.Endpoint, census.Endpoints);
        CheckObjects(census, ObjectKind.Notification, census.Notifications);
        CheckObjects(census, ObjectKind.Reply, census.Replies);
        CheckObjects(census, ObjectKind.Timer, census.Timers);
        CheckObjects(census, ObjectKind.Ring, census.Rings);

        foreach (nint at in census.Threads)
        {
            CheckCount(&((Thread*)at)->Header, census.ThreadHolders);
        }
    }

    // What a thread waits for has not ended yet, or a CPU still has waiters to tell.
    private static bool IsEventPending(SimulatedSystem system, Thread* waiter)
    {
        ObjectHeader* header = waiter->WaitingFor;
        if (waiter->WaitingForKind == ObjectKind.Thread)
        {
            Thread* thread = (Thread*)system.Kernel->Threads.At(header->Index);
            return SimulatedSystem.StateOf(thread).Location != ThreadLocation.Dead || system.Walk.WasVisited(thread, VisitKind.Ending);
        }

        Process* process = (Process*)system.Kernel->Processes.At(header->Index);
        return process->Phase != ProcessPhase.Dead || system.Walk.WasVisited(process, VisitKind.Ending);
    }

    private static void CheckObjects(KernelWalk census, ObjectKind kind, List<nint> inUse)
    {
        foreach (nint at in inUse)
        {
            CheckCount((ObjectHeader*)at, census.ObjectHolders[(int)kind]);
        }
    }

    // A holder of a small object, which must be alive; the header is the first of it. Nothing for null.
    private static void AddObject(SimulatedSystem system, ObjectKind kind, ObjectHeader* header)
    {
        if (header != null)
        {
            Require(header->References != 0, "something holds an object whose life is over");
            system.Walk.ObjectHolders[(int)kind][header->Index]++;
        }
    }

    private static void CheckCount(ObjectHeader* header, ulong[] holders)
    {
        if (header->References != holders[header->Index])
        {
            throw new InvariantException(
                $"an object counts {header->References} references and {holders[header->Index]} hold it");
        }
    }

    // Dead threads that still have their life's reference, since not all who wait for their end have been told. Processes
    // that end are noted already.
    private static void AddDeadWithJoiners(SimulatedSystem system)
    {
        for (uint cpu = 0; cpu < system.Shape.Cpus; cpu++)
        {
            for (Thread* thread = system.Cpu(cpu)->JoinersToWake; thread != null; thread = thread->SiblingNext)
            {
                Require(system.Walk.MarkVisited(thread, VisitKind.Ending), "the joiners of a thread are told twice");
            }

            for (Session* session = system.Cpu(cpu)->EndingSessions; session != null; session = session->NextToEnd)
            {
                // Who ends a session is kept until that is done.
                system.Walk.ProcessHolders[session->EndingProcess->Header.Index] += session->Phase != SessionPhase.Ended ? 1ul : 0;
            }
        }
    }

    private static void AddTrees(SimulatedSystem system, Process* process)
    {
        for (uint i = 0; i < process->Handles.HighWaterMark; i++)
        {
            CapabilitySlot* slot = process->Handles.SlotAt(i);
            ulong holders = CapabilityInvariants.ReferencesOf(slot);
            if (slot->Kind == ObjectKind.Thread)
            {
                Require(system.Kernel->ThreadOf(slot->Object) != null, "a handle names a thread whose life is over");
                system.Walk.ThreadHolders[slot->Object.Index] += holders;
            }
            else if (slot->Kind == ObjectKind.Process)
            {
                Require(system.Kernel->ProcessOf(slot->Object) != null, "a handle names a process whose life is over");
                system.Walk.ProcessHolders[slot->Object.Index] += holders;
            }
            else if (system.Kernel->PoolOf(slot->Kind) != null)
            {
                var header = (ObjectHeader*)system.Kernel->PoolOf(slot->Kind)->Resolve(slot->Object);
                Require(header != null, "a handle names an object whose life is over");
                AddObject(system, slot->Kind, holders == 0 ? null : header);
            }
        }
    }
}
