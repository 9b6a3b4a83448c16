using Lachesis.Abi;
using Lachesis.Core.Capabilities;
using Lachesis.Core.Objects;
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
        Census census = system.Census;
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

    private static void CheckList(Census census, Session* session)
    {
        Process* previous = null;
        for (Process* process = session->FirstProcess; process != null; process = process->SessionNext)
        {
            That(census.Has(process, Seen.InUse), "a session lists a process whose slot is free");
            That(census.Meet(process, Seen.InSession), "a process is in the lists of two sessions");
            That(process->Session == session->Header.Index, "a session lists a process of another one");
            That(process->SessionPrevious == previous, "a session's list disagrees with itself");
            previous = process;
        }
    }

    private static void CheckMember(SimulatedSystem system, Process* process)
    {
        Session* session = (Session*)system.Kernel->Sessions.At(process->Session);
        bool listed = system.Census.Has(process, Seen.InSession);
        That(listed == (process->Membership == Membership.Listed), "a process and its session disagree on its membership");
        if (process->Phase == ProcessPhase.Dead)
        {
            That(process->Membership == Membership.Unlisted, "a dead process is in its session");
            return;
        }

        // Each that is not dead counts, and holds its session.
        system.Census.SessionMembers[session->Header.Index]++;
        system.Census.SessionHolders[session->Header.Index]++;
        if (process->Phase == ProcessPhase.Alive)
        {
            That(listed, "a process lives that the end of its session would not reach");
            That(session->Phase <= SessionPhase.EndingProcesses, "a process lives on after the end of its session");
        }
    }

    // Every session that is being ended is in the list of exactly one CPU.
    private static void CountEnding(SimulatedSystem system)
    {
        for (uint cpu = 0; cpu < system.Shape.Cpus; cpu++)
        {
            for (Session* session = system.Cpu(cpu)->EndingSessions; session != null; session = session->NextEnding)
            {
                That(session->Phase is not (SessionPhase.Open or SessionPhase.Emptying), "a session is ended that goes on");
                bool working = session->Phase != SessionPhase.Ended;
                system.Census.SessionHolders[session->Header.Index]++;
                system.Census.SessionMembers[session->Header.Index] += working ? 1u : 0;
            }
        }
    }

    private static void CountHolders(SimulatedSystem system)
    {
        // The simulated boot keeps the first session for good.
        system.Census.SessionHolders[0]++;
        foreach (nint at in system.Census.Threads)
        {
            Thread* thread = (Thread*)at;
            if (thread->WaitingFor != null && thread->WaitingForKind == ObjectKind.Session)
            {
                system.Census.SessionHolders[thread->WaitingFor->Index]++;
            }
        }

        foreach (nint at in system.Census.Processes)
        {
            CapabilitySpace* space = &((Process*)at)->Handles;
            for (uint i = 0; i < space->Used; i++)
            {
                CapabilitySlot* slot = space->SlotAt(i);
                if (slot->Kind == ObjectKind.Session)
                {
                    That(system.Kernel->Sessions.Resolve(slot->Object) != null, "a handle names no session");
                    system.Census.SessionHolders[slot->Object.Index] += CapabilityInvariants.Holders(slot);
                }
            }
        }
    }

    private static void CheckCounts(Census census, Session* session)
    {
        uint index = session->Header.Index;
        That(session->Members == census.SessionMembers[index], "a session counts its members wrong");
        That(session->Header.References == census.SessionHolders[index], "a session counts its holders wrong");
        That(
            session->Phase != SessionPhase.Emptying || session->Members != 0, "a session is empty and nobody has noticed");
        That(session->Phase != SessionPhase.Ended || session->Members == 0, "a session has ended with processes in it");
    }
}
