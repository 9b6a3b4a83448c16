using Lachesis.Abi;
using Lachesis.Core.Ipc;
using Lachesis.Core.Machine;
using Lachesis.Core.Objects;
using Lachesis.Core.Processes;
using Lachesis.Core.Rings;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Measure;

/// <summary>Looks through all that threads, timers and other objects can be listed in for what names one whose life is
/// over.</summary>
/// <remarks>Nothing is stopped meanwhile: each list is looked through under its lock, or, where only its CPU takes things out of
/// it, on that CPU.</remarks>
public static unsafe class StaleEntries<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>How many stale entries the calling CPU's own queues have: of runnable threads, threads on their way to it,
    /// summonses, timers, and all that it takes apart.</summary>
    public static uint InQueuesOf(Cpu* cpu) =>
        InRunQueue(cpu) + InStacks(cpu) + InTimers(cpu) + InWork(cpu)
        + (cpu->LoadedProcess != null && cpu->LoadedProcess->Header.References == 0 ? 1u : 0);

    /// <summary>How many objects there are in whose queues threads can be: of every pool, then the buckets of the park
    /// table.</summary>
    public static ulong Objects(Kernel* kernel) =>
        (ulong)kernel->Endpoints.Used + kernel->Notifications.Used + kernel->Replies.Used + kernel->Timers.Used
        + kernel->Rings.Used + kernel->Sessions.Used + kernel->Processes.Used + kernel->Threads.Used + kernel->Parked.Buckets;

    /// <summary>How many stale entries the object of that number, below <see cref="Objects"/>, has.</summary>
    public static uint InObject(Cpu* cpu, ulong number)
    {
        Kernel* kernel = cpu->Kernel;
        uint index = (uint)number;
        return IsIn(&kernel->Endpoints, ref index) ? InQueue(cpu, &((MeetingPoint*)kernel->Endpoints.At(index))->Queue)
            : IsIn(&kernel->Notifications, ref index) ? InNotification(cpu, (Notification*)kernel->Notifications.At(index))
            : IsIn(&kernel->Replies, ref index) ? InReply(cpu, (Reply*)kernel->Replies.At(index))
            : IsIn(&kernel->Timers, ref index) ? InTimer(cpu, (Timer*)kernel->Timers.At(index))
            : IsIn(&kernel->Rings, ref index) ? InRing((Ring*)kernel->Rings.At(index))
            : IsIn(&kernel->Sessions, ref index) ? InSession(cpu, (Session*)kernel->Sessions.At(index))
            : IsIn(&kernel->Processes, ref index) ? InProcess(cpu, (Process*)kernel->Processes.At(index))
            : IsIn(&kernel->Threads, ref index) ? InQueue(cpu, &((Thread*)kernel->Threads.At(index))->Joiners)
            : index < kernel->Parked.Buckets ? InQueue(cpu, kernel->Parked.QueueAt(index))
            : 0;
    }

    // Whether the object is in this pool; else what remains of its number behind it.
    private static bool IsIn(Pool* pool, ref uint index)
    {
        if (index < pool->Used)
        {
            return true;
        }

        index -= pool->Used;
        return false;
    }

    private static uint InRunQueue(Cpu* cpu)
    {
        uint stale = 0;
        cpu->RunQueue.Acquire<TMachine>(cpu);
        for (Thread* thread = cpu->RunQueue.First; thread != null; thread = cpu->RunQueue.After(thread))
        {
            ThreadState state = StateOf(thread);
            stale += Lives(thread) && state.Place == Place.Queued && state.Cpu == cpu->Id ? 0u : 1;
        }

        cpu->RunQueue.Release<TMachine>(cpu);
        return stale;
    }

    // Others push onto these; what is there already stays as it is until this CPU takes it.
    private static uint InStacks(Cpu* cpu)
    {
        uint stale = 0;
        for (Thread* thread = (Thread*)TMachine.Load(&cpu->Inbox); thread != null; thread = thread->QueueNext)
        {
            stale += Lives(thread) && StateOf(thread).Place == Place.Inbox ? 0u : 1;
        }

        for (Thread* thread = (Thread*)TMachine.Load(&cpu->Summons); thread != null; thread = thread->SummonsNext)
        {
            // It may have ended; then the summons holds the last of it.
            stale += thread->Header.References != 0 ? 0u : 1;
        }

        return stale;
    }

    private static uint InTimers(Cpu* cpu)
    {
        uint stale = 0;
        cpu->Timers.Lock.Acquire<TMachine>(cpu, LockRank.Timers);
        for (uint i = 0; i < cpu->Timers.Count; i++)
        {
            TimerNode* node = cpu->Timers.At(i);
            bool lives = node->Kind == TimerKind.Thread ? Waits(Thread.OfTimer(node)) : Timer.Of(node)->Header.References != 0;
            stale += lives && node->Slot == i + 1 && node->Cpu == cpu->Id ? 0u : 1;
        }

        cpu->Timers.Lock.Release<TMachine>(cpu, LockRank.Timers);
        return stale;
    }

    private static uint InWork(Cpu* cpu)
    {
        uint stale = 0;
        for (Thread* thread = cpu->Farewells; thread != null; thread = thread->SiblingNext)
        {
            stale += thread->Header.References != 0 && StateOf(thread).Place == Place.Dead ? 0u : 1;
        }

        for (Process* process = cpu->Teardown; process != null; process = process->TeardownNext)
        {
            stale += process->Header.References != 0 && process->Phase != ProcessPhase.Alive ? 0u : 1;
        }

        for (MeetingPoint* point = cpu->DyingPoints; point != null; point = point->NextDying)
        {
            // Nobody can name it any more; its waiters are found in its queue.
            stale += point->Header.References == 0 ? 0u : 1;
        }

        for (Session* session = cpu->EndingSessions; session != null; session = session->NextEnding)
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
            stale += Waits(thread) && thread->WaitingIn == queue ? 0u : 1;
        }

        queue->Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        return stale;
    }

    private static uint InNotification(Cpu* cpu, Notification* notification)
    {
        uint stale = InQueue(cpu, &notification->Point.Queue);
        notification->Point.Queue.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        bool lives = notification->Point.Header.References == 0 || notification->Bound == null || Lives(notification->Bound);
        notification->Point.Queue.Lock.Release<TMachine>(cpu, LockRank.WaitQueue);
        return lives ? stale : stale + 1;
    }

    private static uint InReply(Cpu* cpu, Reply* reply)
    {
        reply->Lock.Acquire<TMachine>(cpu, LockRank.Reply);
        bool lives = reply->Caller == null || (Lives(reply->Caller) && reply->Header.References != 0);
        reply->Lock.Release<TMachine>(cpu, LockRank.Reply);
        return lives ? 0u : 1;
    }

    // One that is in a queue is found there; this finds those that hold a notification that is gone.
    private static uint InTimer(Cpu* cpu, Timer* timer)
    {
        timer->Lock.Acquire<TMachine>(cpu, LockRank.Timer);
        bool lives = timer->Header.References == 0 || timer->Target == null
            || timer->Target->Point.Header.References != 0;
        timer->Lock.Release<TMachine>(cpu, LockRank.Timer);
        return lives ? 0u : 1;
    }

    // A thread that performs its requests gives it back before it ends.
    private static uint InRing(Ring* ring)
    {
        Thread* owner = (Thread*)TMachine.Load(&ring->Owner);
        return owner == null || (Lives(owner) && ring->Header.References != 0) ? 0u : 1;
    }

    private static uint InSession(Cpu* cpu, Session* session)
    {
        uint stale = InQueue(cpu, &session->Waiters);
        session->Waiters.Lock.Acquire<TMachine>(cpu, LockRank.WaitQueue);
        for (Process* process = session->FirstProcess; process != null; process = process->SessionNext)
        {
            bool sound = process->Header.References != 0 && process->Membership == Membership.Listed;
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
            stale += Lives(thread) && thread->Process == process && process->Header.References != 0 ? 0u : 1;
        }

        process->Lock.Release<TMachine>(cpu, LockRank.Process);
        return stale;
    }

    private static ThreadState StateOf(Thread* thread) => new(TMachine.Load(&thread->StateWord));

    private static bool Lives(Thread* thread)
    {
        ThreadState state = StateOf(thread);
        return state.Place is not (Place.Free or Place.Dead) && state.Generation == thread->Header.Generation;
    }

    private static bool Waits(Thread* thread) =>
        Lives(thread) && StateOf(thread).Place is Place.Blocked or Place.Waking;
}
