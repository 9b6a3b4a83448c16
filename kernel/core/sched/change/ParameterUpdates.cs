using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Sched.Place;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Core.Sched.Change;

/// <summary>
/// Changing a thread's scheduling parameters, wherever it is just now. What is wanted stands in one word that any CPU may
/// write; what is in force, only the thread's owner changes, so that no queue finds a thread under another weight or
/// priority than it was put in with.
/// </summary>
public static unsafe class ParameterUpdates
{
    /// <summary>Puts parameters in force for a thread that the caller owns, queue positions apart.</summary>
    public static void Apply(Thread* thread, SchedulingParameters parameters)
    {
        thread->AppliedParameters = parameters.Bits;
        thread->Weight = parameters.Weight;
        thread->Priority = parameters.Priority;
        thread->PriorityUrgency = Urgency.OfPriority(parameters.Priority);
        if (thread->Quantum.Nanoseconds != parameters.QuantumNs)
        {
            thread->Quantum = new Duration(parameters.QuantumNs);
            thread->SliceLeft = thread->Quantum;
        }

        thread->Fair.Slice = parameters.SliceNs;
        thread->Fair.Urgency = FairQueue.WithWeight(thread->Fair.Urgency, thread->Weight);
        thread->Fair.SliceUrgency = FairQueue.UrgencyOf(parameters.SliceNs, thread->Weight);
        thread->Fair.VirtualSlice = FairQueue.ServiceToVirtual(parameters.SliceNs, thread->Weight);
        thread->Fair.Remainder = 0;
    }

    /// <summary>
    /// Wants one parameter changed, and sees to it that it is: at once if the thread is queued, by the CPU that runs it, or
    /// is about to, at its next kernel entry, which this asks for; else when it next enters a queue.
    /// </summary>
    /// <remarks>
    /// The word is written by an exchange, the generations advance, then the state is read. A CPU that queues the thread writes the state,
    /// fences, and then compares the words: so either it sees the new word, or the state read here already says where it
    /// is.
    /// </remarks>
    public static void Set<TMachine>(Cpu* cpu, Thread* thread, SchedulingParameter parameter, ulong bits)
        where TMachine : struct, IMachine
    {
        ulong mask = SchedulingParameters.MaskOf(parameter);
        ulong seen = TMachine.Load(&thread->RequestedParameters);
        while (true)
        {
            ulong found = TMachine.CompareExchange(&thread->RequestedParameters, (seen & ~mask) | bits, seen);
            if (found == seen)
            {
                break;
            }

            seen = found;
        }

        DirectHandoffGenerations<TMachine>.AdvanceAll(cpu->Kernel);
        Enforce<TMachine>(cpu, thread);
    }

    /// <summary>Sees to it that what is wanted of a thread is put in force.</summary>
    [MethodImpl(MethodImplOptions.NoInlining)]
    public static void Enforce<TMachine>(Cpu* cpu, Thread* thread)
        where TMachine : struct, IMachine
    {
        while (true)
        {
            ThreadState state = new(TMachine.Load(&thread->StateWord));
            if (state.Location != ThreadLocation.Queued)
            {
                if (state.Location is ThreadLocation.Running or ThreadLocation.Inbox or ThreadLocation.Claimed && state.Cpu != cpu->Id)
                {
                    Wakeups<TMachine>.SendRescheduleIpi(cpu, cpu->Kernel->CpuAt(state.Cpu));
                }

                return;
            }

            if (QueuedThreads<TMachine>.TryApplyParameters(cpu, thread, state.Cpu))
            {
                return;
            }
        }
    }
}
