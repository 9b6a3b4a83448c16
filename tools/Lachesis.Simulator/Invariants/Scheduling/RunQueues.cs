using Lachesis.Abi;
using Lachesis.Core.Sched;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>Looks into run queues. The one place that knows how a queue keeps its threads.</summary>
internal static unsafe class RunQueues
{
    /// <summary>Whether a CPU is in the middle of changing the queue.</summary>
    public static bool IsLocked(Cpu* cpu) => *(ulong*)&cpu->RunQueue.Lock != 0;

    /// <summary>How many threads the queue says that it holds.</summary>
    public static ulong CountOf(Cpu* cpu) => cpu->RunQueue.Count;

    /// <summary>The first thread in the order in which thieves look, or null.</summary>
    public static Thread* First(Cpu* cpu) => cpu->RunQueue.First;

    /// <summary>The thread after one that is in the queue, or null.</summary>
    public static Thread* Next(Cpu* cpu, Thread* thread) => cpu->RunQueue.After(thread);

    /// <summary>Throws if the queue is not sound in itself.</summary>
    public static void Check(Cpu* cpu)
    {
        ulong count = 0;
        Thread* previous = null;
        for (Thread* thread = First(cpu); thread != null; thread = Next(cpu, thread))
        {
            Require(!IsListed(thread) || thread->QueuePrevious == InList(previous, thread), "a run queue's links disagree");
            previous = thread;
            count++;
        }

        Require(count == CountOf(cpu), "a run queue's count is wrong");
    }

    // The fair policy's threads are in a tree.
    private static bool IsListed(Thread* thread) => thread->QueuedPolicy != SchedulingPolicy.Fair;

    // The thread before, if it is in the same list: that of the turns, or of a priority.
    private static Thread* InList(Thread* previous, Thread* thread)
    {
        bool same = previous != null && previous->QueuedPolicy == thread->QueuedPolicy
            && (thread->QueuedPolicy == SchedulingPolicy.RoundRobin || previous->Priority == thread->Priority);
        return same ? previous : null;
    }
}
