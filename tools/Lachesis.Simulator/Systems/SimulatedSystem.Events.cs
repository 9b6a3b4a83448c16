using System;
using Lachesis.Core.Objects;
using Lachesis.Core.Threads;
using Lachesis.Core.Time;

namespace Lachesis.Simulator;

/// <summary>Virtual time that jumps from event to event, for those who run kernel entries one after the other.</summary>
public sealed unsafe partial class SimulatedSystem
{
    /// <summary>
    /// When something happens next that no program asks for: now, if an interrupt is on its way or an idle CPU has work;
    /// else when the earliest timer fires; null if never.
    /// </summary>
    public Instant? NextEvent
    {
        get
        {
            long earliest = long.MaxValue;
            for (uint cpu = 0; cpu < Shape.Cpus; cpu++)
            {
                if (HasInterrupt(cpu) || HasIdleWork(cpu))
                {
                    return new Instant(Clock);
                }

                earliest = _timers[cpu] < Instant.Never ? Math.Min(earliest, FiresAt(cpu)) : earliest;
            }

            return earliest < long.MaxValue ? new Instant(Math.Max(earliest, Clock)) : null;
        }
    }

    /// <summary>
    /// Time passes until the next event, and every CPU takes what waits for it. False if there is none before
    /// <paramref name="limit"/>; the clock then stands at the limit.
    /// </summary>
    /// <exception cref="InvariantException">Something does not hold, or the system does not come to rest.</exception>
    public bool AdvanceToNextEvent(Instant limit)
    {
        Instant? next = NextEvent;
        if (next == null || limit < next.Value)
        {
            Clock = Math.Max(Clock, limit.Nanoseconds);
            return false;
        }

        Clock = next.Value.Nanoseconds;
        RunPendingWork();
        return true;
    }

    /// <summary>Time passes until the earliest timer fires, and nothing else happens. False if no timer is set.</summary>
    internal bool AdvanceToTimer()
    {
        long earliest = long.MaxValue;
        for (uint cpu = 0; cpu < Shape.Cpus; cpu++)
        {
            earliest = _timers[cpu] < Instant.Never ? Math.Min(earliest, FiresAt(cpu)) : earliest;
        }

        Clock = earliest == long.MaxValue ? Clock : Math.Max(Clock, earliest);
        return earliest != long.MaxValue;
    }

    /// <summary>The thread that runs on a CPU, or null: idle.</summary>
    public ObjectRef? RunningOn(uint cpu)
    {
        Thread* thread = Cpu(cpu)->Current;
        return thread == null ? null : thread->Header.Reference;
    }
}
