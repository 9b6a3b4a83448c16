using System.Runtime.CompilerServices;
using Lachesis.Abi;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Sched.Priority;
using Lachesis.Core.Sched.RoundRobin;
using Lachesis.Core.Threads;

namespace Lachesis.Core.Sched;

/// <summary>Choosing, by the policy in force.</summary>
public unsafe partial struct PerCpuRunQueue
{
    /// <summary>Takes out the next thread, which runs from now on; null if none is queued. No thread runs meanwhile. Under the
    /// lock.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Thread* PickNext(Cpu* cpu)
    {
        if (Policy == SchedulingPolicy.RoundRobin)
        {
            Thread* first = _roundRobin.PickNext();
            if (first != null)
            {
                Count--;
                return first;
            }
        }

        return PickNextOrdered(cpu);
    }

    /// <summary>
    /// The thread that runs instead of the running one, which is then queued; null if that goes on. By the policy's rules for the
    /// reason. Under the lock.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Thread* ReplaceRunning(Cpu* cpu, Thread* running, ReschedReason reason)
    {
        if (Policy == SchedulingPolicy.RoundRobin)
        {
            return _roundRobin.ReplaceRunning(running, reason);
        }

        if (Policy == SchedulingPolicy.Priority)
        {
            return _levels.ReplaceRunning(running, reason);
        }

        return reason == ReschedReason.Yield
            ? Fair.ReplaceYielding(running)
            : Fair.ReplaceRunning(running, reason, cpu->Kernel->FairFeatures);
    }

    /// <summary>
    /// Direct handoff: whether a woken thread, which the CPU owns, runs instead of the running one, which is then queued. If
    /// the policy does not allow it now, the woken one is queued and false. Under the lock.
    /// </summary>
    public bool TryHandOff(Cpu* cpu, Thread* running, Thread* woken)
    {
        Count++;
        bool runs;
        if (Policy == SchedulingPolicy.Fair)
        {
            runs = Fair.TryHandOff(running, woken, cpu->Id, cpu->Kernel->FairFeatures);
        }
        else
        {
            runs = Policy == SchedulingPolicy.RoundRobin || (woken->Priority >= running->Priority && _levels.WouldBeNext(woken));
            Append(runs ? running : woken);
        }

        woken->QueuedPolicy = Policy;
        return runs;
    }

    /// <summary>
    /// Direct handoff while no thread runs: whether a woken thread, which the CPU owns, runs at once. If the policy would choose
    /// another one first, it is queued and false. Under the lock.
    /// </summary>
    public bool TryRunAtOnce(Cpu* cpu, Thread* woken)
    {
        bool runs;
        if (Policy == SchedulingPolicy.Fair)
        {
            runs = Fair.TryRunAtOnce(woken, cpu->Id, cpu->Kernel->FairFeatures);
        }
        else
        {
            runs = Policy == SchedulingPolicy.RoundRobin || _levels.WouldBeNext(woken);
            if (!runs)
            {
                Append(woken);
            }
        }

        woken->QueuedPolicy = Policy;
        Count += runs ? 0u : 1u;
        return runs;
    }

    /// <summary>The running thread makes way for one of higher priority, which comes from elsewhere: it is queued where it goes on
    /// first. Under the lock, and the priority policy.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void RequeuePreempted(Thread* running)
    {
        Count++;
        _levels.Prepend(running);
    }

    // Policies that have an order of their own, and threads that are queued under another policy than the one in force.
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
            next = _levels.PickNext();
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

    // Under the policy in force, behind its equals.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Append(Thread* thread)
    {
        if (Policy == SchedulingPolicy.Priority)
        {
            _levels.Append(thread);
        }
        else
        {
            _roundRobin.Append(thread);
        }
    }
}
