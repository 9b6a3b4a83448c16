using Lachesis.Core.Machine;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched;

/// <summary>Taking a particular thread out of whichever run queue it is in.</summary>
public static unsafe class Queues<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>
    /// Becomes the owner (<see cref="Place.Waking"/>) of a thread that was seen queued on CPU <paramref name="on"/>; false
    /// if it has moved on meanwhile. The state is read again under that queue's lock, as only its holder may change it.
    /// </summary>
    public static bool TryRemove(Cpu* cpu, Thread* thread, uint on)
    {
        Cpu* owner = cpu->Kernel->CpuAt(on);
        owner->RunQueue.Acquire<TMachine>(cpu);
        ThreadState state = new(TMachine.Load(&thread->StateWord));
        bool queued = state.Place == Place.Queued && state.Cpu == on;
        if (queued)
        {
            owner->RunQueue.Remove(owner, thread);
            Ownership<TMachine>.Move(cpu, thread, Place.Waking, cpu->Id);
        }

        owner->RunQueue.Release<TMachine>(cpu);
        return queued;
    }

    /// <summary>
    /// Puts the parameters that are wanted of a thread in force that was seen queued on CPU <paramref name="on"/>; false if
    /// it has moved on meanwhile. Its CPU looks again whether it should run.
    /// </summary>
    public static bool TryReapply(Cpu* cpu, Thread* thread, uint on)
    {
        Cpu* owner = cpu->Kernel->CpuAt(on);
        owner->RunQueue.Acquire<TMachine>(cpu);
        ThreadState state = new(TMachine.Load(&thread->StateWord));
        bool queued = state.Place == Place.Queued && state.Cpu == on;
        if (queued)
        {
            owner->RunQueue.Reapply(thread, new SchedulingParameters(TMachine.Load(&thread->WantedParameters)));
        }

        owner->RunQueue.Release<TMachine>(cpu);
        if (queued)
        {
            Wakes<TMachine>.AskToLook(cpu, owner);
        }

        return queued;
    }
}
