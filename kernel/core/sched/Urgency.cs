using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Machine;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched;

/// <summary>
/// Whether a woken thread may be worth interrupting what a CPU runs. A CPU publishes one word: its policy (high byte) and how
/// urgent its running thread is under it — priority plus 1; or, under fair, the more the shorter its request is (<see
/// cref="FairQueue.UrgencyOf"/>). A greater word means more urgent; round robin is above all, as nothing preempts there.
/// </summary>
/// <remarks>
/// Under the priority policy this must not miss: the word is set to none, with a fence, before a CPU looks into its inbox to
/// choose a next thread that may be of lower priority, or lowers that of the running one. So a waker either is seen there, or sees none and interrupts. Under fair it is a hint: a wake
/// that it misses waits for the end of the slice at most.
/// </remarks>
public static unsafe class Urgency<TMachine>
    where TMachine : struct, IMachine
{
    /// <summary>This CPU runs a thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Publish(Cpu* cpu, Thread* thread)
    {
        SchedulingPolicy policy = cpu->RunQueue.Policy;
        if (policy == SchedulingPolicy.RoundRobin)
        {
            return;
        }

        if (policy == SchedulingPolicy.Fair)
        {
            TMachine.Store(&cpu->RunningUrgency, thread->Fair.Urgency);
        }
        else
        {
            TMachine.Store(&cpu->RunningUrgency, thread->PriorityUrgency);
        }
    }

    /// <summary>This CPU is about to choose its next thread.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void PublishNone(Cpu* cpu)
    {
        if (cpu->RunQueue.Policy == SchedulingPolicy.Priority)
        {
            TMachine.Store(&cpu->RunningUrgency, Urgency.OfNone(SchedulingPolicy.Priority));
            TMachine.Fence();
        }
    }

    /// <summary>This CPU has changed its policy: until it next publishes, everything counts as less urgent, or nothing. It looks
    /// into its inbox after this.</summary>
    public static void PublishPolicy(Cpu* cpu)
    {
        TMachine.Store(&cpu->RunningUrgency, Urgency.OfNone(cpu->RunQueue.Policy));
        TMachine.Fence();
    }

    /// <summary>Whether a thread that was queued on this CPU may run before the running one.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool MayPreempt(Cpu* cpu, Thread* thread) => cpu->RunQueue.Policy switch
    {
        // Whether it does, its deadline and eligibility say, which need a look at the queue.
        SchedulingPolicy.Fair => true,
        SchedulingPolicy.Priority => thread->Priority > cpu->Current->Priority,
        _ => false,
    };

    /// <summary>Whether a thread that was pushed into another CPU's inbox is more urgent than what that CPU runs.</summary>
    public static bool IsMoreUrgent(Cpu* cpu, Cpu* other, Thread* thread)
    {
        ulong running = TMachine.Load(&other->RunningUrgency);
        ulong urgency = (SchedulingPolicy)(running >> Urgency.PolicyShift) switch
        {
            SchedulingPolicy.Fair => FairQueue.UrgencyOf(FairQueue.SliceAtWakeup(thread, cpu->Kernel->FairFeatures), (long)FairQueue.WeightIn(running)),
            SchedulingPolicy.Priority => thread->PriorityUrgency,
            _ => 0,
        };
        return urgency > running;
    }
}

/// <summary>The form of the word.</summary>
internal static class Urgency
{
    /// <summary>Where the policy stands.</summary>
    internal const int PolicyShift = 56;

    /// <summary>The word of a CPU that runs nothing.</summary>
    internal static ulong OfNone(SchedulingPolicy policy) => (ulong)policy << PolicyShift;

    /// <summary>The word of a CPU that runs a thread of a priority under the priority policy.</summary>
    internal static ulong OfPriority(uint priority) => OfNone(SchedulingPolicy.Priority) | (priority + 1);
}
