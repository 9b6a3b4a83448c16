using System.Runtime.CompilerServices;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched;

/// <summary>How threads come to this CPU and leave it: what they bring along, who is told of them, and which parameters hold.</summary>
public static unsafe partial class Scheduler<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Puts a thread that this CPU owns and that comes from elsewhere into its own run queue. If another CPU idles that may
    /// run it, that one is told, so that none idles for long while this one has work to give.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Enqueue(Cpu* cpu, Thread* thread)
    {
        thread->ResidentSince = cpu->AccountedUntil;
        PrepareEnqueue(cpu, thread);
        cpu->RunQueue.Acquire<TMachine>(cpu);
        Ownership<TMachine>.SetLocation(cpu, thread, ThreadLocation.Queued, cpu->Id);
        cpu->RunQueue.Enqueue(cpu, thread);
        if (TMachine.Load(&cpu->RunQueue.Count) == 1)
        {
            // A crowd from now on: it has a while to dissolve by itself.
            cpu->NextPush = cpu->AccountedUntil + LoadBalance<TMachine>.PushInterval;
        }

        cpu->RunQueue.Release<TMachine>(cpu);
        AfterEnqueue(cpu, thread);
    }

    /// <summary>Moves what others woke for this CPU into its queue.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void DrainInbox(Cpu* cpu) => EnqueueAll(cpu, WakeInbox<TMachine>.TakeAll(cpu));

    /// <summary>A thread that this CPU owns, and that comes from elsewhere, runs on it from now on, without having been
    /// queued.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StartRunning(Cpu* cpu, Thread* thread)
    {
        thread->ResidentSince = cpu->AccountedUntil;
        thread->QueuedPolicy = cpu->RunQueue.Policy;
        if (cpu->RunQueue.TracksRunning)
        {
            StartRunningTracked(cpu, thread);
        }
    }

    /// <summary>A thread that this CPU runs, or was about to, and that is charged, is going elsewhere; it will enter a queue
    /// again as <paramref name="nextEnqueue"/> says.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StopRunning(Cpu* cpu, Thread* thread, EnqueueReason nextEnqueue)
    {
        thread->EnqueueReason = nextEnqueue;
        if (cpu->RunQueue.TracksRunning)
        {
            StopRunningTracked(cpu, thread);
        }
    }

    /// <summary>
    /// A thread was queued: if a CPU idles that may run it, that one is told. Against <see
    /// cref="Idle{TMachine}.PublishIdleOrSteal"/>, which publishes the idle bit and then looks at the counts: one of the two sees
    /// the other. The same for parameters that were set while it was being queued.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void KickIdleFor(Cpu* cpu, Thread* thread)
    {
        TMachine.Fence();
        if (HasNewParameters(thread))
        {
            ParameterUpdates.Enforce<TMachine>(cpu, thread);
        }

        CpuMask helpers = new CpuMask(TMachine.Load(&cpu->Kernel->IdleMask)) & new CpuMask(TMachine.Load(&thread->EffectiveAffinity));
        if (!helpers.IsEmpty)
        {
            Wakeups<TMachine>.KickNearestIdle(cpu, helpers);
        }
    }

    /// <summary>Whether parameters were set that are not in force yet.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool HasNewParameters(Thread* thread) =>
        TMachine.Load(&thread->RequestedParameters) != thread->AppliedParameters;

    /// <summary>Puts the parameters that are wanted of a thread in force that this CPU owns and that is in no
    /// queue.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void ApplyNewParameters(Thread* thread)
    {
        if (HasNewParameters(thread))
        {
            Fair.FairQueue.ReweightDequeued(thread, RequestedParameters(thread));
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StartRunningTracked(Cpu* cpu, Thread* thread)
    {
        cpu->RunQueue.Acquire<TMachine>(cpu);
        cpu->RunQueue.StartRunning(cpu, thread);
        cpu->RunQueue.Release<TMachine>(cpu);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void StopRunningTracked(Cpu* cpu, Thread* thread)
    {
        cpu->RunQueue.Acquire<TMachine>(cpu);
        cpu->RunQueue.StopRunning(cpu, thread);
        cpu->RunQueue.Release<TMachine>(cpu);
    }

    private static void EnqueueAll(Cpu* cpu, Thread* thread)
    {
        while (thread != null)
        {
            Thread* next = thread->QueueNext;
            Enqueue(cpu, thread);
            thread = next;
        }
    }

    // Before the queue's lock: what a thread that comes from elsewhere has to bring along.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void PrepareEnqueue(Cpu* cpu, Thread* thread)
    {
        ApplyNewParameters(thread);
        if (thread->Fair.Lag < 0 && thread->EnqueueReason == EnqueueReason.Woken && thread->Fair.LagCpu != cpu->Id)
        {
            DecaySleeperLag(cpu, thread);
        }
    }

    // What a sleeper owed, it owed to the threads of the CPU that it left: how much of that is paid off, only V there tells.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void DecaySleeperLag(Cpu* cpu, Thread* thread)
    {
        PerCpuRunQueue* left = &cpu->Kernel->CpuAt(thread->Fair.LagCpu)->RunQueue;
        left->Acquire<TMachine>(cpu);
        thread->Fair.Lag = left->Fair.LagAfterSleep(thread);
        left->Release<TMachine>(cpu);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AfterEnqueue(Cpu* cpu, Thread* thread)
    {
        KickIdleFor(cpu, thread);
        if (cpu->Current != null && cpu->NeedResched == 0 && Urgency<TMachine>.MayPreempt(cpu, thread))
        {
            cpu->SetNeedResched(ReschedReason.Wake);
        }
    }

    private static SchedulingParameters RequestedParameters(Thread* thread) => new(TMachine.Load(&thread->RequestedParameters));
}
