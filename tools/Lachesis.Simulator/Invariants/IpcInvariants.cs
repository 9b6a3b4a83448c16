using Lachesis.Abi;
using Lachesis.Core.Ipc;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>What must hold for messages and signals: whoever waits for one is found by whoever brings it, and nobody waits for
/// what is there.</summary>
internal static unsafe class IpcInvariants
{
    internal static void Check(SimulatedSystem system)
    {
        Census census = system.Census;
        foreach (nint at in census.Endpoints)
        {
            CheckEndpoint(system, (MeetingPoint*)at);
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

    private static void CheckEndpoint(SimulatedSystem system, MeetingPoint* endpoint)
    {
        That(endpoint->Kind == ObjectKind.Endpoint, "an endpoint says that it is something else");
        Thread* first = endpoint->Queue.First;
        for (Thread* waiter = first; waiter != null; waiter = waiter->QueueNext)
        {
            That(waiter->Ipc.Role != IpcRole.None, "a thread waits at an endpoint for nothing");
            That(
                (waiter->Ipc.Role == IpcRole.Receiving) == (first->Ipc.Role == IpcRole.Receiving),
                "a sender and a receiver wait at one endpoint");
            That(
                waiter->Context.Interrupted == UserContext.InFault ? IsSent(system, waiter) : waiter->Ipc.Through->Owner == waiter->Process,
                "a thread waits through a capability of another process");
            That(
                waiter->Ipc.Reply == null || waiter->Ipc.Role == IpcRole.Receiving,
                "a thread that waits to send seems to receive calls");
            CheckDetours(waiter);
        }

        CheckOrder(&endpoint->Queue);
        if (system.Shape.Threads <= WaitQueue.MostOvertaken)
        {
            CheckDeadlines(first);
        }
    }

    // A fault, through a capability of whoever has set the handler, as long as that one keeps its capabilities.
    private static bool IsSent(SimulatedSystem system, Thread* waiter)
    {
        Process* owner = system.Kernel->ProcessOf(waiter->Fault.SentThrough);
        bool keeps = owner != null && owner->Phase < ProcessPhase.ClosingHandles;
        return waiter->Ipc.Role == IpcRole.Calling && (!keeps || waiter->Ipc.Through->Owner == owner);
    }

    private static void CheckNotification(Notification* notification, Census census)
    {
        That(notification->Point.Kind == ObjectKind.Notification, "a notification says that it is something else");
        bool waits = notification->Point.Queue.First != null;
        That(notification->Bits == 0 || !waits, "a thread waits for signals that are there");
        CheckOrder(&notification->Point.Queue);
        Thread* bound = notification->Bound;
        if (bound == null)
        {
            That(!notification->BoundReceives, "nobody has a notification bound, and receives");
            return;
        }

        That(census.Has(bound, Seen.InUse), "a notification is bound to a thread whose slot is free");
        That(bound->Ipc.Bound == notification, "a notification is bound to a thread that does not know");
        That(
            notification->BoundReceives == (bound->WaitingFor == &notification->Point.Header),
            "a notification does not know whether its thread is receiving");
        That(notification->Bits == 0 || !notification->BoundReceives, "a thread receives although it was signalled");
    }

    private static void CheckReply(Reply* reply, Census census)
    {
        That(*(ulong*)&reply->Lock == 0, "the lock of a reply object is held");
        Thread* caller = reply->Caller;
        if (caller != null)
        {
            That(census.Has(caller, Seen.InUse), "the caller of a reply object is a thread whose slot is free");
            That(
                caller->WaitingFor == &reply->Header && caller->WaitingForKind == ObjectKind.Reply,
                "the caller of a reply object does not wait for it");
            CheckDetours(caller);
        }
    }

    private static void CheckThread(SimulatedSystem system, Thread* thread)
    {
        ObjectHeader* header = thread->WaitingFor;
        if (header != null && thread->WaitingForKind == ObjectKind.Reply)
        {
            That(thread->WaitingIn == null, "a thread waits in a queue and for an answer");
            That(header->References != 0, "a thread waits for an answer that nobody can give");
            That(((Reply*)header)->Caller == thread, "a thread waits for an answer that will go to another");
        }

        if (header != null && thread->WaitingForKind == ObjectKind.Notification)
        {
            That((Notification*)header == thread->Ipc.Bound, "a thread receives signals that are not bound to it");
            That(thread->Ipc.Role == IpcRole.Receiving && thread->WaitingIn != null, "a thread receives signals and does not wait");
        }

        CheckFitness(system, thread);
        bool waits = SimulatedSystem.StateOf(thread).Place == Place.Blocked;
        bool called = thread->WaitingIn != null ? thread->Ipc.Role == IpcRole.Calling : thread->WaitingForKind == ObjectKind.Reply;
        That(
            !waits || thread->Context.Interrupted != UserContext.InFault || (called && thread->Timer.Slot == 0),
            "a thread that faulted waits for something else than its handler");

        Notification* bound = thread->Ipc.Bound;
        That(bound == null || bound->Bound == thread, "a thread has a notification bound that does not know");
        That(
            thread->Ipc.Buffer == null || thread->Process->Phase != Core.Processes.ProcessPhase.Alive
                || ((ulong)thread->Ipc.Buffer % IpcBuffer.Bytes == 0),
            "a message buffer lies across pages");
    }

    // Whoever changes what a thread may do also ends the epochs.
    private static void CheckFitness(SimulatedSystem system, Thread* thread)
    {
        uint id = (uint)(thread->Ipc.FitAt & 0xFF);
        if (thread->Ipc.FitAt == 0 || thread->Ipc.FitAt != system.Cpu(id)->Epoch)
        {
            return;
        }

        That(thread->LastCpu == id, "a thread counts as fit on a cpu that it did not run on last");
        That(!system.Cpu(id)->RunQueue.TracksRunning, "a thread counts as fit where who runs must be noted");
        That(thread->WantedParameters == thread->AppliedParameters, "a thread counts as fit and has new parameters");
        That(
            new CpuMask(thread->AffinityBits).Has(id) && thread->Process->Dying == 0,
            "a thread counts as fit that may not run there");
    }

    // Whoever lets it run by the shortest way looks at nothing else.
    private static void CheckDetours(Thread* waiter) => That(
        waiter->Ipc.FitAt == 0
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
            for (MeetingPoint* point = cpu->DyingPoints; point != null; point = point->NextDying)
            {
                That(point->Header.References == 0, "an object is taken apart that something holds");
                That((cpu->WorkPending & (ulong)PendingWork.Teardown) != 0, "an object is left to a cpu that does not know");
                dying++;
            }
        }

        int dead = 0;
        foreach (nint at in system.Census.Endpoints)
        {
            dead += ((ObjectHeader*)at)->References == 0 ? 1 : 0;
        }

        foreach (nint at in system.Census.Notifications)
        {
            dead += ((ObjectHeader*)at)->References == 0 ? 1 : 0;
        }

        That(dead == dying, "an object that nothing holds was left behind");
    }

    // Of one priority, senders stand by deadline.
    private static void CheckDeadlines(Thread* first)
    {
        for (Thread* waiter = first; waiter != null && waiter->Ipc.Role != IpcRole.Receiving; waiter = waiter->QueueNext)
        {
            Thread* next = waiter->QueueNext;
            That(
                next == null || next->Priority != waiter->Priority || next->Due >= waiter->Due,
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
            That(waiter->LevelPrevious == (begins ? level : null), "a level of waiters does not know the one above it");
            That(!begins || level == null || level->LevelNext == waiter, "a level of waiters does not know the one below it");
            That(begins || waiter->LevelNext == null, "a waiter passes for the first of its level");
            level = begins ? waiter : level;
        }

        That(level == null || level->LevelNext == null, "the last level of waiters knows another one below it");
        for (Thread* waiter = queue->First; waiter != null && waiter->QueueNext != null; waiter = waiter->QueueNext)
        {
            That(waiter->Priority >= waiter->QueueNext->Priority, "a waiter stands before a more urgent one");
        }
    }
}
