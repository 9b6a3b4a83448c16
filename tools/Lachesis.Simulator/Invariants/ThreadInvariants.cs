using System.Collections.Generic;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>What must hold for threads: each in exactly one place, and nowhere else.</summary>
internal static unsafe class ThreadInvariants
{
    private const int BucketBytes = 64;

    internal static void Check(SimulatedSystem system, Dictionary<nint, Place> found)
    {
        var waiting = new HashSet<nint>();
        for (ulong at = 0; at < system.ParkMemory.Length; at += BucketBytes)
        {
            CheckQueue((WaitQueue*)(system.ParkMemory.Start + at), waiting);
        }

        List<nint> threads = system.Threads;
        foreach (nint thread in threads)
        {
            CheckQueue(&((Thread*)thread)->Joiners, waiting);
        }

        foreach (nint process in system.Processes)
        {
            CheckQueue(&((Process*)process)->Waiters, waiting);
        }

        That(*(ulong*)&system.Kernel->Threads == 0, "the thread pool's lock is held");
        var live = new HashSet<nint>(threads);
        foreach (nint at in found.Keys)
        {
            That(live.Contains(at), "a queue holds a thread whose slot is free");
        }

        foreach (nint thread in threads)
        {
            CheckThread((Thread*)thread, found, waiting);
        }
    }

    private static void CheckQueue(WaitQueue* queue, HashSet<nint> waiting)
    {
        That(*(ulong*)&queue->Lock == 0, "a wait queue's lock is held");
        Thread* previous = null;
        for (Thread* thread = queue->First; thread != null; thread = thread->QueueNext)
        {
            That(waiting.Add((nint)thread), "a thread is in two wait queues");
            That(thread->WaitingIn == queue, "a wait queue holds a thread that does not wait in it");
            That(thread->QueuePrevious == previous, "a wait queue's links disagree");
            previous = thread;
        }

        That(queue->Last == previous, "a wait queue does not know its last");
    }

    private static void CheckThread(Thread* thread, Dictionary<nint, Place> found, HashSet<nint> waiting)
    {
        ThreadState state = SimulatedSystem.StateOf(thread);
        That(state.Generation == thread->Header.Generation, "a thread's state is of another life");
        bool queued = state.Place is Place.Running or Place.Queued or Place.Inbox;
        That(queued == found.ContainsKey((nint)thread), $"a thread is said to be {state.Place} and was not found there");
        That(
            waiting.Contains((nint)thread) == (thread->WaitingIn != null),
            "a thread waits in a queue that does not hold it");
        That(state.Place is not (Place.Waking or Place.Free), "a thread is left half moved");
        bool blocked = state.Place == Place.Blocked;
        That(blocked || thread->WaitingIn == null, "a thread that is not blocked is in a wait queue");
        That(blocked || thread->WaitingFor == null, "a thread that is not blocked waits for an object");
        That(blocked || thread->TimerSlot == 0, "a thread that is not blocked has a timer");
        That(
            !blocked || (thread->Deadline < Instant.Never) == (thread->TimerSlot != 0),
            "a blocked thread's timer and deadline disagree");
        That(!blocked || thread->WaitingIn != null || thread->TimerSlot != 0, "a thread waits for nothing");
    }
}
