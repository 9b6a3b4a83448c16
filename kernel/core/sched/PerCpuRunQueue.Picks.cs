using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched;

/// <summary>Choosing, policy by policy.</summary>
public unsafe partial struct PerCpuRunQueue
{
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

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Thread* PickNextOrdered(Cpu* cpu)
    {
        Thread* next = null;
        if (Policy == SchedulingPolicy.Fair)
        {
            next = Fair.PickNext();
        }
        else if (Policy == SchedulingPolicy.Priority)
        {
            next = _levels.First;
            if (next != null)
            {
                _levels.Remove(next);
            }
        }

        if (next != null)
        {
            Count--;
            return next;
        }

        next = FirstOldPolicy();
        if (next != null)
        {
            Dequeue(cpu, next);
            StartRunning(cpu, next);
        }

        return next;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Thread* ReplaceRunningRoundRobin(Thread* running, ReschedReason reason)
    {
        if (reason == ReschedReason.Wake)
        {
            return null;
        }

        running->SliceLeft = running->Quantum;
        Thread* next = _roundRobin.TakeFirst();
        if (next != null)
        {
            _roundRobin.Append(running);
        }

        return next;
    }

    // Who yields, or has used up its quantum, goes behind its equals.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Thread* ReplaceRunningByPriority(Thread* running)
    {
        running->SliceLeft = running->Quantum;
        int top = _levels.HighestLevel;
        if (top < (int)running->Priority)
        {
            return null;
        }

        Thread* next;
        ThreadList* list = _levels.ListAt((uint)top);
        if (top == (int)running->Priority)
        {
            next = list->TakeFirst();
            list->Append(running);
        }
        else
        {
            next = list->First;
            _levels.Remove(next);
            _levels.Append(running);
        }

        return next;
    }

    // Who is preempted by a higher one stays before its equals, with what is left of its quantum (POSIX 1003.1, SCHED_RR).
    private Thread* PreemptByPriority(Thread* running)
    {
        Thread* next = _levels.First;
        if (next == null || next->Priority <= running->Priority)
        {
            return null;
        }

        _levels.Remove(next);
        _levels.Prepend(running);
        return next;
    }

    private readonly Thread* NextOf(Thread* thread)
    {
        if (thread->QueuedPolicy == SchedulingPolicy.Fair)
        {
            return DeadlineTree.Next(thread);
        }

        fixed (Priority.PriorityLevels* levels = &_levels)
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
