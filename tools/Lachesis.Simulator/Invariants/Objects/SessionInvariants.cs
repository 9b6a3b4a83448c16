using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>What must hold for sessions: who is in them, who holds them, and that one that has ended its processes has none that
/// lives.</summary>
internal static unsafe class SessionInvariants
{
    internal static void Check(SimulatedSystem system)
    {
        KernelWalk census = system.Walk;
        foreach (nint at in census.Sessions)
        {
            CheckList(census, (Session*)at);
        }

        CountHolders(system);
        foreach (nint at in census.Processes)
        {
            CheckMember(system, (Process*)at);
        }

        CountEnding(system);
        foreach (nint at in census.Sessions)
        {
            CheckCounts(census, (Session*)at);
        }
    }

    private static void CheckList(KernelWalk census, Session* session)
    {
        Process* previous = null;
        for (Process* process = session->FirstProcess; process != null; process = process->SessionNext)
        {
            Require(census.WasVisited(process, VisitKind.InUse), "a session lists a process whose slot is free");
            Require(census.MarkVisited(process, VisitKind.InSession), "a process is in the lists of two sessions");
            Require(process->Session == session->Header.Index, "a session lists a process of another one");
            Require(process->SessionPrevious == previous, "a session's list disagrees with itself");
            previous = process;
        }
    }

    private static void CheckMember(SimulatedSystem system, Process* process)
    {
        Session* session = (Session*)system.Kernel->Sessions.At(process->Session);
        bool listed = system.Walk.WasVisited(process, VisitKind.InSession);
        Require(listed == (process->SessionMembership == SessionMembership.Listed), "a process and its session disagree on its membership");
        if (process->Phase == ProcessPhase.Dead)
        {
            Require(process->SessionMembership == SessionMembership.Unlisted, "a dead process is in its session");
            return;
        }

        // Each that is not dead counts, and holds its session.
        system.Walk.SessionMembers[session->Header.Index]++;
        system.Walk.SessionHolders[session->Header.Index]++;
        if (process->Phase == ProcessPhase.Alive)
        {
            Require(listed, "a process lives that the end of its session would not reach");
            Require(session->Phase <= SessionPhase.EndingProcesses, "a process lives on after the end of its session");
        }
    }

    // Every session that is being ended is in the list of exactly one CPU.
    private static void CountEnding(SimulatedSystem system)
    {
        for (uint cpu = 0; cpu < system.Shape.Cpus; cpu++)
        {
            for (Session* session = system.Cpu(cpu)->EndingSessions; session != null; session = session->NextToEnd)
            {
                Require(session->Phase is not (SessionPhase.Open or SessionPhase.DrainingProcesses), "a session is ended that goes on");
                bool working = session->Phase != SessionPhase.Ended;
                system.Walk.SessionHolders[session->Header.Index]++;
                system.Walk.SessionMembers[session->Header.Index] += working ? 1u : 0;
            }
        }
    }

    private static void CountHolders(SimulatedSystem system)
    {
        // The simulated boot keeps the first session for good.
        system.Walk.SessionHolders[0]++;
        foreach (nint at in system.Walk.Threads)
        {
            Thread* thread = (Thread*)at;
            if (thread->WaitingFor != null && thread->WaitingForKind == ObjectKind.Session)
            {
                system.Walk.SessionHolders[thread->WaitingFor->Index]++;
            }
        }

        foreach (nint at in system.Walk.Processes)
        {
            CapabilitySpace* space = &((Process*)at)->Handles;
            for (uint i = 0; i < space->HighWaterMark; i++)
            {
                CapabilitySlot* slot = space->SlotAt(i);
                if (slot->Kind == ObjectKind.Session)
                {
                    Require(system.Kernel->Sessions.Resolve(slot->Object) != null, "a handle names no session");
                    system.Walk.SessionHolders[slot->Object.Index] += CapabilityInvariants.ReferencesOf(slot);
                }
            }
        }
    }

    private static void CheckCounts(KernelWalk census, Session* session)
    {
        uint index = session->Header.Index;
        Require(session->MemberCount == census.SessionMembers[index], "a session counts its members wrong");
        Require(session->Header.References == census.SessionHolders[index], "a session counts its holders wrong");
        Require(
            session->Phase != SessionPhase.DrainingProcesses || session->MemberCount != 0, "a session is empty and nobody has noticed");
        Require(session->Phase != SessionPhase.Ended || session->MemberCount == 0, "a session has ended with processes in it");
    }
}
