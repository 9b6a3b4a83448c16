using System;
using Lachesis.Abi;
using Lachesis.Core.Accounting;
using Lachesis.Core.Sched;
using Lachesis.Core.Sched.Fair;
using Lachesis.Core.Threads;
using static Lachesis.Simulator.Invariants;

namespace Lachesis.Simulator;

/// <summary>
/// Watches the lags of one CPU's fair queue from check to check. While the same threads are queued or run, nobody yields and no
/// weight changes, they stay within bounds; a new weight moves none; who goes takes exactly its own along.
/// </summary>
/// <remarks>
/// In nanoseconds of service, from an episode's beginning: r is the longest request that a thread has made, over the longest
/// time for which anyone ran past its request since (timers are late, entries delayed), P the sum of positive lags at the
/// beginning.
/// <list type="bullet">
/// <item>lag >= min(lag at the beginning, 0) - r - over: who is chosen has lag 0 at least, and runs to the end of its request.</item>
/// <item>lag &lt;= r + max(all r) + over + P: who waits with deadline d is served after one that was chosen before it could be,
/// for its request at most, and those of earlier deadlines, whose requests until d are at most what V lacks to d, and P.</item>
/// </list>
/// A yield, a new weight, and whoever comes or goes, move V or a runtime by rules of their own: an episode ends there. As somebody
/// may come and be gone again between two looks, it ends with every wake, push and steal.
/// </remarks>
internal sealed unsafe class LagWatch(uint threads)
{
    // V and the scaled lags are rounded, each by less than a virtual nanosecond, a few times over.
    private const double VirtualSlack = 8;

    private readonly Note[] _notes = new Note[threads];
    private int _count;
    private double _positive;
    private double _over;
    private uint _stamp;
    private int _entries;
    private long _enteredAt;
    private ulong _inbox;
    private bool _changes;
    private long _accounted;
    private ulong _arrivals;

    private struct Note
    {
        public Thread* Thread;
        public uint Generation;
        public uint Stamp;
        public long Weight;
        public ulong Yields;
        public ulong Parameters;
        public Core.Time.Instant Resident;
        public long Deadline;
        public double Request;
        public double Lag;
        public double Last;
    }

    /// <summary>
    /// Whether weights have ever been set. What is rounded off a lag while its thread is heavy shows in V once it is light, and
    /// between two looks a thread may have been both: then V is exact to what the greatest weight rounds off.
    /// </summary>
    public bool WeightsChange { get; set; }

    /// <summary>Something happened that was not looked at: an episode begins.</summary>
    public void Forget() => _count = 0;

    /// <summary>Its CPU enters the kernel, and charges nobody for anything earlier after threads came and went.</summary>
    public void Entered(Cpu* cpu, long at)
    {
        _entries++;
        _enteredAt = at;
        _changes = cpu->RequestedPolicy != (ulong)SchedulingPolicy.Fair || cpu->RunQueue.Policy != SchedulingPolicy.Fair
            || cpu->RunQueue.HasOldPolicyThreads;
        _inbox = 0;
        for (Thread* thread = (Thread*)cpu->Inbox; thread != null; thread = thread->QueueNext)
        {
            _inbox++;
        }
    }

    /// <summary>Looks at the queue, which nobody is changing. <paramref name="atomic"/>: nobody has been elsewhere since;
    /// <paramref name="once"/>: after one kernel entry of any CPU.</summary>
    public void Check(Cpu* cpu, bool atomic, bool once)
    {
        ulong comings = Arrivals(cpu);
        double drift = cpu->AccountedUntil.Nanoseconds - _enteredAt;
        FairQueue* queue = &cpu->RunQueue.Fair;
        var now = new LagSums(queue);
        bool changes = _changes || cpu->RunQueue.Policy != SchedulingPolicy.Fair;
        if (atomic && once && _entries == 1 && !changes && _inbox + (comings - _arrivals) == 1)
        {
            // One thread has come, and no other that was gone again.
            CheckJoined(queue, in now, drift);
        }

        _count = _entries > 1 || comings != _arrivals ? 0 : _count;
        _entries = 0;
        _arrivals = comings;
        CheckDrift(cpu, queue, in now);
        int known = CountKnown(queue);

        if (known == now.Count && known == _count)
        {
            CheckBounds(queue, in now);
        }
        else
        {
            if (atomic && known == now.Count && known > 0 && known == _count - 1)
            {
                CheckGone(queue, cpu->Id, drift);
            }

            Begin(queue, in now);
        }
    }

    /// <summary>Real nanoseconds.</summary>
    internal static double ToServiceTime(double virtualTime, long weight) => virtualTime * weight / SchedulingLimits.DefaultWeight;

    // Wakes, pushes and steals of all CPUs: whoever came, and was gone again when the queue was next looked at, has moved V.
    private static ulong Arrivals(Cpu* cpu)
    {
        ulong comings = 0;
        for (uint id = 0; id < cpu->Kernel->CpuCount; id++)
        {
            ref CpuCounters counters = ref cpu->Kernel->CpuAt(id)->Counters;
            comings += counters[Counter.WakesLocal] + counters[Counter.WakesRemote] + counters[Counter.BalancePushes]
                + counters[Counter.StealsWon];
        }

        return comings;
    }

    private int CountKnown(FairQueue* queue)
    {
        int known = 0;
        for (Thread* thread = LagSums.First(queue); thread != null; thread = LagSums.Next(queue, thread))
        {
            known += IsKnown(thread) ? 1 : 0;
        }

        return known;
    }

    private bool IsKnown(Thread* thread) =>
        IsSameThread(thread) && _notes[thread->Header.Index].Parameters == thread->AppliedParameters;

