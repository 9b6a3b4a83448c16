using Lachesis.Core.Ipc;
using Lachesis.Core.Machine;
using Lachesis.Core.Notifications;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Rings;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;
using Lachesis.Core.Timers;
using Lachesis.Core.Wait;

namespace Lachesis.Core.Check;

/// <summary>Looks through all that threads, timers and other objects can be listed in for what names one whose life is
/// over.</summary>
/// <remarks>Nothing is stopped meanwhile: each list is looked through under its lock, or, where only its CPU takes things out of
/// it, on that CPU.</remarks>
public static unsafe class StaleEntries<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>How many stale entries the calling CPU's own queues have: of runnable threads, threads on their way to it,
    /// remote stops, timers, and all that it takes apart.</summary>
    public static uint CountInCpu(Cpu* cpu) =>
        InRunQueue(cpu) + InInboxes(cpu) + InTimers(cpu) + InTeardownWork(cpu)
        + (cpu->LoadedProcess != null && cpu->LoadedProcess->Header.References == 0 ? 1u : 0);

    /// <summary>How many objects there are in whose queues threads can be: of every pool, then the buckets of the park
    /// table.</summary>
    public static ulong ObjectCount(Kernel* kernel) =>
        (ulong)kernel->Endpoints.HighWaterMark + kernel->Notifications.HighWaterMark + kernel->Replies.HighWaterMark + kernel->Timers.HighWaterMark
        + kernel->Rings.HighWaterMark + kernel->Sessions.HighWaterMark + kernel->Processes.HighWaterMark + kernel->Threads.HighWaterMark + kernel->ParkTable.BucketCount;

    /// <summary>How many stale entries the object of that number, below <see cref="ObjectCount"/>, has.</summary>
    public static uint CountInObject(Cpu* cpu, ulong objectNumber)
    {
        Kernel* kernel = cpu->Kernel;
        uint index = (uint)objectNumber;
        return IsIn(&kernel->Endpoints, ref index) ? InQueue(cpu, &((WaitableObject*)kernel->Endpoints.At(index))->Queue)
            : IsIn(&kernel->Notifications, ref index) ? InNotification(cpu, (Notification*)kernel->Notifications.At(index))
            : IsIn(&kernel->Replies, ref index) ? InReply(cpu, (Reply*)kernel->Replies.At(index))
            : IsIn(&kernel->Timers, ref index) ? InTimer(cpu, (Timer*)kernel->Timers.At(index))
            : IsIn(&kernel->Rings, ref index) ? InRing((Ring*)kernel->Rings.At(index))
            : IsIn(&kernel->Sessions, ref index) ? InSession(cpu, (Session*)kernel->Sessions.At(index))
            : IsIn(&kernel->Processes, ref index) ? InProcess(cpu, (Process*)kernel->Processes.At(index))
            : IsIn(&kernel->Threads, ref index) ? InQueue(cpu, &((Thread*)kernel->Threads.At(index))->Joiners)
            : index < kernel->ParkTable.BucketCount ? InQueue(cpu, kernel->ParkTable.QueueAt(index))
            : 0;
    }

    // Whether the object is in this pool; else what remains of its number behind it.
    private static bool IsIn(Pool* pool, ref uint index)
    {
        if (index < pool->HighWaterMark)
        {
            return true;
        }

        index -= pool->HighWaterMark;
        return false;
    }

    private static uint InRunQueue(Cpu* cpu)
    {
        uint stale = 0;
        cpu->RunQueue.Acquire<TMachine>(cpu);
        for (Thread* thread = cpu->RunQueue.First; thread != null; thread = cpu->RunQueue.After(thread))
        {
            ThreadState state = StateOf(thread);
            stale += IsLive(thread) && state.Location == ThreadLocation.Queued && state.Cpu == cpu->Id ? 0u : 1;
        }

        cpu->RunQueue.Release<TMachine>(cpu);
        return stale;
    }

    // Others push onto these; what is there already stays as it is until this CPU takes it.
    private static uint InInboxes(Cpu* cpu)
    {
        uint stale = 0;
        for (Thread* thread = (Thread*)TMachine.Load(&cpu->Inbox); thread != null; thread = thread->QueueNext)
        {
            stale += IsLive(thread) && StateOf(thread).Location == ThreadLocation.Inbox ? 0u : 1;
        }

        for (Thread* thread = (Thread*)TMachine.Load(&cpu->RemoteStops); thread != null; thread = thread->RemoteStopNext)
        {
            // It may have ended; then the request holds the last reference.
            stale += thread->Header.References != 0 ? 0u : 1;
        }

        return stale;
    }

    private static uint InTimers(Cpu* cpu)
    {
        uint stale = 0;
        cpu->Timers.Lock.Acquire<TMachine>(cpu, LockRank.TimerQueue);
        for (uint i = 0; i < cpu->Timers.Count; i++)
        {
            TimerNode* node = cpu->Timers.At(i);
            bool lives = node->OwnerKind == TimerOwnerKind.Thread ? IsWaiting(Thread.FromTimerNode(node)) : Timer.FromNode(node)->Header.References != 0;
            stale += lives && node->HeapSlot == i + 1 && node->Cpu == cpu->Id ? 0u : 1;
        }

        cpu->Timers.Lock.Release<TMachine>(cpu, LockRank.TimerQueue);
        return stale;
    }

    private static uint InTeardownWork(Cpu* cpu)
    {
        uint stale = 0;
        for (Thread* thread = cpu->JoinersToWake; thread != null; thread = thread->SiblingNext)
        {
            stale += thread->Header.References != 0 && StateOf(thread).Location == ThreadLocation.Dead ? 0u : 1;
        }

        for (Process* process = cpu->TeardownProcesses; process != null; process = process->TeardownNext)
        {
            stale += process->Header.References != 0 && process->Phase != ProcessPhase.Alive ? 0u : 1;
        }

        for (WaitableObject* point = cpu->ObjectsToDestroy; point != null; point = point->NextToDestroy)
        {
            // Nobody can name it any more; its waiters are found in its queue.
            stale += point->Header.References == 0 ? 0u : 1;
        }

        for (Session* session = cpu->EndingSessions; session != null; session = session->NextToEnd)
        {
            stale += session->Header.References != 0 && session->Phase != SessionPhase.Open ? 0u : 1;
        }

        return stale;
    }

    private static uint InQueue(Cpu* cpu, WaitQueue* queue)
    {
        uint stale = 0;
        queue->Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        for (Thread* thread = queue->First; thread != null; thread = thread->QueueNext)
        {
            stale += IsWaiting(thread) && thread->WaitingIn == queue ? 0u : 1;
        }

        queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        return stale;
    }

    private static uint InNotification(Cpu* cpu, Notification* notification)
    {
        uint stale = InQueue(cpu, &notification->Waitable.Queue);
        notification->Waitable.Queue.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        bool lives = notification->Waitable.Header.References == 0 || notification->BoundThread == null || IsLive(notification->BoundThread);
        notification->Waitable.Queue.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        return lives ? stale : stale + 1;
    }

    private static uint InReply(Cpu* cpu, Reply* reply)
    {
        reply->Lock.Acquire<TMachine>(cpu, LockRank.Reply);
        bool lives = reply->Caller == null || (IsLive(reply->Caller) && reply->Header.References != 0);
        reply->Lock.Release<TMachine>(cpu, LockRank.Reply);
        return lives ? 0u : 1;
    }

    // One that is in a queue is found there; this finds those that hold a notification that is gone.
    private static uint InTimer(Cpu* cpu, Timer* timer)
    {
        timer->Lock.Acquire<TMachine>(cpu, LockRank.Timer);
        bool lives = timer->Header.References == 0 || timer->Target == null
            || timer->Target->Waitable.Header.References != 0;
        timer->Lock.Release<TMachine>(cpu, LockRank.Timer);
        return lives ? 0u : 1;
    }

    // A thread that performs its requests gives it back before it ends.
    private static uint InRing(Ring* ring)
    {
        Thread* owner = (Thread*)TMachine.Load(&ring->Owner);
        return owner == null || (IsLive(owner) && ring->Header.References != 0) ? 0u : 1;
    }

    private static uint InSession(Cpu* cpu, Session* session)
    {
        uint stale = InQueue(cpu, &session->Waiters);
        session->Waiters.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        for (Process* process = session->FirstProcess; process != null; process = process->SessionNext)
        {
            bool sound = process->Header.References != 0 && process->SessionMembership == SessionMembership.Listed;
            stale += sound && session->Header.References != 0 ? 0u : 1;
        }

        session->Waiters.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        return stale;
    }

    private static uint InProcess(Cpu* cpu, Process* process)
    {
        uint stale = InQueue(cpu, &process->Waiters);
        process->Lock.Acquire<TMachine>(cpu, LockRank.Process);
        for (Thread* thread = process->FirstThread; thread != null; thread = thread->SiblingNext)
        {
            stale += IsLive(thread) && thread->Process == process && process->Header.References != 0 ? 0u : 1;
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return stale;
    }

    private static ThreadState StateOf(Thread* thread) => new(TMachine.Load(&thread->StateWord));

    private static bool IsLive(Thread* thread)
    {
        ThreadState state = StateOf(thread);
        return state.Location is not (ThreadLocation.Free or ThreadLocation.Dead) && state.Generation == thread->Header.Generation;
    }

    private static bool IsWaiting(Thread* thread) =>
        IsLive(thread) && StateOf(thread).Location is ThreadLocation.Blocked or ThreadLocation.Claimed;
}
