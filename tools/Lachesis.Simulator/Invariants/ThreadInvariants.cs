using System;
using Lachesis.Abi;
using Lachesis.Core.Ipc;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>What must hold for threads: each in exactly one place, and nowhere else.</summary>
internal static unsafe class ThreadInvariants
{
    private const int BucketBytes = 64;

    internal static void Check(SimulatedSystem system)
    {
        Census census = system.Census;
        for (ulong at = 0; at < system.ParkMemory.Length; at += BucketBytes)
        {
            CheckQueue((WaitQueue*)(system.ParkMemory.Start + at), census);
        }

        foreach (nint thread in census.Threads)
        {
            CheckQueue(&((Thread*)thread)->Joiners, census);
        }

        foreach (nint process in census.Processes)
        {
            CheckQueue(&((Process*)process)->Waiters, census);
        }

        foreach (nint endpoint in census.Endpoints)
        {
            CheckQueue(&((MeetingPoint*)endpoint)->Queue, census);
        }

        foreach (nint notification in census.Notifications)
        {
            CheckQueue(&((MeetingPoint*)notification)->Queue, census);
        }

        foreach (nint session in census.Sessions)
        {
            CheckQueue(&((Session*)session)->Waiters, census);
        }

        That(*(ulong*)&system.Kernel->Threads == 0, "the thread pool's lock is held");
        foreach (nint thread in census.Threads)
        {
            CheckThread((Thread*)thread, census);
        }
    }

    private static void CheckQueue(WaitQueue* queue, Census census)
    {
        That(*(ulong*)&queue->Lock == 0, "a wait queue's lock is held");
        Thread* previous = null;
        for (Thread* thread = queue->First; thread != null; thread = thread->QueueNext)
        {
            That(census.Has(thread, Seen.InUse), "a wait queue holds a thread whose slot is free");
            That(census.Meet(thread, Seen.Waiting), "a thread is in two wait queues");
            That(thread->WaitingIn == queue, "a wait queue holds a thread that does not wait in it");
            That(thread->QueuePrevious == previous, "a wait queue's links disagree");
            previous = thread;
        }

        That(queue->Last == previous, "a wait queue does not know its last");
    }

    private static void CheckThread(Thread* thread, Census census)
    {
        ThreadState state = SimulatedSystem.StateOf(thread);
        That(state.Generation == thread->Header.Generation, "a thread's state is of another life");
        bool queued = state.Place is Place.Running or Place.Queued or Place.Inbox;
        That(queued == census.Has(thread, Seen.Placed), "a thread is said to be somewhere and was not found there");
        That(
            census.Has(thread, Seen.Waiting) == (thread->WaitingIn != null),
            "a thread waits in a queue that does not hold it");
        That(state.Place is not (Place.Waking or Place.Free), "a thread is left half moved");
        bool blocked = state.Place == Place.Blocked;
        That(blocked || thread->WaitingIn == null, "a thread that is not blocked is in a wait queue");
        That(blocked || thread->WaitingFor == null, "a thread that is not blocked waits for an object");
        That(blocked || thread->Timer.Slot == 0, "a thread that is not blocked has a timer");
        That(
            !blocked || (thread->Timer.Deadline < Instant.Never) == (thread->Timer.Slot != 0),
            "a blocked thread's timer and deadline disagree");
        bool absent = blocked || state.Place is Place.Inbox or Place.Suspended;
        That(
            !absent || Math.Abs(LagWatch.InService(thread->Fair.Lag, thread->Weight)) <= LagSums.MostKept(thread),
            "a thread keeps more lag than its request explains");
        bool called = thread->WaitingFor != null && thread->WaitingForKind == ObjectKind.Reply;
        That(!blocked || thread->WaitingIn != null || thread->Timer.Slot != 0 || called, "a thread waits for nothing");
    }
}