    // The same thread, perhaps with other parameters.
    private bool IsSameThread(Thread* thread)
    {
        ref Note note = ref _notes[thread->Header.Index];
        return _count != 0 && note.Stamp == _stamp && note.Generation == thread->Header.Generation
            && note.Yields == thread->Ledger.Yields
            && note.Resident.Nanoseconds == thread->ResidentSince.Nanoseconds;
    }

    private void Begin(FairQueue* queue, in LagSums now)
    {
        _stamp++;
        _count = now.Count;
        _positive = 0;
        _over = 0;
        for (Thread* thread = LagSums.First(queue); thread != null; thread = LagSums.Next(queue, thread))
        {
            double lag = now.LagOf(thread);
            double left = ToServiceTime(thread->Fair.Deadline - thread->Fair.VirtualRuntime, thread->Weight);
            _positive += Math.Max(lag, 0);
            _notes[thread->Header.Index] = new Note
            {
                Thread = thread,
                Generation = thread->Header.Generation,
                Stamp = _stamp,
                Weight = thread->Weight,
                Yields = thread->Ledger.Yields,
                Parameters = thread->AppliedParameters,
                Resident = thread->ResidentSince,
                Deadline = thread->Fair.Deadline.Value,
                Request = Math.Max(left, thread->Fair.Slice),
                Lag = lag,
                Last = lag,
            };
        }
    }

    private void CheckBounds(FairQueue* queue, in LagSums now)
    {
        double longest = 0;
        for (Thread* thread = LagSums.First(queue); thread != null; thread = LagSums.Next(queue, thread))
        {
            ref Note note = ref _notes[thread->Header.Index];
            long passed = unchecked(thread->Fair.VirtualRuntime.Value - thread->Fair.Deadline.Value);
            if (thread->Fair.Deadline.Value != note.Deadline)
            {
                passed = unchecked(thread->Fair.Deadline.Value - thread->Fair.VirtualSlice - note.Deadline);
                note.Deadline = thread->Fair.Deadline.Value;
            }

            _over = Math.Max(_over, ToServiceTime(passed, thread->Weight));
            longest = Math.Max(longest, note.Request);
        }

        for (Thread* thread = LagSums.First(queue); thread != null; thread = LagSums.Next(queue, thread))
        {
            ref Note note = ref _notes[thread->Header.Index];
            double slack = (VirtualSlack * ToServiceTime(1, thread->Weight)) + 1;
            double lag = now.LagOf(thread);
            Require(lag >= Math.Min(note.Lag, 0) - note.Request - _over - slack, "a thread has had more than its share");
            Require(lag <= note.Request + longest + _over + _positive + slack, "a thread has had less than its share");
        }
    }

    // Whatever happens, but for yields and coming and going, to weights too: lags move no further than anyone runs.
    private void CheckDrift(Cpu* cpu, FairQueue* queue, in LagSums now)
    {
        double ran = cpu->AccountedUntil.Nanoseconds - _accounted;
        _accounted = cpu->AccountedUntil.Nanoseconds;
        int same = 0;
        long heaviest = WeightsChange ? SchedulingLimits.MaxWeight : 0;
        for (Thread* thread = LagSums.First(queue); thread != null; thread = LagSums.Next(queue, thread))
        {
            same += IsSameThread(thread) ? 1 : 0;
            heaviest = Math.Max(heaviest, Math.Max(thread->Weight, _notes[thread->Header.Index].Weight));
        }

        bool stayed = same == _count && same == now.Count;
        double slack = ran + (VirtualSlack * ToServiceTime(1, heaviest));
        for (Thread* thread = LagSums.First(queue); stayed && thread != null; thread = LagSums.Next(queue, thread))
        {
            ref Note note = ref _notes[thread->Header.Index];
            double lag = now.LagOf(thread);
            Require(Math.Abs(lag - note.Last) <= slack, "a lag moved by more than anyone ran");
            note.Last = lag;
        }
    }

    // Who joins others has among them the lag that it brought: what it left with, if it slept less the debt that was paid off
    // meanwhile; nothing, if it is new.
    private void CheckJoined(FairQueue* queue, in LagSums now, double drift)
    {
        int known = CountKnown(queue);
        if (known == 0 || known != _count || now.Count != known + 1)
        {
            return;
        }

        for (Thread* thread = LagSums.First(queue); thread != null; thread = LagSums.Next(queue, thread))
        {
            if (!IsKnown(thread))
            {
                double brought = ToServiceTime(thread->Fair.Lag, thread->Weight);
                double slack = drift + (VirtualSlack * ToServiceTime(1, thread->Weight)) + 1;
                double most = thread->EnqueueReason == EnqueueReason.Woken ? Math.Max(brought, 0) : brought;
                double lag = now.LagOf(thread);
                Require(lag >= brought - slack && lag <= most + slack, "a thread joined with another lag than it brought");
            }
        }
    }

    // Who blocked took its lag along, clamped: what it was, with it still in the queue.
    private void CheckGone(FairQueue* queue, uint cpu, double drift)
    {
        foreach (ref Note note in _notes.AsSpan())
        {
            Thread* gone = note.Thread;
            if (note.Stamp != _stamp || gone->Header.Generation != note.Generation || LagSums.Holds(queue, gone)
                || SimulatedSystem.StateOf(gone).Location != ThreadLocation.Blocked || gone->Fair.LagCpu != cpu
                || gone->AppliedParameters != note.Parameters)
            {
                continue;
            }

            double most = LagSums.MaxKeptLag(gone);
            double lag = Math.Clamp(new LagSums(queue, gone).LagOf(gone), -most, most);
            double slack = drift + (VirtualSlack * ToServiceTime(1, gone->Weight));
            Require(Math.Abs(lag - ToServiceTime(gone->Fair.Lag, gone->Weight)) <= slack, "a thread took another lag along than it had");
        }
    }
}
