using Lachesis.Core.Processes;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>What must hold for processes: threads, address spaces, pages, and who takes them apart.</summary>
internal static unsafe class ProcessInvariants
{
    internal static void Check(SimulatedSystem system)
    {
        ulong living = 0;
        ulong pages = 0;
        KernelWalk census = system.Walk;
        foreach (nint at in census.Processes)
        {
            Process* process = (Process*)at;
            Require(*(ulong*)&process->Lock == 0, "a process's lock is held");
            CheckThreads(process, census);
            CheckLoaded(system, process);
            living += process->Phase == ProcessPhase.Dead ? 0ul : 1;
            Require(
                (process->ExitPending != 0) == (process->Phase != ProcessPhase.Alive),
                "a process ends without dying, or the reverse");
            pages += process->Handles.Pages;
        }

        foreach (nint thread in census.Threads)
        {
            bool alive = SimulatedSystem.StateOf((Thread*)thread).Location != ThreadLocation.Dead;
            Require(
                census.WasVisited((Thread*)thread, VisitKind.Listed) == alive,
                "a live thread is missing from its process, or a dead one is listed");
        }

        // The dead ones count until whoever took them apart has told all who waited; so do sessions that are being ended.
        for (uint cpu = 0; cpu < system.Shape.Cpus; cpu++)
        {
            for (Process* process = system.Cpu(cpu)->TeardownProcesses; process != null; process = process->TeardownNext)
            {
                living += process->Phase == ProcessPhase.Dead ? 1ul : 0;
            }

            for (Session* session = system.Cpu(cpu)->EndingSessions; session != null; session = session->NextToEnd)
            {
                living++;
            }
        }

        Require(living == system.Kernel->LiveProcesses, "the count of live processes is wrong");
        CheckTeardown(system);
        CheckPages(system, pages);
    }

    private static void CheckThreads(Process* process, KernelWalk census)
    {
        uint count = 0;
        Thread* previous = null;
        for (Thread* thread = process->FirstThread; thread != null; thread = thread->SiblingNext)
        {
            Require(census.MarkVisited(thread, VisitKind.Listed), "a thread is listed twice");
            Require(thread->Process == process, "a thread is listed by a process that is not its own");
            Require(thread->SiblingPrevious == previous, "a process's thread list disagrees with itself");
            previous = thread;
            count++;
        }

        Require(count == process->LiveThreads, "a process counts its threads wrong");
        Require(count != 0 || process->Phase != ProcessPhase.Alive, "a process lives on without a thread");
        Require(count == 0 || process->Phase <= ProcessPhase.EndingThreads, "a process is taken apart under its threads");
    }

    private static void CheckLoaded(SimulatedSystem system, Process* process)
    {
        ulong bits = 0;
        for (uint cpu = 0; cpu < system.Shape.Cpus; cpu++)
        {
            bits |= system.Cpu(cpu)->LoadedProcess == process ? 1ul << (int)cpu : 0;
        }

        Require(bits == process->LoadedCpus, "LoadedOn is not the set of cpus that have the process loaded");
        Require(bits == 0 || process->Phase <= ProcessPhase.Unloading, "a cpu has the tables loaded that are being freed");
    }

    // Every process that ends is in the list of exactly one CPU.
    private static void CheckTeardown(SimulatedSystem system)
    {
        KernelWalk census = system.Walk;
        for (uint cpu = 0; cpu < system.Shape.Cpus; cpu++)
        {
            for (Process* process = system.Cpu(cpu)->TeardownProcesses; process != null; process = process->TeardownNext)
            {
                Require(census.WasVisited(process, VisitKind.InUse), "a freed process is being taken apart");
                Require(census.MarkVisited(process, VisitKind.Ending), "a process is taken apart twice");
            }
        }

        foreach (nint at in census.Processes)
        {
            // A dead one may be kept by the CPU that still has waiters to tell.
            bool kept = census.WasVisited((Process*)at, VisitKind.Ending);
            ProcessPhase phase = ((Process*)at)->Phase;
            Require(
                phase == ProcessPhase.Dead || kept == (phase != ProcessPhase.Alive),
                "a process ends and nobody takes it apart, or the reverse");
        }
    }

    private static void CheckPages(SimulatedSystem system, ulong handlePages)
    {
        ulong used = handlePages + system.Users.PagesHeld;
        Require(*(ulong*)&system.Kernel->Pages == 0, "the page allocator's lock is held");
        Require(used + system.Kernel->Pages.FreePages == system.Shape.Pages, "pages were lost, or given out twice");
    }
}
