using Lachesis.Abi;
using Lachesis.Core.Sched.Change;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Sched.Priority;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched;

/// <summary>
/// Another policy: threads that were queued under the old one are left over in its structure until <see
/// cref="PolicyChange{TMachine}"/> has moved them over. Until then they can be taken out and changed as ever, and run when no
/// other thread is queued.
/// </summary>
public unsafe partial struct PerCpuRunQueue
{
    /// <summary>Whether threads are queued under another policy than the one in force.</summary>
    public bool HasOldPolicyThreads => FirstOldPolicy() != null;

    /// <summary>Changes the policy; the running thread, if any, goes on under the new one, and queued ones become strays.
    /// Under the lock.</summary>
    public void SetPolicy(Cpu* cpu, SchedulingPolicy policy, Thread* running)
    {
        if (running != null)
        {
            StopRunning(cpu, running);
            running->EnqueueReason = EnqueueReason.Moved;
        }

        Policy = policy;
        if (running != null)
        {
            StartRunning(cpu, running);
        }
    }

    /// <summary>Moves a stray over to the policy in force; false if there is none. Under the lock.</summary>
    public bool RequeueOldPolicyThread(Cpu* cpu)
    {
        Thread* stray = FirstOldPolicy();
        if (stray == null)
        {
            return false;
        }

        Dequeue(cpu, stray);
        Enqueue(cpu, stray);
        return true;
    }

    /// <summary>
    /// Any queued thread to begin a look at all of them with (<see cref="After"/>), or null. Of one policy's threads, they
    /// come in the order in which they would run if nothing else happened; strays come last.
    /// </summary>
    public Thread* First => Policy switch
    {
        SchedulingPolicy.Fair => OrFirstOldPolicy(Fair.Tree->First),
        SchedulingPolicy.Priority => OrFirstOldPolicy(_levels.First),
        _ => OrFirstOldPolicy(_roundRobin.First),
    };

    /// <summary>The next queued thread after one of them, or null; see <see cref="First"/>. Under the lock.</summary>
    public Thread* After(Thread* thread)
    {
        Thread* next = NextOf(thread);
        if (next != null)
        {
            return next;
        }

        // Past the last of its policy: the others' come after, in the order of the policies, the one in force first.
        return thread->QueuedPolicy == Policy ? FirstOldPolicy() : FirstOldPolicyAfter(thread->QueuedPolicy);
    }

    private readonly Thread* NextOf(Thread* thread)
    {
        if (thread->QueuedPolicy == SchedulingPolicy.Fair)
        {
            return DeadlineTree.Next(thread);
        }

        fixed (PriorityLevels* levels = &_levels)
        {
            return thread->QueuedPolicy == SchedulingPolicy.Priority ? levels->After(thread) : thread->QueueNext;
        }
    }

    private Thread* OrFirstOldPolicy(Thread* first) => first != null ? first : FirstOldPolicy();

    private Thread* FirstOldPolicy() => FirstOldPolicyAfter(SchedulingPolicy.Count);

    // The first thread under a policy that is not in force and comes after the one named (Count: any).
    private Thread* FirstOldPolicyAfter(SchedulingPolicy previousPolicy)
    {
        uint begin = previousPolicy == SchedulingPolicy.Count ? 0 : (uint)previousPolicy + 1;
        for (uint policy = begin; policy < (uint)SchedulingPolicy.Count; policy++)
        {
            if (policy == (uint)Policy)
            {
                continue;
            }

            Thread* first = (SchedulingPolicy)policy switch
            {
                SchedulingPolicy.Fair => Fair.Tree->First,
                SchedulingPolicy.Priority => _levels.First,
                _ => _roundRobin.First,
            };
            if (first != null)
            {
                return first;
            }
        }

        return null;
    }
}
