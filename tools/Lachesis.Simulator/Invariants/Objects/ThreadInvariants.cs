using System;
using Lachesis.Abi;
using Lachesis.Core.Processes;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Wait;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>What must hold for threads: each in exactly one place, and nowhere else.</summary>
internal static unsafe class ThreadInvariants
{
    private const int BucketBytes = 64;

    internal static void Check(SimulatedSystem system)
    {
        KernelWalk census = system.Walk;
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
            CheckQueue(&((WaitableObject*)endpoint)->Queue, census);
        }

        foreach (nint notification in census.Notifications)
        {
            CheckQueue(&((WaitableObject*)notification)->Queue, census);
        }

        foreach (nint session in census.Sessions)
        {
            CheckQueue(&((Session*)session)->Waiters, census);
        }

        Require(*(ulong*)&system.Kernel->Threads == 0, "the thread pool's lock is held");
        foreach (nint thread in census.Threads)
        {
            CheckThread((Thread*)thread, census);
        }
    }

    private static void CheckQueue(WaitQueue* queue, KernelWalk census)
    {
        Require(*(ulong*)&queue->Lock == 0, "a wait queue's lock is held");
        Thread* previous = null;
        for (Thread* thread = queue->First; thread != null; thread = thread->QueueNext)
        {
            Require(census.WasVisited(thread, VisitKind.InUse), "a wait queue holds a thread whose slot is free");
            Require(census.MarkVisited(thread, VisitKind.Waiting), "a thread is in two wait queues");
            Require(thread->WaitingIn == queue, "a wait queue holds a thread that does not wait in it");
            Require(thread->QueuePrevious == previous, "a wait queue's links disagree");
            previous = thread;
        }

        Require(queue->Last == previous, "a wait queue does not know its last");
    }

    private static void CheckThread(Thread* thread, KernelWalk census)
    {
        ThreadState state = SimulatedSystem.StateOf(thread);
        Require(state.Generation == thread->Header.Generation, "a thread's state is of another life");
        bool queued = state.Location is ThreadLocation.Running or ThreadLocation.Queued or ThreadLocation.Inbox;
        Require(queued == census.WasVisited(thread, VisitKind.Located), "a thread is said to be somewhere and was not found there");
        Require(
            census.WasVisited(thread, VisitKind.Waiting) == (thread->WaitingIn != null),
            "a thread waits in a queue that does not hold it");
        Require(state.Location is not (ThreadLocation.Claimed or ThreadLocation.Free), "a thread is left half moved");
        bool blocked = state.Location == ThreadLocation.Blocked;
        Require(blocked || thread->WaitingIn == null, "a thread that is not blocked is in a wait queue");
        Require(blocked || thread->WaitingFor == null, "a thread that is not blocked waits for an object");
        Require(blocked || thread->Timer.HeapSlot == 0, "a thread that is not blocked has a timer");
        Require(
            !blocked || (thread->Timer.Deadline < Instant.Never) == (thread->Timer.HeapSlot != 0),
            "a blocked thread's timer and deadline disagree");
        bool absent = blocked || state.Location is ThreadLocation.Inbox or ThreadLocation.Suspended;
        Require(
            !absent || Math.Abs(LagWatch.ToServiceTime(thread->Fair.Lag, thread->Weight)) <= LagSums.MaxKeptLag(thread),
            "a thread keeps more lag than its request explains");
        bool called = thread->WaitingFor != null && thread->WaitingForKind == ObjectKind.Reply;
        Require(!blocked || thread->WaitingIn != null || thread->Timer.HeapSlot != 0 || called, "a thread waits for nothing");
    }
}
