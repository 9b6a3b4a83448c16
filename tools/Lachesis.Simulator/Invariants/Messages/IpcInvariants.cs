using Lachesis.Abi;
using Lachesis.Core.Ipc;
using Lachesis.Core.Notifications;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Wait;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>What must hold for messages and signals: whoever waits for one is found by whoever brings it, and nobody waits for
/// what is there.</summary>
internal static unsafe class IpcInvariants
{
    internal static void Check(SimulatedSystem system)
    {
        KernelWalk census = system.Walk;
        foreach (nint at in census.Endpoints)
        {
            CheckEndpoint(system, (WaitableObject*)at);
        }

        foreach (nint at in census.Notifications)
        {
            CheckNotification((Notification*)at, census);
        }

        foreach (nint at in census.Replies)
        {
            CheckReply((Reply*)at, census);
        }

        foreach (nint at in census.Threads)
        {
            CheckThread(system, (Thread*)at);
        }

        CheckDying(system);
    }

    private static void CheckEndpoint(SimulatedSystem system, WaitableObject* endpoint)
    {
        Require(endpoint->Kind == ObjectKind.Endpoint, "an endpoint says that it is something else");
        Thread* first = endpoint->Queue.First;
        for (Thread* waiter = first; waiter != null; waiter = waiter->QueueNext)
        {
            Require(waiter->Ipc.Role != IpcRole.None, "a thread waits at an endpoint for nothing");
            Require(
                (waiter->Ipc.Role == IpcRole.Receiving) == (first->Ipc.Role == IpcRole.Receiving),
                "a sender and a receiver wait at one endpoint");
            Require(
                waiter->Context.ResumeMode == UserContext.InFault ? IsSent(system, waiter) : waiter->Ipc.WaitSlot->Owner == waiter->Process,
                "a thread waits through a capability of another process");
            Require(
                waiter->Ipc.Reply == null || waiter->Ipc.Role == IpcRole.Receiving,
                "a thread that waits to send seems to receive calls");
            CheckDirectPathState(waiter);
        }

        CheckOrder(&endpoint->Queue);
        if (system.Shape.Threads <= WaitQueue.MaxOvertaken)
        {
            CheckDeadlines(first);
        }
    }

    // A fault, through a capability of whoever has set the handler, as long as that one keeps its capabilities.
    private static bool IsSent(SimulatedSystem system, Thread* waiter)
    {
        Process* owner = system.Kernel->ProcessOf(waiter->Fault.SentHandlerProcess);
        bool keeps = owner != null && owner->Phase < ProcessPhase.DeletingCapabilities;
        return waiter->Ipc.Role == IpcRole.Calling && (!keeps || waiter->Ipc.WaitSlot->Owner == owner);
    }

    private static void CheckNotification(Notification* notification, KernelWalk census)
    {
        Require(notification->Waitable.Kind == ObjectKind.Notification, "a notification says that it is something else");
        bool waits = notification->Waitable.Queue.First != null;
        Require(notification->Bits == 0 || !waits, "a thread waits for signals that are there");
        CheckOrder(&notification->Waitable.Queue);
        Thread* bound = notification->BoundThread;
        if (bound == null)
        {
            Require(!notification->BoundThreadReceiving, "nobody has a notification bound, and receives");
            return;
        }

        Require(census.WasVisited(bound, VisitKind.InUse), "a notification is bound to a thread whose slot is free");
        Require(bound->Ipc.BoundNotification == notification, "a notification is bound to a thread that does not know");
        Require(
            notification->BoundThreadReceiving == (bound->WaitingFor == &notification->Waitable.Header),
            "a notification does not know whether its thread is receiving");
        Require(notification->Bits == 0 || !notification->BoundThreadReceiving, "a thread receives although it was signalled");
    }

    private static void CheckReply(Reply* reply, KernelWalk census)
    {
        Require(*(ulong*)&reply->Lock == 0, "the lock of a reply object is held");
        Thread* caller = reply->Caller;
        if (caller != null)
        {
            Require(census.WasVisited(caller, VisitKind.InUse), "the caller of a reply object is a thread whose slot is free");
            Require(
                caller->WaitingFor == &reply->Header && caller->WaitingForKind == ObjectKind.Reply,
                "the caller of a reply object does not wait for it");
            CheckDirectPathState(caller);
        }
    }

