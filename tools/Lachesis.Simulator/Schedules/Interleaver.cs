using System;
using System.Collections.Generic;
using System.Runtime.CompilerServices;
using System.Threading;

namespace Lachesis.Simulator;

/// <summary>What a CPU is about to do at a choice point.</summary>
internal enum Access : byte
{
    Load,
    Store,
    Exchange,
    Fence,
    Pause,
    Interrupt,
    UserMemory,
    Outside,
}

/// <summary>
/// Lets the CPUs of a system take turns in the middle of the kernel. Each has a stack of its own (<see cref="VirtualCpuThreads"/>); one
/// has the baton; before every access to a shared word comes a choice point at which the schedule may give it to another.
/// </summary>
internal sealed unsafe partial class Interleaver
{
    private const ulong FingerprintPrime = 0x100_0000_01B3;

    // Far more turns of spin loops in a row than there can be CPUs in front in the queue for a lock.
    private const int MaxPauses = 2000;

    private readonly Simulation _simulation;
    private readonly VirtualCpuThreads _threads;
    private readonly Schedule _schedule;
    private readonly StoreBuffers? _buffers;
    private readonly long[] _stoppedUntil;
    private readonly long[] _passed;
    private readonly uint _cpus;
    private long _nextDecision;
    private int _current;
    private int _pauses;
    private Access _lastAccess;
    private ulong* _lastLocation;

    public Interleaver(Simulation simulation, VirtualCpuThreads crew, Schedule schedule)
    {
        _simulation = simulation;
        _threads = crew;
        _schedule = schedule;
        _cpus = simulation.Plan.Shape.Cpus;
        _stoppedUntil = new long[_cpus];
        _passed = new long[_cpus];
        _buffers = simulation.Plan.BufferDepth == 0 ? null : new StoreBuffers(_cpus, simulation.Plan.BufferDepth);
        PlanDecision();
    }

    /// <summary>Choice points so far.</summary>
    public long Step { get; private set; }

    /// <summary>Follows from every choice point passed, in order: two runs with the same one took the same turns.</summary>
    public ulong Fingerprint { get; private set; } = 14695981039346656037;

    /// <summary>The decisions taken.</summary>
    public List<ScheduleEvent> Events { get; } = [];

    /// <summary>The choice point that was passed last, for people to read. May be called by any thread.</summary>
    public string DescribeLast()
    {
        ulong* location = _lastLocation;
        string word = location == null ? "" : " " + WordNames.Of(_simulation.System, location);
        return $"the last choice point was {Step}, of cpu {_current}: {_lastAccess}{word}";
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Load(ulong* location)
    {
        Point(Access.Load, location);
        return Volatile.Read(ref *location);
    }

    /// <summary>Before a half of a word is read, which is never stored through the machine.</summary>
    public void PointBeforeHalfWord(uint* location) => Point(Access.Load, (ulong*)((ulong)location & ~7ul));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Store(ulong* location, ulong value)
    {
        Point(Access.Store, location);
        _pauses = 0;
        if (_buffers == null)
        {
            Volatile.Write(ref *location, value);
        }
        else
        {
            _buffers.Store(location, value);
        }
    }

    /// <summary>Before a locked operation on a word.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void BeforeExchange(ulong* location)
    {
        Point(Access.Exchange, location);
        _pauses = 0;
        _buffers?.Drain(_current);
    }

    /// <summary>A fence; without effect if it is to be missing.</summary>
    public void Fence()
    {
        Point(Access.Fence, null);
        if (!MachineBugs.DropsFence(_simulation.System))
        {
            _buffers?.Drain(_current);
        }
    }

    /// <summary>A choice point that is no access to a word.</summary>
    public void Point(Access access) => Point(access, null);

    /// <summary>A CPU that halted may go on now.</summary>
    public void OnHaltWake()
    {
        _schedule.OnRunnableSetGrown(Step);
        PlanDecision();
    }

    /// <summary>A turn of a spin loop: another CPU goes on, and time passes, so stores reach memory.</summary>
    public void Pause()
    {
        Point(Access.Pause);
        for (int cpu = 0; _buffers != null && cpu < _cpus; cpu++)
        {
            _buffers.DrainOldest(cpu);
        }

        _pauses++;
        if (_pauses > 8 * _cpus)
        {
            Array.Clear(_stoppedUntil);
        }

        if (_pauses > MaxPauses)
        {
            throw new InvariantException($"cpu {_current} waits for a lock that nobody will give back");
        }

        ulong others = Runnable & ~(1ul << _current);
        if (others != 0)
        {
            SwitchToAnother(others);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private void Point(Access access, ulong* location)
    {
        Step++;
        _lastAccess = access;
        _lastLocation = location;
        if (++_passed[_current] > SimulatedSystem.MostPointsOfEntry)
        {
            FailEndless();
        }

        Fingerprint = (Fingerprint ^ ((ulong)access << 8 | (uint)_current)) * FingerprintPrime;
        if (Step >= _nextDecision)
        {
            Decide(access, location);
        }
    }

    private void FailEndless() => throw _simulation.System.EndlessEntry((uint)_current);

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void Decide(Access access, ulong* location)
    {
        _simulation.Recorder?.Accessed(Step, _current, access, location);
        long step = Step;
        while (step >= _schedule.NextStep)
        {
            ScheduleEvent? decided = _schedule.Decide(step, _current, Runnable);
            if (decided == null)
            {
                break;
            }

            if (decided.Value.Decision == Decision.Switch)
            {
                Note(decided.Value);
                SwitchTo(decided.Value.Cpu);
                return;
            }

            Apply(decided.Value);
            if (decided is { Decision: Decision.Stop } stop && stop.Cpu == _current)
            {
                return;
            }
        }

        PlanDecision();
    }

    private void Apply(ScheduleEvent decided)
    {
        if (decided.Decision == Decision.Drain)
        {
            if (_buffers != null && !_buffers.IsEmpty(decided.Cpu))
            {
                Note(decided);
                _buffers.DrainOldest(decided.Cpu);
            }

            return;
        }

        ulong others = Runnable & ~(1ul << decided.Cpu);
        if (others != 0)
        {
            Note(decided);
            _stoppedUntil[decided.Cpu] = Step + _simulation.Plan.StopSteps;
            if (decided.Cpu == _current)
            {
                SwitchToAnother(others);
            }
        }
    }

    // This CPU cannot go on. A step of its own: each step has one decision at most that is not made in Decide.
    private void SwitchToAnother(ulong others)
    {
        Step++;
        int next = _schedule.Successor(Step, _current, others);
        if (next != Schedule.NextRunnable(_current, others))
        {
            Note(new ScheduleEvent(Step, Decision.Follow, next));
        }

        SwitchTo(next);
    }

    private void Note(ScheduleEvent decided)
    {
        Events.Add(decided);
        _simulation.Recorder?.Decided(decided);
    }

    // Ends when this CPU gets the baton back.
    private void SwitchTo(int next)
    {
        int self = _current;
        TransferTo(next);
        _threads.SwitchTo(self, next);
        if (_simulation.IsStopping)
        {
            throw new UnwindException();
        }

        PlanDecision();
    }

    private void TransferTo(int next)
    {
        _buffers?.RemoveView();
        _current = next;
        _buffers?.ApplyView(next);
    }

    // A recorder wants to see every point.
    private void PlanDecision() => _nextDecision = _simulation.Recorder != null ? 0 : _schedule.NextStep;
}
