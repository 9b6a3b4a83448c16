using Lachesis.Abi;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>What must hold for one CPU's run queue, whichever policies its threads are under.</summary>
internal static unsafe class QueueInvariants
{
    /// <summary>The queue and the running thread agree; nobody is in the middle of changing it.</summary>
    internal static void Check(Cpu* cpu)
    {
        PerCpuRunQueue* queue = &cpu->RunQueue;
        uint fair = 0;
        uint strays = 0;
        for (Thread* thread = RunQueues.First(cpu); thread != null; thread = RunQueues.Next(cpu, thread))
        {
            fair += thread->QueuedPolicy == SchedulingPolicy.Fair ? 1u : 0;
            strays += thread->QueuedPolicy != queue->Policy ? 1u : 0;
        }

        Require(queue->HasOldPolicyThreads == (strays != 0), "QueuedUnder is not the policy whose structure a thread is in");
        Require(
            strays == 0 || (cpu->WorkPending & (ulong)PendingWork.Policy) != 0,
            "threads are left over from another policy and WorkPending does not say so");
        Thread* expected = queue->Policy == SchedulingPolicy.Fair ? cpu->Current : null;
        Require(queue->Fair.Running == expected, "the fair policy does not know who runs");
        Require(
            cpu->Current == null || cpu->Current->QueuedPolicy == queue->Policy,
            "a thread runs under another policy than its cpu's");
        Require(FairInvariants.Check(&queue->Fair) == fair, "QueuedUnder does not say that a thread is in the tree");
    }

    /// <summary>Nobody with a higher priority waits for longer than it takes to look: all CPUs are outside of the
    /// kernel.</summary>
    /// <remarks>
    /// Exact: under the priority policy, whoever is queued under it, or in the inbox, above the running thread implies that an
    /// interrupt is on its way or the timer due by the time up to which the CPU has been charged. Strays may be above it for as
    /// long as they are strays.
    /// </remarks>
    internal static void CheckPriority(SimulatedSystem system, Cpu* cpu)
    {
        if (cpu->Current == null || cpu->RunQueue.Policy != SchedulingPolicy.Priority || system.HasInterrupt(cpu->Id))
        {
            return;
        }

        bool looks = cpu->NeedResched != 0 && cpu->TimerDeadline <= cpu->AccountedUntil;
        for (Thread* thread = RunQueues.First(cpu); thread != null && !looks; thread = RunQueues.Next(cpu, thread))
        {
            Require(
                thread->QueuedPolicy != SchedulingPolicy.Priority || thread->Priority <= cpu->Current->Priority,
                "a thread of higher priority is queued beside the running one");
        }

        for (Thread* thread = (Thread*)cpu->Inbox; thread != null; thread = thread->QueueNext)
        {
            Require(
                thread->Priority <= cpu->Current->Priority,
                "a thread of higher priority lies in the inbox of a cpu that nobody tells");
        }
    }

    /// <summary>What is wanted of a thread is in force, or its CPU is told; all CPUs are outside of the kernel.</summary>
    internal static void CheckParameters(SimulatedSystem system, Cpu* cpu)
    {
        for (Thread* thread = RunQueues.First(cpu); thread != null; thread = RunQueues.Next(cpu, thread))
        {
            Require(
                thread->AppliedParameters == thread->RequestedParameters,
                "a queued thread's parameters are not those that are wanted");
        }

        Thread* current = cpu->Current;
        Require(
            current == null || current->AppliedParameters == current->RequestedParameters || system.HasInterrupt(cpu->Id),
            "a running thread's parameters are not those that are wanted, and its cpu is not told");
        Require(
            cpu->RequestedPolicy == (ulong)cpu->RunQueue.Policy || system.HasInterrupt(cpu->Id),
            "a cpu's policy is not the one that is wanted, and it is not told");
    }
}