    private static void CheckThread(SimulatedSystem system, Thread* thread)
    {
        ObjectHeader* header = thread->WaitingFor;
        if (header != null && thread->WaitingForKind == ObjectKind.Reply)
        {
            Require(thread->WaitingIn == null, "a thread waits in a queue and for an answer");
            Require(header->References != 0, "a thread waits for an answer that nobody can give");
            Require(((Reply*)header)->Caller == thread, "a thread waits for an answer that will go to another");
        }

        if (header != null && thread->WaitingForKind == ObjectKind.Notification)
        {
            Require((Notification*)header == thread->Ipc.BoundNotification, "a thread receives signals that are not bound to it");
            Require(thread->Ipc.Role == IpcRole.Receiving && thread->WaitingIn != null, "a thread receives signals and does not wait");
        }

        CheckHandoffGeneration(system, thread);
        bool waits = SimulatedSystem.StateOf(thread).Location == ThreadLocation.Blocked;
        bool called = thread->WaitingIn != null ? thread->Ipc.Role == IpcRole.Calling : thread->WaitingForKind == ObjectKind.Reply;
        Require(
            !waits || thread->Context.ResumeMode != UserContext.InFault || (called && thread->Timer.HeapSlot == 0),
            "a thread that faulted waits for something else than its handler");

        Notification* bound = thread->Ipc.BoundNotification;
        Require(bound == null || bound->BoundThread == thread, "a thread has a notification bound that does not know");
        Require(
            thread->Ipc.Buffer == null || thread->Process->Phase != Core.Processes.ProcessPhase.Alive
                || ((ulong)thread->Ipc.Buffer % IpcBuffer.Bytes == 0),
            "a message buffer lies across pages");
    }

    // Whoever changes what a thread may do also ends the epochs.
    private static void CheckHandoffGeneration(SimulatedSystem system, Thread* thread)
    {
        uint id = (uint)(thread->Ipc.DirectHandoffGeneration & 0xFF);
        if (thread->Ipc.DirectHandoffGeneration == 0 || thread->Ipc.DirectHandoffGeneration != system.Cpu(id)->DirectHandoffGeneration)
        {
            return;
        }

        Require(thread->LastCpu == id, "a thread counts as fit on a cpu that it did not run on last");
        Require(!system.Cpu(id)->RunQueue.TracksRunning, "a thread counts as fit where who runs must be noted");
        Require(thread->RequestedParameters == thread->AppliedParameters, "a thread counts as fit and has new parameters");
        Require(
            new CpuMask(thread->EffectiveAffinity).Has(id) && thread->Process->ExitPending == 0,
            "a thread counts as fit that may not run there");
    }

    // Whoever lets it run by the shortest way looks at nothing else.
    private static void CheckDirectPathState(Thread* waiter) => Require(
        waiter->Ipc.DirectHandoffGeneration == 0
            || (waiter->Timer.Deadline.Nanoseconds == Core.Time.Instant.Never.Nanoseconds
                && (waiter->WaitingFor == null || waiter->WaitingForKind == ObjectKind.Reply)),
        "a thread counts as fit that has a deadline to cancel, or signals to give up");

    // Whoever waits at what nobody holds any more is about to be told.
    private static void CheckDying(SimulatedSystem system)
    {
        int dying = 0;
        for (uint id = 0; id < system.Shape.Cpus; id++)
        {
            Cpu* cpu = system.Cpu(id);
            for (WaitableObject* point = cpu->ObjectsToDestroy; point != null; point = point->NextToDestroy)
            {
                Require(point->Header.References == 0, "an object is taken apart that something holds");
                Require((cpu->WorkPending & (ulong)PendingWork.Teardown) != 0, "an object is left to a cpu that does not know");
                dying++;
            }
        }

        int dead = 0;
        foreach (nint at in system.Walk.Endpoints)
        {
            dead += ((ObjectHeader*)at)->References == 0 ? 1 : 0;
        }

        foreach (nint at in system.Walk.Notifications)
        {
            dead += ((ObjectHeader*)at)->References == 0 ? 1 : 0;
        }

        Require(dead == dying, "an object that nothing holds was left behind");
    }

    // Of one priority, senders stand by deadline.
    private static void CheckDeadlines(Thread* first)
    {
        for (Thread* waiter = first; waiter != null && waiter->Ipc.Role != IpcRole.Receiving; waiter = waiter->QueueNext)
        {
            Thread* next = waiter->QueueNext;
            Require(
                next == null || next->Priority != waiter->Priority || next->CappedDeadline >= waiter->CappedDeadline,
                "a sender stands before one of its priority that must be served earlier");
        }
    }

    // The more urgent first; and the first of each level know each other.
    private static void CheckOrder(WaitQueue* queue)
    {
        Thread* level = null;
        for (Thread* waiter = queue->First; waiter != null; waiter = waiter->QueueNext)
        {
            bool begins = waiter->QueuePrevious == null || waiter->QueuePrevious->Priority != waiter->Priority;
            Require(waiter->PreviousLevelHead == (begins ? level : null), "a level of waiters does not know the one above it");
            Require(!begins || level == null || level->NextLevelHead == waiter, "a level of waiters does not know the one below it");
            Require(begins || waiter->NextLevelHead == null, "a waiter passes for the first of its level");
            level = begins ? waiter : level;
        }

        Require(level == null || level->NextLevelHead == null, "the last level of waiters knows another one below it");
        for (Thread* waiter = queue->First; waiter != null && waiter->QueueNext != null; waiter = waiter->QueueNext)
        {
            Require(waiter->Priority >= waiter->QueueNext->Priority, "a waiter stands before a more urgent one");
        }
    }
}
