using System;
using System.Collections.Generic;
using Lachesis.Core.Sched;

namespace Lachesis.Benchmarks.Yardstick;

/// <summary>
/// Earliest eligible virtual deadline first: ordered by deadline, searched from the front for the first eligible one. The
/// mean of the virtual runtimes, the running thread's among them, is kept up as threads come and go.
/// </summary>
public sealed class SortedFairQueue() : SortedQueue(s_order)
{
    private static readonly IComparer<SortedTask> s_order = Comparer<SortedTask>.Create(static (a, b) =>
        a.Deadline != b.Deadline ? a.Deadline.CompareTo(b.Deadline) : a.Sequence.CompareTo(b.Sequence));

    private long _sum;
    private long _weight;
    private long _lastMean;

    private long Mean
    {
        get
        {
            if (_weight == 0)
            {
                return _lastMean;
            }

            (long quotient, long remainder) = Math.DivRem(_sum, _weight);
            return remainder < 0 ? quotient - 1 : quotient;
        }
    }

    /// <inheritdoc/>
    public override void Insert(SortedTask task, EnqueueReason arrival)
    {
        long mean = Mean;
        long ahead = _weight == 0 ? 0 : -(task.Lag + (task.Lag * task.Weight / _weight));
        if (arrival == EnqueueReason.Woken && task.LeftQueue == this)
        {
            // Debt is paid off as the mean passes it by.
            ahead = Math.Min(ahead, Math.Max(task.Runtime - mean, 0));
        }

        task.Runtime = mean + ahead;
        bool moved = arrival == EnqueueReason.Moved && task.DeadlineDistance > 0;
        task.Deadline = task.Runtime + (moved ? task.DeadlineDistance : task.Request);
        _sum += task.Runtime * task.Weight;
        _weight += task.Weight;
        AddLast(task);
    }

    /// <inheritdoc/>
    public override void Remove(SortedTask task)
    {
        base.Remove(task);
        Forget(task);
    }

    /// <inheritdoc/>
    public override void Reweigh(SortedTask task, uint weight)
    {
        long mean = Mean;
        long lag = mean - task.Runtime;
        long distance = task.Deadline - task.Runtime;
        long old = task.Weight;
        base.Remove(task);
        _sum -= task.Runtime * old;
        _weight += weight - old;
        task.Reweigh(weight);
        task.Runtime = mean - (lag * old / weight);
        task.Deadline = task.Runtime + (distance * old / weight);
        _sum += task.Runtime * weight;
        AddLast(task);
    }

    /// <inheritdoc/>
    public override void Stop()
    {
        Forget(Running!);
        base.Stop();
    }

    /// <inheritdoc/>
    public override void Serve()
    {
        SortedTask running = Running!;
        _sum += (running.Deadline - running.Runtime) * running.Weight;
        running.Runtime = running.Deadline;
    }

    /// <inheritdoc/>
    public override void Exchange(ReschedReason reason)
    {
        SortedTask running = Running!;
        if (running.Runtime >= running.Deadline)
        {
            running.Deadline = running.Runtime + running.Request;
        }

        SortedTask? best = Best();
        if (best is null || Keeps(running, best, reason))
        {
            return;
        }

        Tasks.Remove(best);
        AddLast(running);
        Running = best;
    }

    /// <inheritdoc/>
    protected override SortedTask? Best()
    {
        long mean = Mean;
        foreach (SortedTask task in Tasks)
        {
            if (task.Runtime <= mean)
            {
                return task;
            }
        }

        return null;
    }

    private bool Keeps(SortedTask running, SortedTask best, ReschedReason reason) =>
        running.Runtime <= Mean
        && (running.Deadline < best.Deadline || (reason == ReschedReason.Wake && running.Deadline == best.Deadline));

    private void Forget(SortedTask task)
    {
        task.Lag = Math.Clamp(Mean - task.Runtime, -task.MostLag, task.MostLag);
        task.DeadlineDistance = task.Deadline - task.Runtime;
        task.LeftQueue = this;
        _lastMean = task.Runtime;
        _sum -= task.Runtime * task.Weight;
        _weight -= task.Weight;
    }
}
