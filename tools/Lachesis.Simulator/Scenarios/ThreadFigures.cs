using System;
using System.Collections.Generic;
using Lachesis.Scenarios;

namespace Lachesis.Simulator.Scenarios;

/// <summary>What a thread waited for: a resource, and of a mutex the thread that held it when the wait began.</summary>
/// <param name="Resource">The resource's number.</param>
/// <param name="Holder">The holder's number, or -1.</param>
public readonly record struct BlockCause(uint Resource, long Holder);

/// <summary>How long a thread was blocked on one obstacle. Nanoseconds.</summary>
public sealed class BlockedFigures
{
    /// <summary>How often.</summary>
    public long Times { get; private set; }

    /// <summary>How long in all.</summary>
    public long TotalNs { get; private set; }

    /// <summary>The longest time.</summary>
    public long LongestNs { get; private set; }

    /// <summary>Whether it still was at the end.</summary>
    public bool IsOpen { get; private set; }

    internal void Add(long nanoseconds, bool open)
    {
        Times++;
        TotalNs += nanoseconds;
        LongestNs = Math.Max(LongestNs, nanoseconds);
        IsOpen |= open;
    }
}

/// <summary>
/// What one thread got, folded from its notes as they come, in bounded memory. Times in nanoseconds. The same for both runners.
/// </summary>
/// <param name="number">The thread's number.</param>
/// <param name="task">Its task.</param>
public sealed class ThreadFigures(uint number, uint task)
{
    /// <summary>The most obstacles that are told apart; what comes after them is one, <see cref="Others"/>.</summary>
    public const int MaxBlockCauses = 16;

    private readonly Dictionary<BlockCause, BlockedFigures> _blocked = [];
    private readonly ulong?[] _ledger = new ulong?[(int)ScenarioLedger.Count];

    /// <summary>Stands for all obstacles beyond <see cref="MaxBlockCauses"/>.</summary>
    public static BlockCause Others { get; } = new(uint.MaxValue, -1);

    /// <summary>Its number.</summary>
    public uint Number => number;

    /// <summary>Its task.</summary>
    public uint Task => task;

    /// <summary>How many threads this stands for: more than one if there were too many to tell them apart.</summary>
    public long Lives { get; internal set; } = 1;

    /// <summary>Activations: times that it came to the end of a phase.</summary>
    public long Runs { get; private set; }

    /// <summary>CPU time that it computed for.</summary>
    public long RunNs { get; private set; }

    /// <summary>Time that it could have run and did not, up to the end if it still did not then.</summary>
    public long WaitNs { get; private set; }

    /// <summary>The longest piece of that.</summary>
    public long LongestWaitNs { get; private set; }

    /// <summary>CPUs that it computed on; bit n is CPU n.</summary>
    public ulong Cpus { get; private set; }

    /// <summary>Times that it computed on another CPU than before.</summary>
    public long Migrations { get; private set; }

    /// <summary>From being woken to running; a last wake after which it did not run any more counts up to the end.</summary>
    public Distribution Latency { get; } = new();

    /// <summary>What was left of the period each time that it came to a timer; negative: a miss.</summary>
    public Distribution Slack { get; } = new();

    /// <summary>Periods that it missed.</summary>
    public long Misses { get; private set; }

    /// <summary>How long it was blocked, on what.</summary>
    public IReadOnlyDictionary<BlockCause, BlockedFigures> Blocked => _blocked;

    /// <summary>What it still waited for at the end; null: nothing.</summary>
    public BlockCause? StillBlockedOn { get; private set; }

    /// <summary>A figure of the kernel's ledger; null: none came.</summary>
    public ulong? Ledger(ScenarioLedger which) => _ledger[(int)which];

    internal void AddRun() => Runs++;

    internal void AddStretch(ScenarioEvent stretch, uint? lastCpu)
    {
        RunNs += stretch.DurationNs;
        if (stretch.DurationNs > 0)
        {
            Cpus |= 1ul << (int)stretch.Cpu;
            Migrations += lastCpu is uint cpu && cpu != stretch.Cpu ? 1 : 0;
        }
    }

    internal void AddWait(long nanoseconds)
    {
        WaitNs += nanoseconds;
        LongestWaitNs = Math.Max(LongestWaitNs, nanoseconds);
    }

    internal void AddSlack(long nanoseconds)
    {
        Slack.Add(nanoseconds);
        Misses += nanoseconds <= 0 ? 1 : 0;
    }

    internal void AddBlocked(BlockCause obstacle, long nanoseconds, bool open)
    {
        BlockCause counted = _blocked.ContainsKey(obstacle) || _blocked.Count < MaxBlockCauses ? obstacle : Others;
        if (!_blocked.TryGetValue(counted, out BlockedFigures? figures))
        {
            figures = new BlockedFigures();
            _blocked.Add(counted, figures);
        }

        figures.Add(nanoseconds, open);
        StillBlockedOn = open ? obstacle : StillBlockedOn;
    }

    internal void AddLedger(ScenarioLedger which, ulong value) =>
        _ledger[(int)which] = (_ledger[(int)which] ?? 0) + value;
}
