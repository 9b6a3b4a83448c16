using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

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
        return thread->QueuedUnder == Policy ? FirstStray() : FirstStrayAfter(thread->QueuedUnder);
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private Thread* TakeNextByRank(Cpu* cpu)
    {
        Thread* next = null;
        if (Policy == SchedulingPolicy.Fair)
        {
            next = Fair.Take();
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

        next = FirstStray();
        if (next != null)
        {
            Remove(cpu, next);
            Begin(cpu, next);
        }

        return next;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Thread* ExchangeByTurns(Thread* running, SwitchReason reason)
    {
        if (reason == SwitchReason.Wake)
        {
            return null;
        }

        running->SliceLeft = running->Quantum;
        Thread* next = _turns.TakeFirst();
        if (next != null)
        {
            _turns.Append(running);
        }

        return next;
    }

    // Who yields, or has used up its quantum, goes behind its equals.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Thread* ExchangeByPriority(Thread* running)
    {
        running->SliceLeft = running->Quantum;
        int top = _levels.Top;
        if (top < (int)running->Priority)
        {
            return null;
        }

        Thread* next;
        ThreadList* list = _levels.At((uint)top);
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
        if (thread->QueuedUnder == SchedulingPolicy.Fair)
        {
            return Sched.Fair.DeadlineTree.Next(thread);
        }

        fixed (Priority.PriorityLevels* levels = &_levels)
        {
            return thread->QueuedUnder == SchedulingPolicy.Priority ? levels->After(thread) : thread->QueueNext;
        }
    }

    private Thread* OrStray(Thread* first) => first != null ? first : FirstStray();

    private Thread* FirstStray() => FirstStrayAfter(SchedulingPolicy.Count);

    // The first thread under a policy that is not in force and comes after the one named (Count: any).
    private Thread* FirstStrayAfter(SchedulingPolicy after)
    {
        uint begin = after == SchedulingPolicy.Count ? 0 : (uint)after + 1;
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
                _ => _turns.First,
            };
            if (first != null)
            {
                return first;
            }
        }

        return null;
    }
}
