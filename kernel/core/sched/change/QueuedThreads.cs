using Lachesis.Core.Machine;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched.Change;

/// <summary>Taking a particular thread out of whichever run queue it is in.</summary>
public static unsafe class QueuedThreads<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Becomes the owner (<see cref="ThreadLocation.Claimed"/>) of a thread that was seen queued on CPU <paramref name="ownerId"/>; false
    /// if it has moved on meanwhile. The state is read again under that queue's lock, as only its holder may change it.
    /// </summary>
    public static bool TryDequeue(Cpu* cpu, Thread* thread, uint ownerId)
    {
        Cpu* owner = cpu->Kernel->CpuAt(ownerId);
        owner->RunQueue.Acquire<TMachine>(cpu);
        ThreadState state = new(TMachine.Load(&thread->StateWord));
        bool queued = state.Location == ThreadLocation.Queued && state.Cpu == ownerId;
        if (queued)
        {
            owner->RunQueue.Dequeue(owner, thread);
            Ownership<TMachine>.SetLocation(cpu, thread, ThreadLocation.Claimed, cpu->Id);
        }

        owner->RunQueue.Release<TMachine>(cpu);
        return queued;
    }

    /// <summary>
    /// Puts the parameters that are wanted of a thread in force that was seen queued on CPU <paramref name="ownerId"/>; false if
    /// it has moved on meanwhile. Its CPU looks again whether it should run.
    /// </summary>
    public static bool TryApplyParameters(Cpu* cpu, Thread* thread, uint ownerId)
    {
        Cpu* owner = cpu->Kernel->CpuAt(ownerId);
        owner->RunQueue.Acquire<TMachine>(cpu);
        ThreadState state = new(TMachine.Load(&thread->StateWord));
        bool queued = state.Location == ThreadLocation.Queued && state.Cpu == ownerId;
        if (queued)
        {
            owner->RunQueue.ApplyParameters(thread, new SchedulingParameters(TMachine.Load(&thread->RequestedParameters)));
        }

        owner->RunQueue.Release<TMachine>(cpu);
        if (queued)
        {
            Wakeups<TMachine>.RequestReschedule(cpu, owner);
        }

        return queued;
    }
}
