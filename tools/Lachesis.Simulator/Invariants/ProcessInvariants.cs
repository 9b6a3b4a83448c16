using System.Collections.Generic;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>What must hold for processes: threads, address spaces, pages, and who takes them apart.</summary>
internal static unsafe class ProcessInvariants
{
    private const uint SlotsPerPage = 256;

    internal static void Check(SimulatedSystem system)
    {
        var listed = new HashSet<nint>();
        ulong living = 0;
        ulong pages = 0;
        List<nint> processes = system.Processes;
        foreach (nint at in processes)
        {
            Process* process = (Process*)at;
            That(*(ulong*)&process->Lock == 0, "a process's lock is held");
            CheckThreads(process, listed);
            CheckLoaded(system, process);
            living += process->Phase == ProcessPhase.Dead ? 0ul : 1;
            That(
                (process->Dying != 0) == (process->Phase != ProcessPhase.Alive),
                "a process ends without dying, or the reverse");
            pages += PagesOfHandles(process);
        }

        foreach (nint thread in system.Threads)
        {
            bool alive = SimulatedSystem.StateOf((Thread*)thread).Place != Place.Dead;
            That(listed.Contains(thread) == alive, "a live thread is missing from its process, or a dead one is listed");
        }

        That(living == system.Kernel->LiveProcesses, "the count of live processes is wrong");
        CheckTeardown(system, processes);
        CheckPages(system, pages);
    }

    private static void CheckThreads(Process* process, HashSet<nint> listed)
    {
        uint count = 0;
        Thread* previous = null;
        for (Thread* thread = process->FirstThread; thread != null; thread = thread->SiblingNext)
        {
            That(listed.Add((nint)thread), "a thread is listed twice");
            That(thread->Process == process, "a thread is listed by a process that is not its own");
            That(thread->SiblingPrevious == previous, "a process's thread list disagrees with itself");
            previous = thread;
            count++;
        }

        That(count == process->LiveThreads, "a process counts its threads wrong");
        That(count != 0 || process->Phase != ProcessPhase.Alive, "a process lives on without a thread");
        That(count == 0 || process->Phase <= ProcessPhase.EndingThreads, "a process is taken apart under its threads");
    }

    private static void CheckLoaded(SimulatedSystem system, Process* process)
    {
        ulong bits = 0;
        for (uint cpu = 0; cpu < system.Shape.Cpus; cpu++)
        {
            bits |= system.Cpu(cpu)->LoadedProcess == process ? 1ul << (int)cpu : 0;
        }

        That(bits == process->LoadedOn, "LoadedOn is not the set of cpus that have the process loaded");
        That(bits == 0 || process->Phase <= ProcessPhase.Unloading, "a cpu has the tables loaded that are being freed");
    }

    private static ulong PagesOfHandles(Process* process)
    {
        uint used = process->Handles.Used;
        return used == 0 ? 0 : 1 + (((ulong)used + SlotsPerPage - 1) / SlotsPerPage);
    }

    // Every process that ends is in the list of exactly one CPU.
    private static void CheckTeardown(SimulatedSystem system, List<nint> processes)
    {
        var ending = new HashSet<nint>();
        for (uint cpu = 0; cpu < system.Shape.Cpus; cpu++)
        {
            for (Process* process = system.Cpu(cpu)->Teardown; process != null; process = process->TeardownNext)
            {
                That(ending.Add((nint)process), "a process is taken apart twice");
            }
        }

        foreach (nint at in processes)
        {
            // A dead one may be kept by the CPU that still has waiters to tell.
            bool kept = ending.Remove(at);
            ProcessPhase phase = ((Process*)at)->Phase;
            That(
                phase == ProcessPhase.Dead || kept == (phase != ProcessPhase.Alive),
                "a process ends and nobody takes it apart, or the reverse");
        }

        That(ending.Count == 0, "a freed process is being taken apart");
    }

    private static void CheckPages(SimulatedSystem system, ulong handlePages)
    {
        ulong used = handlePages + system.Users.PagesHeld;
        That(*(ulong*)&system.Kernel->Pages == 0, "the page allocator's lock is held");
        That(used + system.Kernel->Pages.FreePages == system.Shape.Pages, "pages were lost, or given out twice");
    }
}
